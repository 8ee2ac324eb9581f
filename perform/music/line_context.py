"""What a bar of a line depends on: the chords under it, the bars before it, its place and feel."""

from functools import lru_cache
from typing import NamedTuple

from perform.music.chord import Chord
from perform.music.feel import Feel
from perform.music.note import Phrase

BARS_BEFORE = 2


class ContextChord(NamedTuple):
    """A chord of a bar, from tick `start` of the bar on: pitch classes, 0 is C."""

    start: int
    root: int
    tones: tuple[int, ...]
    scale: tuple[int, ...]


class Motif(NamedTuple):
    """An earlier bar of a voice, over C, and the chords that it was made for, as in a context.

    `late`: whether it is of an earlier group of bars; then only a riff comes again.
    """

    phrase: Phrase
    chords: tuple[ContextChord, ...] = ()
    late: bool = False


class LineContext(NamedTuple):
    """What is known when a bar of a line is made. Everything but the range may be unknown.

    `chords`: the chords of the bar, the first from tick 0 on; () where no chord is known.
    `following`: the first chord of the next bar. `before`: the voice's notes of the two bars
    before, with MIDI numbers as they sound and ticks counted from this bar's first, so their starts
    are negative; a note that ends at 0 may be tied into this bar. `place`, `length`: which bar of
    its form this is, from 0, and how many bars the form has; 0 bars where no form is known.
    `feel`: None for any. `density`, `register`, `energy`: 0 to 1, None for any. `low`, `high`: MIDI
    numbers of the voice's range. `motif`: an earlier bar of the voice that this one may take up.
    `taste`: how much the best candidate is preferred, 0 (the first one) to 1. `grounded`: whether
    the line is a bass, which begins a chord on its root.
    """

    chords: tuple[ContextChord, ...] = ()
    following: ContextChord | None = None
    before: Phrase = ()
    place: int = 0
    length: int = 0
    feel: Feel | None = None
    density: float | None = None
    register: float | None = None
    energy: float | None = None
    low: int = 48
    high: int = 84
    motif: Motif | None = None
    taste: float = 1.0
    grounded: bool = False


@lru_cache(256)
def context_chord(chord: Chord, scale: frozenset[int], start: int = 0) -> ContextChord:
    """A chord with the scale that a line uses over it."""
    return ContextChord(start, chord.root, tuple(sorted(chord.tones)), tuple(sorted(scale)))
