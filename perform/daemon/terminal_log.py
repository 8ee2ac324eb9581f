"""The log, while a view has the terminal."""

import contextlib
import logging
import logging.handlers
from collections.abc import Iterator

MAX_LINES = 1000


@contextlib.contextmanager
def log_held_back() -> Iterator[None]:
    """Inside `with`, log lines are kept, and printed at the end; the view shows them meanwhile."""
    root = logging.getLogger()
    handlers = list(root.handlers)
    memory = logging.handlers.MemoryHandler(MAX_LINES, flushLevel=logging.CRITICAL + 1)
    for handler in handlers:
        root.removeHandler(handler)
        memory.setTarget(handler)
    root.addHandler(memory)
    try:
        yield
    finally:
        root.removeHandler(memory)
        for handler in handlers:
            root.addHandler(handler)
        memory.close()
