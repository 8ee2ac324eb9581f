"""One thread that polls all MIDI inputs for what has arrived.

RtMidi would call back on the MIDI system's own thread. The callback would wait for the interpreter
there: JACK drops messages that are late, and closing a port deadlocks if the interpreter waits for
that thread. So RtMidi queues messages, and this thread takes them from the queue.
"""

import contextlib
import os
import threading
import time
from typing import Protocol

POLL_SECONDS = 0.0005
REALTIME_PRIORITY = 21  # one above the scheduler's: it reaches the interpreter in between


class Polled(Protocol):
    """An input that queues what arrives."""

    def poll(self) -> None:
        """Handle what has arrived since the last poll."""
        ...


class Poller:
    """Polls inputs twice a millisecond. Its thread runs while there are any."""

    def __init__(self) -> None:
        self._inputs: tuple[Polled, ...] = ()
        self._polling = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, device: Polled) -> None:
        """Poll this input from now on."""
        with self._polling:
            self._inputs = (*self._inputs, device)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="MIDI", daemon=True)
                self._thread.start()

    def remove(self, device: Polled) -> None:
        """Poll this input no more; no poll of it is under way when this returns."""
        with self._polling:
            self._inputs = tuple(each for each in self._inputs if each is not device)

    def _run(self) -> None:
        with contextlib.suppress(AttributeError, OSError):  # not here, or not permitted
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REALTIME_PRIORITY))
        while True:
            with self._polling:
                if not self._inputs:
                    self._thread = None
                    return
                for device in self._inputs:
                    device.poll()
            time.sleep(POLL_SECONDS)


poller = Poller()
