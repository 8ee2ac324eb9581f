"""Files and folders that are written whole or not at all."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from perform.errors import SidemanError

PART = ".part"  # how the name of a temporary file ends; it begins with a dot


@contextlib.contextmanager
def replacing(path: Path, error: type[SidemanError] | None = None) -> Iterator[Path]:
    """A temporary path beside `path`, for a file or a folder that replaces `path` at the end.

    What is written is on disk before it gets its name. Where the block or the disk fails, what was
    at `path` stays, and nothing beside it. Of several processes that write to one path the last one
    wins. With `error`, an OSError becomes that error, with a message for the user.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")
    try:
        yield temporary
        with name_errors(path):
            _sync(temporary)
            _move(temporary, path)
    except OSError as fault:
        if error is None:
            raise
        raise error(f"{path}: cannot be written ({fault.strerror})") from None
    finally:
        _remove(temporary)


def write(path: Path, content: bytes) -> None:
    """Write a file. OSError names the path."""
    write_all({path: content})


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Write several files, none of them before all are on disk. OSError names the path.

    Folders that are not there are made.
    """
    with contextlib.ExitStack() as moves:
        for path, content in contents.items():
            with name_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary = moves.enter_context(replacing(path))
                temporary.write_bytes(content)
                _sync(temporary)


@contextlib.contextmanager
def name_errors(path: Path) -> Iterator[None]:
    """Inside `with`, an OSError names `path`: a full disk names no file by itself."""
    try:
        yield
    except OSError as fault:
        raise OSError(fault.errno, fault.strerror, str(path)) from None


def _sync(path: Path) -> None:
    """Wait until a file, or each file of a folder, is on disk."""
    for each in path.iterdir() if path.is_dir() else [path]:
        with each.open("rb") as file:
            os.fsync(file.fileno())


def _move(temporary: Path, path: Path) -> None:
    """Give the temporary file or folder its name; a folder cannot replace another in one step."""
    if not (temporary.is_dir() and path.is_dir()):
        temporary.replace(path)
        return
    old = temporary.with_suffix(".old")
    path.replace(old)
    try:
        temporary.replace(path)
    except OSError:
        old.replace(path)
        raise
    shutil.rmtree(old)


def _remove(temporary: Path) -> None:
    if temporary.is_dir():
        shutil.rmtree(temporary, ignore_errors=True)
    with contextlib.suppress(OSError):  # it has moved, or was never made
        temporary.unlink()
