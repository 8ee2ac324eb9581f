"""MIDI clock, start, stop, continue and song position (MIDI 1.0) for what the transport does."""

from perform.events import ClockPulse, TransportMessage

SONG_POSITION, PULSE, START, CONTINUE, STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC
TICKS_PER_PULSE = 20
TICKS_PER_SONG_POSITION = 120  # it counts sixteenths
MOST_POSITIONS = 1 << 14
Message = list[int]


class ClockMessages:
    """The messages to send, and where those who follow them are. `idle`: pulses while stopped, too.

    Pulses before tick 0, of a count-in, give followers the tempo; a start comes behind the last.
    They count the pulses after it. Where our position moves in another way, after a stall or
    because our own leader moved, they are stopped, and continue at the next song position.
    """

    def __init__(self, *, idle: bool = False) -> None:
        self._idle = idle
        self._rolls = False
        self._next = 0  # the tick of the pulse that a follower expects
        self._moved = False  # whether to send a song position before it continues

    def of_transport(self, event: TransportMessage) -> list[Message]:
        """The messages for a start, stop or continue."""
        rolled, self._rolls = self._rolls, event.action in ("start", "continue")
        if event.action == "count-in":
            return [[STOP]] if rolled else []
        if event.action == "start":
            self._next, self._moved = 0, False
            return [[START]]
        if event.action == "stop":
            return [[STOP]]
        first = -(-event.tick // TICKS_PER_PULSE) * TICKS_PER_PULSE
        self._moved = self._moved or first != self._next
        return [] if self._moved else [[CONTINUE]]

    def lose(self) -> None:
        """Take the followers for lost: a device that is plugged in again is told where we are."""
        self._moved = True

    def of_pulse(self, event: ClockPulse) -> list[Message]:
        """The messages for a pulse; an idle one moves no follower."""
        if event.idle:
            return [[PULSE]] if self._idle else []
        if event.tick < 0:
            return [[PULSE]]
        before: list[Message] = []
        if event.tick != self._next and not self._moved:
            self._moved = True
            before = [[STOP]]
        if self._moved and event.tick % TICKS_PER_SONG_POSITION == 0:
            self._moved = False
            position = event.tick // TICKS_PER_SONG_POSITION % MOST_POSITIONS
            before += [[SONG_POSITION, position & 0x7F, position >> 7], [CONTINUE]]
        self._next = event.tick + TICKS_PER_PULSE
        return [*before, [PULSE]]
