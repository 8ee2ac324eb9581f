"""Files that are there whole or not at all, and folders that one process works in at a time."""

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
            with named(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                with drafts[path].open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
        for path, draft in drafts.items():
            with named(path):
                draft.replace(path)
    except BaseException:
        for draft in drafts.values():
            with contextlib.suppress(OSError):  # one that was never made
                draft.unlink()
        raise


def names(folder: Path) -> set[str]:
    """The names of what is in a folder, but for drafts that a kill left; none where there is no folder."""
    if not folder.exists():
        return set()
    found = {path.name for path in folder.iterdir()}
    return {name for name in found if not (name.startswith(".") and name.endswith(".part"))}


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Whatever the system has against a file is said of this path: a full disk names none by itself."""
    try:
        yield
    except OSError as fault:
        raise OSError(fault.errno, fault.strerror, str(path)) from None


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder, made where there is none; RunFolderError while another process holds it.

    The system lets go of it when the process ends, however it ends. Windows has no such hold on a folder.
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
                f"{folder}: another process is at work there; wait for it, or name another folder"
            ) from None
        yield
    finally:
        os.close(handle)
