"""The bass of the moment, and what else is known around a chord that is played."""

from collections.abc import Callable

from perform.midi.messages import ALL_NOTES_OFF, CONTROL_CHANGE, NOTE_OFF, NOTE_ON
from perform.music.hints import NO_HINTS, Hints

LINGER_SECONDS = 1.0  # a bass note is heard as the bass so long after its end
TOGETHER_SECONDS = 0.05  # of notes that go down together, the lowest is the bass


class BassLine:
    """The notes that a bass plays, whatever instrument it comes from. Times are seconds."""

    def __init__(self) -> None:
        self._down: dict[tuple[int, int], float] = {}  # (channel, note): when it was pressed
        self._last: tuple[int, float] | None = None  # the note that ended last, and when
        self._follow: list[Callable[[float], None]] = []

    def follow(self, changed: Callable[[float], None]) -> None:
        """Call `changed` with the time of each new bass note."""
        self._follow.append(changed)

    def handle(self, message: bytes | list[int], now: float) -> None:
        """Handle a raw MIDI message of the bass."""
        if len(message) < 3:
            return
        kind, key = message[0] & 0xF0, (message[0] & 0x0F, message[1])
        if kind == NOTE_ON and message[2] > 0:
            self._down.pop(key, None)  # so that the newest is last
            self._down[key] = now
            for changed in self._follow:
                changed(now)
        elif kind in (NOTE_ON, NOTE_OFF):
            if self._down.pop(key, None) is not None:
                self._last = (message[1], now)
        elif kind == CONTROL_CHANGE and message[1] in ALL_NOTES_OFF:
            self.clear()

    def clear(self) -> None:
        """Forget every note."""
        self._down.clear()
        self._last = None

    def note(self, now: float) -> int | None:
        """The note that is heard as the bass: the newest, or shortly after its end the last."""
        if self._down:
            newest = max(self._down.values())
            return min(
                note for (_, note), at in self._down.items() if newest - at <= TOGETHER_SECONDS
            )
        if self._last is not None and now - self._last[1] <= LINGER_SECONDS:
            return self._last[0]
        return None


class Surroundings:
    """What chord keyboards share: the bass, and what the performance knows.

    `hints`: what chart and key say now. `bar_seconds`: the length of a bar.
    """

    def __init__(
        self,
        hints: Callable[[], Hints] = lambda: NO_HINTS,
        bar_seconds: Callable[[], float] = lambda: 2.0,
    ) -> None:
        self.bass = BassLine()
        self.hints = hints
        self.bar_seconds = bar_seconds
