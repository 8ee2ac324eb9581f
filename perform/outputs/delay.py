"""What is heard sooner than something else is held back, so that both are heard together."""

import asyncio
import math
import time
from collections import deque

from perform.clock.realtime import SPIN_SECONDS, Alarm, spin_until
from perform.errors import OutputError
from perform.events import OutputEvent, StateChanged
from perform.interfaces import Output


def held_back(sink: Output, seconds: float, spin: float = SPIN_SECONDS) -> Output:
    """The sink, or where it is to wait one that passes on to it `seconds` later."""
    return DelayedOutput(sink, seconds, spin) if seconds > 0 else sink


class DelayedOutput:
    """Passes on to a sink, `seconds` later and in order, what is of a moment; at the end at once. Where values stand
    is told without delay. `spin`: see `Alarm`.
    """

    def __init__(self, sink: Output, seconds: float, spin: float = SPIN_SECONDS) -> None:
        self._sink = sink
        self._seconds = seconds
        self._waiting: deque[tuple[float, OutputEvent]] = deque()
        self._fault: OutputError | None = None
        self._alarm = Alarm(asyncio.get_running_loop(), self._ring, spin)

    def send(self, output: OutputEvent) -> None:
        """Keep it for a while. OutputError where the sink has gone away, once something did not pass."""
        if self._fault is not None:
            raise self._fault
        if isinstance(output, StateChanged):
            self._sink.send(output)
            return
        self._waiting.append((time.monotonic() + self._seconds, output))
        if len(self._waiting) == 1:
            self._alarm.set(self._waiting[0][0])

    def close(self) -> None:
        """Pass on what waits, and close the sink."""
        self._alarm.close()
        self._pass_on(math.inf)
        self._sink.close()

    def _ring(self) -> None:
        if self._waiting:
            spin_until(self._waiting[0][0])
        self._pass_on(time.monotonic())
        self._alarm.set(self._waiting[0][0] if self._waiting else None)

    def _pass_on(self, until: float) -> None:
        try:
            while self._waiting and self._waiting[0][0] <= until:
                self._sink.send(self._waiting.popleft()[1])
        except OutputError as fault:  # nobody is there to catch it until somebody sends
            self._fault = fault
            self._waiting.clear()
