"""The panel's token, stored so that a phone that has scanned it once can always come back."""

import logging
import os
import secrets
from pathlib import Path

from perform.config.state_folder import state_folder

log = logging.getLogger(__name__)
TOKEN_BYTES = 12  # 96 random bits, 16 characters to type
LENGTH = 16


def stored_token() -> str:
    """The token of this user, made at the first call; without its file there is a new one.

    A token that cannot be stored lasts until the daemon ends, and the log says so.
    """
    path = state_folder() / "panel-token"
    try:
        return _read(path) or _make(path)
    except OSError as error:
        log.warning(
            "%s: the panel's token cannot be stored there (%s), so phones must scan again after "
            "each start; set [panel] token in the rig",
            path,
            error.strerror,
        )
        return secrets.token_urlsafe(TOKEN_BYTES)


def _read(path: Path) -> str:
    """The token in a file; "" if another user could have read or written it."""
    try:
        with path.open(encoding="ascii") as file:
            status = os.fstat(file.fileno())
            token = file.read(LENGTH + 2).strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
    # Windows has no such modes: its access lists keep a home folder private
    private = os.name == "nt" or (status.st_uid == os.geteuid() and not status.st_mode & 0o077)
    return token if private and len(token) == LENGTH else ""


def _make(path: Path) -> str:
    """A new token, in a file that only the user can read."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w") as file:  # noqa: PTH123 - pathlib sets no mode
        file.write(f"{token}\n")
    return token
