"""Files that are there whole or not at all."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from perform.errors import OutputError, SidemanError


@contextlib.contextmanager
def draft(path: Path, refused: type[SidemanError] = OutputError) -> Iterator[Path]:
    """Where to write what takes the place of `path` at the end. Where that fails, what was there stays, alone.

    OutputError, or `refused`, when the disk refuses.
    """
    beside = path.parent / f".{path.name}.part"
    try:
        yield beside
        beside.replace(path)
    except OSError as fault:
        raise refused(f"{path}: cannot be written ({fault.strerror})") from None
    finally:
        with contextlib.suppress(OSError):  # it has moved, or could not even be made
            beside.unlink()
