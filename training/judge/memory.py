"""Memorisation: how much of a source is copied from the lines that it learned from."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from training.data.piece import Piece
from training.judge.windows import Window, windows

BARS = 2
CLOSE = 0.8  # share of a window's notes that are equal in the other
PLACES = 12
FEWEST = 5  # notes: windows with fewer are not compared
Step = tuple[int, int]  # interval in semitones, gap in twelfths of a beat


class Memorisation(NamedTuple):
    """How much of a source is copied.

    `copies`: share of two-bar windows that are near-copies of two bars of the corpus.
    `longest`: notes in the longest run with equal intervals and rhythm; `where`: its two tunes.
    """

    copies: float
    longest: int
    where: tuple[str, str]


def memorisation(source: Sequence[Piece], corpus: Sequence[Piece]) -> Memorisation:
    """Near-copies and the longest copied run of the source, against a corpus."""
    theirs = [_cells(window) for window in _all_windows(corpus)]
    ours = [_cells(window) for window in windows(source, BARS) if len(window.notes) >= FEWEST]
    copies = [any(_is_near_copy(cells, other) for other in theirs) for cells in ours]
    return Memorisation(sum(copies) / max(1, len(copies)), *_longest(source, corpus))


def _all_windows(corpus: Sequence[Piece]) -> list[Window]:
    """Two-bar windows from every bar on, so that a copy across two windows is found."""
    later = [
        piece._replace(
            notes=tuple(
                n._replace(start=n.start - TICKS_PER_BAR)
                for n in piece.notes
                if n.start >= TICKS_PER_BAR
            ),
            chords=tuple((max(0, tick - TICKS_PER_BAR), chord) for tick, chord in piece.chords),
            ticks=piece.ticks - TICKS_PER_BAR,
        )
        for piece in corpus
    ]
    return [*windows(corpus, BARS), *windows(later, BARS)]


def _cells(window: Window) -> frozenset[Step]:
    """Each note as its place and its pitch above the first root: so keys do not matter."""
    root = window.roots[0]
    low = min(note.pitch for note in window.notes) - root
    octave = low // 12 * 12
    return frozenset(
        (round(n.start * PLACES / TICKS_PER_BEAT), n.pitch - root - octave) for n in window.notes
    )


def _is_near_copy(one: frozenset[Step], other: frozenset[Step]) -> bool:
    return len(one & other) >= CLOSE * max(len(one), len(other))


def _steps(piece: Piece) -> list[Step]:
    return [
        (b.pitch - a.pitch, round((b.start - a.start) * PLACES / TICKS_PER_BEAT))
        for a, b in pairwise(piece.notes)
    ]


def _longest(source: Sequence[Piece], corpus: Sequence[Piece]) -> tuple[int, tuple[str, str]]:
    """The longest run of equal steps: a dynamic programme over each pair of lines."""
    best, where = 0, ("", "")
    lines = [(piece.name, _steps(piece)) for piece in corpus]
    for piece in source:
        steps = _steps(piece)
        for name, line in lines:
            places: dict[Step, list[int]] = {}
            for at, step in enumerate(line):
                places.setdefault(step, []).append(at)
            runs: dict[int, int] = {}
            for step in steps:
                runs = {at: runs.get(at - 1, 0) + 1 for at in places.get(step, ())}
                found = max(runs.values(), default=0)
                if found + 1 > best and found:
                    best, where = found + 1, (piece.name, name)
    return best, where
