"""Signals that end the daemon: Ctrl-C, a service's stop, and the end of the terminal."""

import asyncio
import contextlib
import math
import os
import signal
from collections.abc import Callable

from perform.ipc.interrupts import ENDING, ignore_signals

FORCE_SECONDS = 1.0  # after the first signal; a wrapper may pass on a Ctrl-C that we got too


def stop_on_signals(stop: Callable[[], None], abort: Callable[[], None]) -> None:
    """Call `stop` at the first signal. A later one calls `abort`, and ends the process at once.

    `stop` has one second to itself. The end of the terminal never forces.
    """
    loop = asyncio.get_running_loop()
    force_after = math.inf

    def stop_once() -> None:
        nonlocal force_after
        if force_after == math.inf:
            force_after = loop.time() + FORCE_SECONDS
            stop()

    def stop_or_force() -> None:
        if loop.time() > force_after:
            abort()
            os._exit(130)  # does not wait for anything that hangs
        stop_once()

    handlers = {signal.SIGINT: stop_or_force, signal.SIGTERM: stop_or_force}
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) != signal.SIG_IGN:  # nohup ignores it
        handlers[hangup] = stop_once
    for number, handler in handlers.items():
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, handler)


def ignore_ending() -> None:
    """Ignore from now on the signals that end the daemon, also while the interpreter exits."""
    loop = asyncio.get_running_loop()
    for number in ENDING:
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.remove_signal_handler(number)  # else the end of the loop restores the default
    ignore_signals()
