"""What surfaces are told: notes, chords and beats at once, values that moved at most so often, and never twice the same."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping

from perform.events import Beat, ChordSounds, Output, PhraseMissed, Sound, StateChanged
from perform.sinks.base import Outlet

SHORTEST_SECONDS = 1 / 60
MOVING_SECONDS = 0.25
AT_ONCE = 16


class Feedback:
    """A sink for somebody who follows by address. Of a value that moves faster than sixty times a second the
    last is told, and one that they know already is not told again. Whoever moves a value themselves hears of it
    when they hold still: an echo that arrives while a finger is on the fader would pull it back, and a patch that
    sends what it is told would never end.
    """

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._told: dict[str, tuple[str | float, float]] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._values: dict[str, str | float] = {}
        self._held: dict[str, float] = {}
        self._untold: deque[str] = deque()

    def send(self, output: Output) -> None:
        """Something happened."""
        match output:
            case Sound():
                self._outlet.message("/note", output.voice, output.pitch, output.velocity)
            case ChordSounds():
                self._outlet.message("/chord", output.symbol)
                self.tell("/chord", output.symbol)
            case Beat():
                self._outlet.message("/beat", output.bar, output.beat)
            case PhraseMissed():
                self._outlet.message("/missed", output.voice, output.bar)
            case StateChanged():
                self.tell(output.address, output.value)
            case _:
                pass

    def tell(self, address: str, value: str | float) -> None:
        """A value stands here now."""
        self._values[address] = value
        known, moment = self._told.get(address, (None, 0.0))
        if address in self._waiting or known == value:
            return
        now = time.monotonic()
        wait = max(moment + SHORTEST_SECONDS, self._held.pop(address, 0.0)) - now
        if wait <= 0:
            self._say(address)
        else:
            self._wait(address, wait)

    def renew(self, values: Mapping[str, str | float], at_once: int = AT_ONCE) -> None:
        """Tell where all these stand, whatever they were told before: they may have begun anew. So many
        values at once; in between, notes may go.
        """
        self._told.clear()
        self._values |= values
        self._untold = deque(values)
        self._tell_rest(at_once)

    def moved(self, address: str) -> None:
        """They moved this value themselves, just now."""
        self._held[address] = time.monotonic() + MOVING_SECONDS
        if address in self._waiting:
            self._waiting.pop(address).cancel()
            self._wait(address, MOVING_SECONDS)

    def close(self) -> None:
        """Tell no more."""
        for timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()
        self._untold.clear()
        self._outlet.close()

    def _tell_rest(self, at_once: int) -> None:
        for _ in range(min(at_once, len(self._untold))):
            address = self._untold.popleft()
            self.tell(address, self._values[address])
        if self._untold:
            asyncio.get_running_loop().call_soon(self._tell_rest, at_once)

    def _wait(self, address: str, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._waiting[address] = loop.call_later(seconds, self._say, address)

    def _say(self, address: str) -> None:
        self._waiting.pop(address, None)
        value = self._values[address]
        if self._told.get(address, (None, 0.0))[0] != value:
            self._told[address] = (value, time.monotonic())
            self._outlet.message(f"/state{address}", value)
