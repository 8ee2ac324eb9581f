"""Notes in integer ticks, and the grid that they stand on."""

from typing import NamedTuple

TICKS_PER_BEAT = 480
BEATS_PER_BAR = 4
TICKS_PER_BAR = TICKS_PER_BEAT * BEATS_PER_BAR
COLUMNS = 64
ROWS = 48
ROOT_ROW = 24
TICKS_PER_COLUMN = TICKS_PER_BAR // COLUMNS
ROOT_PITCH = 60
LOWEST_PITCH = ROOT_PITCH - ROOT_ROW


class Note(NamedTuple):
    """One note of a phrase.

    `start`: ticks (480 a quarter note) from the start of the phrase. `duration`: ticks, at least 1.
    `pitch`: the MIDI number of the note over a chord on C (60 is the root).
    """

    start: int
    duration: int
    pitch: int

    @property
    def end(self) -> int:
        """The tick at which the note ends."""
        return self.start + self.duration


Phrase = tuple[Note, ...]
