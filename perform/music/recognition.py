"""Chord recognition: held notes to a chord.

Every root and quality, with and without fifth, is compared with the notes. The best fit is cached
by pitch classes and lowest note, so a second call is a look-up.
"""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from perform.music.chord import Chord
from perform.music.quality import QUALITIES, Quality

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The cost, in hundredths, of a missing note of the chord, and of a sounding note outside it. Whole
# numbers, so that equal costs are equal on every machine.
_MISSING_FIFTH, _MISSING_EXTENSION, _MISSING = 350, 400, 1200
_FOREIGN = 900
_BASS_IS_ROOT, _BASS_IS_FOREIGN, _BASS_IS_EXTENSION = -250, 200, 300
_RARITY = 3  # per place in the table: of equal fits the earlier quality wins
_SAME_ROOT = -75  # of near-equal fits the root of the previous chord wins
_SURCHARGE = 150  # of the qualities in _RARE, instead of _BASS_IS_ROOT
_NEVER = 1_000_000
_PERFECT_FIFTH = 7
# Inversions of a simpler chord: E G B C is Cmaj7/E to every reader, although Em(b6) has root E.
_RARE = frozenset(
    {
        "mb6", "m7#5", "m#5", "m7b13", "sus2sus4", "maj7sus4", "maj7sus2", "7sus2", "13b9sus4",
        "6/9#11", "add#11",
    }
)  # fmt: skip
# Upper structures of a dominant with a lower root: what looks like D9(b13) over C is C13(#11).
_BORROWED = frozenset({"9b13", "7#11b13"})
_NAMED = tuple(quality for quality in QUALITIES if len(quality.intervals) > 1)


class _Costs(NamedTuple):
    """The cost of every root (12, above the bass) and quality, linear in the sounding notes."""

    silent: "NDArray[np.int64]"  # (12 * qualities,): without any note
    sounding: "NDArray[np.int64]"  # (12, 12 * qualities): what each note (above the bass) adds


def _missing(quality: Quality) -> list[int]:
    """The cost of each missing semitone above the root: 12 numbers, 0 for foreign notes."""
    costs = [0] * 12
    for step in quality.intervals:
        extension = step > 12 and len(quality.intervals) > 5
        costs[step % 12] = _MISSING_EXTENSION if extension else _MISSING
    # A rare chord without its fifth would fit nearly all notes.
    full = len(quality.intervals) > 3 and quality.name not in _RARE
    if full and _PERFECT_FIFTH in quality.intervals:
        costs[_PERFECT_FIFTH] = _MISSING_FIFTH
    return costs


@cache
def _costs() -> _Costs:
    import numpy as np  # noqa: PLC0415 - written chords do not need it

    silent, sounding = [], []
    for root in range(12):
        for rank, quality in enumerate(_NAMED):
            missing = _missing(quality)
            prices = [missing[(note - root) % 12] for note in range(12)]
            cost = rank * _RARITY + sum(missing)
            if quality.name in _RARE or (root and quality.name in _BORROWED):
                cost += _SURCHARGE
            elif root == 0:
                cost += _BASS_IS_ROOT
            if any(step > 12 and (step + root) % 12 == 0 for step in quality.intervals):
                cost += _BASS_IS_EXTENSION  # F over G is a suspended G
            if not prices[0]:
                cost += _BASS_IS_FOREIGN - _FOREIGN  # a slash chord: its bass costs less
            silent.append(cost)
            sounding.append([-price if price else _FOREIGN for price in prices])
    return _Costs(np.array(silent, dtype=np.int64), np.array(sounding, dtype=np.int64).T.copy())


def recognise(notes: Iterable[int], previous: Chord | None = None) -> Chord | None:
    """The chord of held MIDI notes, the lowest as its bass; None for fewer than two pitch classes.

    Where the notes spell several chords (C6 and Am7, diminished sevenths, augmented triads), the
    lowest note decides, and after it the root of `previous`. The first call for a set costs some
    ten microseconds, later ones a few; the very first one builds the table.
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
    # relative to the bass, so that all twelve transpositions share a cache entry
    above = ((mask >> bass) | (mask << (12 - bass))) & 0xFFF
    before = None if previous is None else (previous.root - bass) % 12
    root, quality = _best(above, before)
    return Chord((root + bass) % 12, quality, bass)


@cache
def _best(mask: int, previous_root: int | None) -> tuple[int, Quality]:
    """Root (semitones above the bass) and quality for a set that contains its bass, 0."""
    silent, sounding = _costs()
    notes = [note for note in range(12) if mask >> note & 1]
    costs = (silent + sounding[notes].sum(axis=0)).reshape(12, len(_NAMED))
    if len(notes) < 4:
        # rootless voicings of two or three notes are too ambiguous
        costs[[root for root in range(12) if root not in notes]] = _NEVER
    if previous_root is not None:
        costs[previous_root] += _SAME_ROOT
    root, rank = divmod(int(costs.argmin()), len(_NAMED))
    return root, _NAMED[rank]
