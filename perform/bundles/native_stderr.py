"""Standard error without the notes of native libraries, which write to its file descriptor."""

import contextlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import IO

# notes and warnings of glog, absl and LiteRT; their errors, and all else, do not match
_NOTES = re.compile(
    rb"[IW]\d{4} |INFO: |WARNING: All log messages before absl|\d{4}-\d\d-\d\d [\d:.]+: [IW] "
)
_LOCK = threading.RLock()  # the process has one standard error; a cluster's worker has threads


@contextlib.contextmanager
def filtered_stderr() -> Iterator[None]:
    """Hold back standard error inside the context; after it, write all but the notes."""
    with _LOCK, _scratch_file() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            for line in held:
                if not _NOTES.match(line):
                    os.write(2, line)


def _scratch_file() -> IO[bytes]:
    """A temporary file; the null device where the system has no place for one."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return open(os.devnull, "w+b")  # noqa: PTH123 - the same type as above
