"""What surfaces are told: notes and beats at once, chords and values at most so often, and never twice the same."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Hashable, Mapping
from typing import Any

from perform.control.registry import STATE
from perform.events import Beat, ChordSounds, NoteMessage, OutputEvent, PhraseMissed, StateChanged
from perform.interfaces import Sender

SHORTEST_SECONDS = 1 / 60
MOVING_SECONDS = 0.25
ECHO_SECONDS = 0.25  # there and back again, over a network that is not the best
AT_ONCE = 16
CHORD = "/chord"


class Feedback:
    """A sink for somebody who follows by address. Of what changes faster than sixty times a second the last is told,
    and what they know already is not told again. Whoever moves a value themselves hears where it is when they hold
    still: an echo that arrives while a finger is on the fader would pull it back. What they send back as they
    were told it is no wish of theirs: else a patch that does so would undo what was moved since, and never end.
    """

    def __init__(self, outlet: Sender) -> None:
        self._outlet = outlet
        self.send_message = outlet.send_message
        # by the address at which it is told, as all these
        self._values: dict[str, str | float] = {}
        self._known: dict[str, tuple[str | float, float]] = {}  # and when it was told
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._recent: dict[str, deque[tuple[str | float, float]]] = {}
        self._wished: dict[str, tuple[Hashable, float]] = {}  # by whom last, and when
        self._untold: deque[str] = deque()

    def send(self, output: OutputEvent) -> None:
        """Something happened."""
        match output:
            case NoteMessage():
                self.send_message("/note", output.voice, output.pitch, output.velocity)
            case ChordSounds():
                self._tell(CHORD, output.symbol)
                self._tell(STATE + CHORD, output.symbol)
            case Beat():
                self.send_message("/beat", output.bar, output.beat)
            case PhraseMissed():
                self.send_message("/missed", output.voice, output.bar)
            case StateChanged():
                self._tell(STATE + output.address, output.value)
            case _:
                pass

    def renew(self, values: Mapping[str, str | float], at_once: int = AT_ONCE) -> None:
        """Tell where all these stand, whatever they were told before: they may have begun anew. So many
        values at once; in between, notes may go.
        """
        self._known.clear()
        told = {STATE + address: value for address, value in values.items()}
        self._values |= told
        self._untold = deque(told)
        self._tell_rest(at_once)

    def heard(
        self, address: str, values: tuple[Any, ...], by: Hashable = None, *, own: bool = True
    ) -> bool:
        """Whether what somebody sent, just now, is a wish, and no echo of what was told here a moment ago.

        `own`: they follow here for certain. Where they stand elsewhere than they were told, be it that the value is
        refused, they hear the true one when they hold still.
        """
        at = STATE + address
        if at not in self._values:
            # what is said below an address is about it: a chord that is released may be pressed again
            self._recent.pop(address.rpartition("/")[0], None)
            return True
        sent = values[0] if len(values) == 1 else None
        echoed = self._told_lately(address, sent, by)
        known = self._known.get(at)
        if own and (known is None or not _same(known[0], sent)):
            self._known.pop(at, None)
            self._wait(at, MOVING_SECONDS)
        if not echoed:
            self._wished[address] = by, time.monotonic()
        return not echoed

    def close(self) -> None:
        """Tell where what moved last stands, and then no more."""
        self._untold.clear()
        for at, timer in list(self._waiting.items()):
            timer.cancel()
            self._say(at)
        self._outlet.close()

    def _told_lately(self, address: str, value: Any, by: Hashable) -> bool:
        since = time.monotonic() - ECHO_SECONDS
        whose, moment = self._wished.get(address, (None, 0.0))
        if whose == by:  # what they say again after a wish of their own is meant
            since = max(since, moment)
        return any(at >= since and _same(it, value) for it, at in self._recent.get(address, ()))

    def _tell(self, at: str, value: str | float) -> None:
        """A value stands here now."""
        self._values[at] = value
        known, moment = self._known.get(at, (None, 0.0))
        if at in self._waiting or known == value:
            return
        wait = moment + SHORTEST_SECONDS - time.monotonic()
        if wait <= 0:
            self._say(at)
        else:
            self._wait(at, wait)

    def _tell_rest(self, at_once: int) -> None:
        for _ in range(min(at_once, len(self._untold))):
            at = self._untold.popleft()
            self._tell(at, self._values[at])
        if self._untold:
            asyncio.get_running_loop().call_soon(self._tell_rest, at_once)

    def _wait(self, at: str, seconds: float) -> None:
        if at in self._waiting:
            self._waiting[at].cancel()
        self._waiting[at] = asyncio.get_running_loop().call_later(seconds, self._say, at)

    def _say(self, at: str) -> None:
        self._waiting.pop(at, None)
        value = self._values[at]
        if self._known.get(at, (None, 0.0))[0] != value:
            told = value, time.monotonic()
            self._known[at] = told
            self._recent.setdefault(at.removeprefix(STATE), deque(maxlen=AT_ONCE)).append(told)
            self.send_message(at, value)


def _same(told: str | float, sent: Any) -> bool:
    """Whether a value is the one that was told, through the single precision of OSC."""
    if isinstance(told, str) or not isinstance(sent, int | float):
        return bool(told == sent)
    return math.isclose(told, sent, rel_tol=1e-6)
