"""Held notes -> the chord that they are.

Every quality, whole or without its fifth, is compared with what sounds for every root; what fits
best is remembered for that set of pitch classes and that lowest note, so a second call is a look-up.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from perform.music.chord import QUALITIES, Chord, Quality

# What it costs when a note of the chord is missing, or when one sounds that is none of it.
_MISSING_FIFTH, _MISSING_EXTENSION, _MISSING = 3.5, 4.0, 12.0
_FOREIGN = 9.0
_BASS_IS_ROOT, _BASS_IS_FOREIGN = -2.5, 2.0
_RARITY = 0.03  # among equals the quality that stands earlier in the table
_KEEP = -0.75  # among near equals the root of the chord before
_PERFECT_FIFTH = 7


class _Shape(NamedTuple):
    quality: Quality
    mask: int
    costs: tuple[float, ...]  # of each interval, 0 to 11, when it is missing
    rank: float


def _shape(rank: int, quality: Quality) -> _Shape:
    mask = sum({1 << step % 12 for step in quality.intervals})
    costs = [0.0] * 12
    for step in quality.intervals:
        costs[step % 12] = (
            _MISSING_EXTENSION if step > 12 and len(quality.intervals) > 5 else _MISSING
        )
    has_colour = len(quality.intervals) > 3
    if _PERFECT_FIFTH in quality.intervals and has_colour:
        costs[_PERFECT_FIFTH] = _MISSING_FIFTH
    return _Shape(quality, mask, tuple(costs), rank * _RARITY)


_SHAPES = tuple(
    _shape(rank, quality) for rank, quality in enumerate(QUALITIES) if len(quality.intervals) > 1
)


def recognise(notes: Iterable[int], previous: Chord | None = None) -> Chord | None:
    """The chord of held MIDI notes, with the lowest as its bass; None for fewer than two classes.

    Sets that spell several chords (C6 and Am7, diminished sevenths, augmented triads) are named from
    the lowest note; where that leaves a choice, the root of `previous` decides. The first call for a
    set costs some hundred microseconds, later ones under ten.
    """
    held = sorted(notes)
    if not held:
        return None
    mask = 0
    for note in held:
        mask |= 1 << note % 12
    if mask & (mask - 1) == 0:
        return None
    bass = held[0] % 12
    # Rotated to the bass, all twelve transpositions share one memory.
    above = ((mask >> bass) | (mask << (12 - bass))) & 0xFFF
    before = None if previous is None else (previous.root - bass) % 12
    root, quality = _best(above, before)
    return Chord((root + bass) % 12, quality, bass)


@cache
def _best(mask: int, previous_root: int | None) -> tuple[int, Quality]:
    """Root (semitones above the bass) and quality for a set that contains its bass, 0."""
    best = (float("inf"), 0, _SHAPES[0].quality)
    for root in range(12):
        turned = ((mask >> root) | (mask << (12 - root))) & 0xFFF
        if not turned & 1 and (mask.bit_count() < 4 or root == 0):
            continue  # rootless voicings of two or three notes say too little
        for shape in _SHAPES:
            cost = _cost(turned, shape, root)
            if root == previous_root:
                cost += _KEEP
            if cost < best[0]:
                best = (cost, root, shape.quality)
    return best[1], best[2]


def _cost(turned: int, shape: _Shape, root: int) -> float:
    """How badly a quality explains what sounds, both seen from the root."""
    missing = shape.mask & ~turned
    foreign = turned & ~shape.mask
    cost = shape.rank + _FOREIGN * foreign.bit_count()
    for step in range(12):
        if missing >> step & 1:
            cost += shape.costs[step]
    if root == 0:
        cost += _BASS_IS_ROOT
    bass = (12 - root) % 12
    if foreign >> bass & 1:
        cost += _BASS_IS_FOREIGN - _FOREIGN  # a slash chord: the bass is its own business
    return cost
