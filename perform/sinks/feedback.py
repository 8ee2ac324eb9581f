"""What surfaces are told: values that moved, at most so often, and never twice the same."""

import asyncio
import time

from perform.events import Output, StateChanged
from perform.sinks.osc import OscSink

SHORTEST_SECONDS = 1 / 60


class Feedback:
    """An OSC peer that follows values. Notes, chords and beats pass at once; of a value that moves faster than
    sixty times a second the last is told, and one that the peer knows already is not told again.
    """

    def __init__(self, sink: OscSink) -> None:
        self._sink = sink
        self._told: dict[str, tuple[str | float, float]] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._values: dict[str, str | float] = {}

    def send(self, output: Output) -> None:
        """Something happened."""
        if isinstance(output, StateChanged):
            self.tell(output.address, output.value)
        else:
            self._sink.send(output)

    def tell(self, address: str, value: str | float) -> None:
        """A value stands here now."""
        self._values[address] = value
        known, moment = self._told.get(address, (None, 0.0))
        if address in self._waiting or known == value:
            return
        wait = moment + SHORTEST_SECONDS - time.monotonic()
        if wait <= 0:
            self._say(address)
        else:
            loop = asyncio.get_running_loop()
            self._waiting[address] = loop.call_later(wait, self._say, address)

    def close(self) -> None:
        """Tell no more."""
        for timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()
        self._sink.close()

    def _say(self, address: str) -> None:
        self._waiting.pop(address, None)
        value = self._values[address]
        if self._told.get(address, (None, 0.0))[0] != value:
            self._told[address] = (value, time.monotonic())
            self._sink.message(f"/state{address}", value)
