"""Folders of runs: what is in them, and a lock, so that one process uses each at a time."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from perform.atomic_file import PART
from perform.errors import RunFolderError

if sys.platform != "win32":
    import fcntl


def list_names(folder: Path) -> set[str]:
    """The names in a folder without the partial files that a killed process left.

    A folder that does not exist has no names.
    """
    if not folder.exists():
        return set()
    found = {path.name for path in folder.iterdir()}
    return {name for name in found if not (name.startswith(".") and name.endswith(PART))}


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
