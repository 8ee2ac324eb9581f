"""The signals that end the daemon.

A terminal or a service sends them to every process of the group, but only the daemon acts on them.
"""

import contextlib
import signal
from collections.abc import Iterator

# Ctrl-C, a service's stop, the end of the terminal; Windows does not have all of them
ENDING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextlib.contextmanager
def not_for_children() -> Iterator[None]:
    """Inside `with`, a child process that starts will never receive these signals.

    The child ends when its pipe or socket closes. This process receives afterwards the signals that
    came meanwhile.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield  # a child inherits the mask
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore_signals() -> None:
    """Ignore these signals from now on."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
