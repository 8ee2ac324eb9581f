"""A piece: one melodic line over chords, in order, in ticks of 480 a quarter note."""

from typing import NamedTuple

from perform.music.chord import Chord
from perform.music.feel import Feel
from perform.music.note import TICKS_PER_BAR


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
    leads into the form. `ticks`: the length, pick-up bar included. `part`: which part of a score it
    is, "" where there is only one; the parts of a score have one name.
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
    part: str = ""

    @property
    def bars(self) -> int:
        """How many bars of four quarters it has, a pick-up bar included."""
        return -(-self.ticks // TICKS_PER_BAR)

    def chord_at(self, tick: int) -> Chord | None:
        """The chord that sounds at a tick; None before the first."""
        return next((chord for since, chord in reversed(self.chords) if since <= tick), None)
