"""The conditions of a phrase, for generators that take any: class of chord, density, register.

The input of a generator has one row a phrase: noise, then a column for each of its conditions.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.music.chord import Chord

QUALITY_CLASSES = ("major", "minor", "dominant", "diminished", "suspended")
DENSITY, REGISTER = "density", "register"
CONDITION_NAMES = (*QUALITY_CLASSES, DENSITY, REGISTER)


class Conditions(NamedTuple):
    """What a phrase should be like; a condition that is not set is random.

    `quality`: one of QUALITY_CLASSES, or "". `density`, `register`: 0 to 1, the share of the
    training bars that have fewer notes, or are lower.
    """

    quality: str = ""
    density: float | None = None
    register: float | None = None


UNCONDITIONAL = Conditions()


def quality_class(chord: Chord | None) -> str:
    """The class of a chord: by its third, then its fifth or seventh; "" for no chord."""
    if chord is None:
        return ""
    above = {(tone - chord.root) % 12 for tone in chord.tones}
    if 4 in above:  # before the minor third, which over a dominant is a #9
        return "dominant" if 10 in above else "major"
    if 3 in above:
        return "diminished" if 6 in above and 7 not in above else "minor"
    return "suspended"


def generator_inputs(
    count: int,
    noise_dim: int,
    names: Sequence[str],
    seed: int,
    conditions: Conditions = UNCONDITIONAL,
) -> NDArray[np.float32]:
    """The input of a generator for `count` phrases, (count, noise_dim + len(names)).

    `names`: the conditions of the columns after the noise, of CONDITION_NAMES. A quality that is
    not among them leaves all quality columns at 0, which means "any".
    """
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((count, noise_dim), dtype=np.float32)
    if not names:
        return noise
    columns = rng.random((count, len(names)), dtype=np.float32)
    for place, name in enumerate(names):
        if name in QUALITY_CLASSES:
            columns[:, place] = name == conditions.quality
        elif (value := getattr(conditions, name)) is not None:
            columns[:, place] = value
    return np.concatenate([noise, columns], axis=1)
