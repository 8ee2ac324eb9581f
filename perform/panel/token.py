"""The token by which telephones come in at the panel, kept from one start to the next so that none has to scan again."""

import logging
import os
import secrets
from pathlib import Path

log = logging.getLogger(__name__)
TOKEN_BYTES = 12  # 96 random bits, 16 characters to type
LENGTH = 16


def kept() -> str:
    """The token of this user, made the first time; whoever deletes its file gets a new one.

    Where it cannot be kept it is one for this start, and the log says so.
    """
    path = _place()
    try:
        return _read(path) or _make(path)
    except OSError as fault:
        log.warning(
            "%s: the panel's token cannot be kept there (%s), so phones must scan again after each start; "
            "set [panel] token in the rig",
            path,
            fault.strerror,
        )
        return secrets.token_urlsafe(TOKEN_BYTES)


def _place() -> Path:
    """XDG Base Directory Specification: what outlives a start, and is worth no backup."""
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (state if state.is_absolute() else Path.home() / ".local/state") / "sideman/panel-token"


def _read(path: Path) -> str:
    """The token in a file; "" where there is none that somebody else could not have read or made."""
    try:
        with path.open(encoding="ascii") as file:
            own = os.fstat(file.fileno())
            token = file.read(LENGTH + 2).strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
    # Windows says nothing by modes: there a home is private by its own lists
    private = os.name == "nt" or (own.st_uid == os.geteuid() and not own.st_mode & 0o077)
    return token if private and len(token) == LENGTH else ""


def _make(path: Path) -> str:
    """A new one, in a file of the user's alone."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - with a mode
        file.write(f"{token}\n")
    return token
