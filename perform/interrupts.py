"""Ctrl-C, which a terminal sends to every process, and which is for the one that plays."""

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def not_for_children() -> Iterator[None]:
    """While inside `with`: a child process that starts never receives Ctrl-C.

    It ends when its pipe or socket closes. This process receives a Ctrl-C afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield  # a child inherits the mask
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
