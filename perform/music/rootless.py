"""Voicings that leave out the root: the cost of every root and quality, whatever note is lowest.

A pianist with a bass player plays third and seventh, and tensions. So the root is free, the fifth
nearly free, and the notes that give the chord its name have to be there.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from perform.music.quality import RECOGNISED, Quality

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Costs = NDArray[np.int64]

FOREIGN = 900  # a sounding note outside the chord
_MISSING, _MISSING_FIFTH, _MISSING_INNER, _MISSING_ALTERATION = 1200, 20, 60, 300
_NO_SEVENTH = 500  # a triad without its root is too little to hear
_NINTH, _FIFTH = 14, 7
_OPTIONAL = {"m13": 5, "maj13#11": 2}  # a note that may be there without changing the name
# What pianists seldom mean by a voicing, with or without root.
_LESS_COMMON, _RARE = 150, 450
LESS_COMMON = frozenset(
    {"mMaj7", "mMaj9", "maj7#5", "maj11", "m9b5", "m11b5", "9b5", "7b5", "maj7#11", "7add4", "11",
     "7#9#11", "7b5#9", "13#9", "9b13", "madd9", "add9", "7b9#9"}
)  # fmt: skip
RARE = frozenset(
    {"m7#5", "mb6", "dimMaj7", "majb5", "7#11b13", "maj7sus4", "maj7sus2", "7sus2", "sus2sus4",
     "madd4", "add4", "m#5", "m7b13", "6/9#11", "add#11", "sus2", "13b9sus4", "maj7b5"}
)  # fmt: skip
# A root inside the voicing, where a player leaves roots out: D minor 7b5 is played so, and upper
# structures over a dominant; a sixth chord would have a ninth instead.
_INNER_ROOT, _INNER_ROOT_ELSE = {
    "m7b5": -60, "6": 150, "m6": 150, "m7": 90, "maj9#11": 250, "maj13#11": 250,
}, 60  # fmt: skip
# Without its root, an altered chord is the plain one a tritone away, and a suspended one is a minor
# chord a fifth above; those come first.
_ALTERED, _SUSPENDED, _SELDOM_COST = 120, 250, 160
_SELDOM = frozenset({"m6/9"})  # F A B E is G13 rather than Dm6/9


def rarity(quality: Quality) -> int:
    """The cost of a quality that pianists seldom mean."""
    return _RARE if quality.name in RARE else _LESS_COMMON if quality.name in LESS_COMMON else 0


def _inner_root(quality: Quality) -> int:
    dominant = 4 in quality.intervals and 10 in quality.intervals
    return _INNER_ROOT.get(quality.name, 0 if dominant else _INNER_ROOT_ELSE)


def _ambiguity(quality: Quality) -> int:
    """The cost of a quality that is less likely than another with the same notes but the root."""
    if "sus" in quality.name:
        return _SUSPENDED
    if quality.name in RARE:
        return _RARE  # twice as rare as with its root
    if quality.name in _SELDOM:
        return _SELDOM_COST
    altered = quality.name == "alt" or re.search(r"[b#](5|9|13)", quality.name)
    return _ALTERED if 10 in quality.intervals and 4 in quality.intervals and altered else 0


def _missing(quality: Quality) -> list[int]:
    """The cost of each missing semitone above the root: 0 for the root and foreign notes."""
    top = max(quality.intervals)
    costs = [0] * 12
    for step in quality.intervals:
        if step == 0:
            continue
        if step == _FIFTH:
            cost = _MISSING_FIFTH
        elif step in (_NINTH, 17, 18) and step < top and top > _NINTH:
            cost = _MISSING_INNER  # F B E is G13, its ninth and eleventh do not matter
        elif quality.name == "alt" and step > 12:
            cost = _MISSING_ALTERATION
        else:
            cost = _MISSING
        costs[step % 12] = cost
    return costs


@cache
def _tables() -> "tuple[Costs, Costs]":
    """What each chord (12 * qualities) costs without notes, and what each of 12 notes adds."""
    import numpy as np  # noqa: PLC0415 - written chords do not need it

    silent, sounding = [], []
    for root in range(12):
        for rank, quality in enumerate(RECOGNISED):
            missing = _missing(quality)
            own = {step % 12 for step in quality.intervals}
            own.add(_OPTIONAL.get(quality.name, 0))
            silent.append(
                rank + sum(missing) + rarity(quality) + _ambiguity(quality)
                + (_NO_SEVENTH if len(own) < 4 else 0)
            )  # fmt: skip
            sounding.append(
                [-missing[(note - root) % 12] if (note - root) % 12 in own else FOREIGN
                 for note in range(12)]
            )  # fmt: skip
            sounding[-1][root] = _inner_root(quality)
    return np.array(silent, dtype=np.int64), np.array(sounding, dtype=np.int64).T.copy()


def rootless_costs(notes: list[int]) -> "Costs":
    """The cost of each root and quality (12 * qualities) for these pitch classes."""
    silent, sounding = _tables()
    costs: Costs = silent + sounding[notes].sum(axis=0)
    return costs
