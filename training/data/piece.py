"""A piece: one melodic line over chords, in order, in ticks of 480 a quarter note."""

from typing import Literal, NamedTuple

from perform.music.chord import Chord
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT

Feel = Literal["swing", "shuffle", "gospel", "funk", "straight", "latin", "ballad"]
THIRD, SIXTEENTH = TICKS_PER_BEAT // 3, TICKS_PER_BEAT // 4
# Where notes may begin within a beat: each feel has one grid, so that feels do not mix.
GRIDS: dict[Feel, tuple[int, ...]] = {
    "swing": (0, THIRD, 2 * THIRD),
    "shuffle": (0, THIRD, 2 * THIRD),
    "gospel": (0, THIRD, 2 * THIRD),
    "funk": (0, SIXTEENTH, 2 * SIXTEENTH, 3 * SIXTEENTH),
    "straight": (0, SIXTEENTH, 2 * SIXTEENTH, 3 * SIXTEENTH),
    "latin": (0, SIXTEENTH, 2 * SIXTEENTH, 3 * SIXTEENTH),
    "ballad": (0, SIXTEENTH, 2 * SIXTEENTH, 3 * SIXTEENTH),
}


class PieceNote(NamedTuple):
    """One note: `start` and `duration` in ticks, `pitch` as a MIDI number, `velocity` 1 to 127."""

    start: int
    duration: int
    pitch: int
    velocity: int = 80

    @property
    def end(self) -> int:
        """The tick at which the note stops sounding."""
        return self.start + self.duration


class Piece(NamedTuple):
    """One chorus or tune.

    `notes`: by start, one at a time. `chords`: (tick, chord), ascending; None is "no chord".
    `phrases`: for each phrase the index of its first note. `pickup`: whether the first bar only
    leads into the form. `ticks`: the length, pick-up bar included.
    """

    name: str
    notes: tuple[PieceNote, ...]
    chords: tuple[tuple[int, Chord | None], ...]
    ticks: int
    feel: Feel | None = None
    form: str = ""
    key: str = ""
    tempo: float = 120.0
    phrases: tuple[int, ...] = (0,)
    pickup: bool = False
    player: str = ""

    @property
    def bars(self) -> int:
        """How many bars of four quarters it has, a pick-up bar included."""
        return -(-self.ticks // TICKS_PER_BAR)

    def chord_at(self, tick: int) -> Chord | None:
        """The chord that sounds at a tick; None before the first."""
        return next((chord for since, chord in reversed(self.chords) if since <= tick), None)
