"""Delays an output that sounds sooner than others, so that all of them sound together."""

import asyncio
import math
import time
from collections import deque

from perform.clock.realtime import SPIN_SECONDS, Alarm, spin_until
from perform.errors import OutputError
from perform.events import OutputEvent, StateChanged
from perform.interfaces import Output


def delayed(output: Output, seconds: float, spin: float = SPIN_SECONDS) -> Output:
    """The output, delayed by `seconds` if that is more than 0."""
    return DelayedOutput(output, seconds, spin) if seconds > 0 else output


class DelayedOutput:
    """Sends events to an output `seconds` later, in order; on close at once.

    Values go out without delay. `spin`: see `Alarm`.
    """

    def __init__(self, output: Output, seconds: float, spin: float = SPIN_SECONDS) -> None:
        self._output = output
        self._seconds = seconds
        self._waiting: deque[tuple[float, OutputEvent]] = deque()
        self._error: OutputError | None = None
        self._alarm = Alarm(asyncio.get_running_loop(), self._ring, spin)

    def send(self, event: OutputEvent) -> None:
        """Send an event later. OutputError when an earlier one found the output gone."""
        if self._error is not None:
            raise self._error
        if isinstance(event, StateChanged):
            self._output.send(event)
            return
        self._waiting.append((time.monotonic() + self._seconds, event))
        if len(self._waiting) == 1:
            self._alarm.set(self._waiting[0][0])

    def close(self) -> None:
        """Send the events that wait, and close the output."""
        self._alarm.close()
        self._send_until(math.inf)
        self._output.close()

    def _ring(self) -> None:
        if self._waiting:
            spin_until(self._waiting[0][0])
        self._send_until(time.monotonic())
        self._alarm.set(self._waiting[0][0] if self._waiting else None)

    def _send_until(self, moment: float) -> None:
        try:
            while self._waiting and self._waiting[0][0] <= moment:
                self._output.send(self._waiting.popleft()[1])
        except OutputError as error:  # the next call of `send` raises it
            self._error = error
            self._waiting.clear()
