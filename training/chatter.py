"""What native libraries say of themselves on the file descriptor itself, where nothing in Python reaches."""

import contextlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator

# glog's and LiteRT's notes and warnings; errors (E, F), and whatever else is said, is none of it
CHATTER = re.compile(
    rb"[IW]\d{4} |INFO: |WARNING: All log messages before absl|\d{4}-\d\d-\d\d [\d:.]+: [IW] "
)
ONE_AT_A_TIME = threading.RLock()  # there is one standard error, and a cluster's worker has threads


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Nothing on standard error while libraries load but what is no chatter, and that afterwards."""
    with ONE_AT_A_TIME, tempfile.TemporaryFile() as said:
        kept = os.dup(2)
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
