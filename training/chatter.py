"""What native libraries say of themselves on the file descriptor itself, where nothing in Python reaches."""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

# glog's and LiteRT's notes and warnings; errors (E, F), and whatever else is said, is none of it
CHATTER = re.compile(
    rb"[IW]\d{4} |INFO: |WARNING: All log messages before absl|\d{4}-\d\d-\d\d [\d:.]+: [IW] "
)


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Nothing on standard error while libraries load but what is no chatter, and that afterwards."""
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            said.seek(0)
            for line in said:
                if not CHATTER.match(line):
                    os.write(2, line)
