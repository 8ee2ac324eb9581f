"""Files written whole or not at all, and folders that one process uses at a time."""

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from perform.errors import RunFolderError

if sys.platform != "win32":
    import fcntl


def write(path: Path, content: bytes) -> None:
    """Put content at a path, on disk before it is named so; a full disk leaves what was there before.

    OSError names the path.
    """
    write_all({path: content})


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Put contents at their paths, none of them before the last one is on disk; OSError names the path.

    Of several processes that write to one path the last one stays, whole.
    """
    mark = secrets.token_hex(4)  # drafts of its own
    drafts = {path: path.with_name(f".{path.name}.{mark}.part") for path in contents}
    try:
        for path, content in contents.items():
            with name_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                with drafts[path].open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
        for path, draft in drafts.items():
            with name_errors(path):
                draft.replace(path)
    except BaseException:
        for draft in drafts.values():
            with contextlib.suppress(OSError):  # one that was never made
                draft.unlink()
        raise


def list_names(folder: Path) -> set[str]:
    """The names in a folder without the partial files that a killed process left.

    A folder that does not exist has no names.
    """
    if not folder.exists():
        return set()
    found = {path.name for path in folder.iterdir()}
    return {name for name in found if not (name.startswith(".") and name.endswith(".part"))}


@contextlib.contextmanager
def name_errors(path: Path) -> Iterator[None]:
    """Raise every OSError with this path as its file name: that of a full disk has none."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder for this process; the folder is made if it does not exist.

    RunFolderError while another process holds the lock. The system releases the lock when the
    process ends, however it ends. Windows cannot lock a folder, so there is no lock there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunFolderError(
                f"{folder}: another process uses this folder; wait for it, or name another folder"
            ) from None
        yield
    finally:
        os.close(handle)
