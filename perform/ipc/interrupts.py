"""Ctrl-C: a terminal sends it to every process, but only the daemon should receive it."""

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def not_for_children() -> Iterator[None]:
    """Inside `with`, a child process that starts will never receive Ctrl-C.

    The child ends when its pipe or socket closes. This process receives a Ctrl-C afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield  # a child inherits the mask
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
