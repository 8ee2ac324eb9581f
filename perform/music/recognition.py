"""Chord recognition: held notes to a chord.

Every root and quality, with and without fifth, is compared with the notes. The best fit is cached
by pitch classes and lowest note, so a second call is a look-up.
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from perform.music.chord import Chord
from perform.music.hints import NO_HINTS, Hints, RelativeHints, hint_costs, relative
from perform.music.quality import RECOGNISED, Quality
from perform.music.rootless import FOREIGN, rarity, rootless_costs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The cost, in hundredths, of a missing note of the chord, and of a sounding note outside it. Whole
# numbers, so that equal costs are equal on every machine.
_MISSING_FIFTH, _MISSING_EXTENSION, _MISSING = 350, 400, 1200
_BASS_IS_ROOT, _BASS_IS_FOREIGN, _BASS_IS_EXTENSION = -250, 200, 300
_RARITY = 3  # per place in the table: of equal fits the earlier quality wins
_SURCHARGE = 150  # of the qualities in _RARE, instead of _BASS_IS_ROOT
_SAME_ROOT = -75  # of near-equal fits the root of the previous chord wins
_NEVER = 1_000_000
LOW = 46  # B flat 2: below it, the lowest note of a voicing is its bass as a rule
_LOW_ROOT = -700  # of a root that is lowest, and low
# the cost of leaving out the root, by whether the last voicing did
_ROOTLESS = {None: -50, True: -150, False: 250}
_UNLIKE_LAST = 250  # of a root below, after a voicing without one
_FEW = {2: 500, 3: 300}  # notes of a voicing without its root, where no bass or chart tells it
# the cost of a root that the bass plays, and of another one, by whether the bass walks
_BASS = {False: (-600, 600), True: (-300, 0)}
_SAME_WALKING = -300  # a bass walks below one chord
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
        for rank, quality in enumerate(RECOGNISED):
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
                cost += _BASS_IS_FOREIGN - FOREIGN  # a slash chord: its bass costs less
            silent.append(cost)
            sounding.append([-price if price else FOREIGN for price in prices])
    return _Costs(np.array(silent, dtype=np.int64), np.array(sounding, dtype=np.int64).T.copy())


def prepare() -> None:
    """Build the tables, which takes some ten milliseconds: not when the first chord is played."""
    recognise((60, 64, 67, 71), Hints(key=frozenset({0, 2, 4, 5, 7, 9, 11})))
    recognise((60, 64, 67))


def recognise(notes: Iterable[int], hints: Hints = NO_HINTS) -> Chord | None:
    """The chord of held MIDI notes; None for fewer than two pitch classes.

    Without hints the lowest note is the bass, and decides between chords of the same notes (C6 and
    Am7, diminished sevenths, augmented triads). With hints, a voicing may leave out its root: then
    its lowest note is no bass. The first call for a set of notes and hints costs some hundred
    microseconds at most, later ones ten; `prepare` builds the tables.
    """
    held = sorted(notes)
    mask = 0
    for note in held:
        mask |= 1 << note % 12
    if mask & (mask - 1) == 0:
        return None
    lowest = held[0] % 12
    # relative to the lowest note, so that all twelve transpositions share a cache entry
    above = ((mask >> lowest) | (mask << (12 - lowest))) & 0xFFF
    if hints == NO_HINTS:
        root, quality = _best(above)
        return Chord((root + lowest) % 12, quality, lowest)
    root, quality, bass = _best_in_context(above, held[0] < LOW, relative(hints, lowest))
    return Chord((root + lowest) % 12, quality, (bass + lowest) % 12)


@cache
def _best(mask: int) -> tuple[int, Quality]:
    """Root (semitones above the bass) and quality for a set that contains its bass, 0."""
    root, rank = divmod(int(_plain(_notes(mask)).argmin()), len(RECOGNISED))
    return root, RECOGNISED[rank]


def _notes(mask: int) -> list[int]:
    return [note for note in range(12) if mask >> note & 1]


def _plain(notes: list[int]) -> "NDArray[np.int64]":
    """The cost of each root and quality (12 * qualities) over the bass 0."""
    silent, sounding = _costs()
    costs: NDArray[np.int64] = silent + sounding[notes].sum(axis=0)
    if len(notes) < 4:
        # rootless voicings of two or three notes are too ambiguous
        by_root = costs.reshape(12, len(RECOGNISED))
        by_root[[root for root in range(12) if root not in notes]] = _NEVER
    return costs


@lru_cache(4096)
def _best_in_context(mask: int, low: bool, hints: RelativeHints) -> tuple[int, Quality, int]:
    """Root, quality and bass, in semitones above the lowest note.

    Two readings are compared: as it stands over the lowest note or the bass, and as a voicing that
    leaves its root out.
    """
    notes = _notes(mask)
    bass = 0 if hints.bass is None or hints.walking else hints.bass
    expected = hint_costs(hints)
    standing = expected + _standing(notes, bass, low, hints)
    rootless = expected + _leaving_out(notes, hints)
    best_standing, best_rootless = int(standing.argmin()), int(rootless.argmin())
    if standing[best_standing] <= rootless[best_rootless]:
        root, rank = divmod(best_standing, len(RECOGNISED))
        return root, RECOGNISED[rank], root if hints.walking else bass
    root, rank = divmod(best_rootless, len(RECOGNISED))
    return root, RECOGNISED[rank], root if hints.bass is None or hints.walking else bass


def _standing(notes: list[int], bass: int, low: bool, hints: RelativeHints) -> "NDArray[np.int64]":
    """The cost of each reading over the lowest note, or over a bass below."""
    import numpy as np  # noqa: PLC0415 - written chords do not need it

    over_bass = sorted({(note - bass) % 12 for note in notes} | {0})
    costs = _plain(over_bass) + _rarities()
    if hints.bass is None:
        if low:
            costs.reshape(12, len(RECOGNISED))[0] += _LOW_ROOT
        elif hints.rootless and len(notes) > 3:
            costs += _UNLIKE_LAST
        elif hints.rootless is None and hints.previous is not None:
            last = (hints.previous[0] - bass) % 12
            costs.reshape(12, len(RECOGNISED))[last] += _SAME_ROOT
    return np.roll(costs.reshape(12, len(RECOGNISED)), bass, axis=0).ravel()


def _leaving_out(notes: list[int], hints: RelativeHints) -> "NDArray[np.int64]":
    """The cost of each reading as a voicing without its root."""
    if hints.bass is None:
        few = 0 if hints.chart else _FEW.get(len(notes), 0)
        return rootless_costs(notes) + _ROOTLESS[hints.rootless] + few
    on_root, elsewhere = _BASS[hints.walking]
    costs = rootless_costs(notes) + _ROOTLESS[True] + elsewhere
    by_root = costs.reshape(12, len(RECOGNISED))
    by_root[hints.bass] += on_root - elsewhere
    if hints.walking and hints.previous is not None:
        root, quality = hints.previous
        if quality in RECOGNISED:  # else it was only written
            by_root[root, RECOGNISED.index(quality)] += _SAME_WALKING
    return costs


@cache
def _rarities() -> "NDArray[np.int64]":
    import numpy as np  # noqa: PLC0415 - written chords do not need it

    return np.array([rarity(quality) for quality in RECOGNISED] * 12, dtype=np.int64)
