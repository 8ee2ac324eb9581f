"""Hints: what is known around a voicing, as costs of every root and quality.

A hint makes readings cheaper: the root that a bass plays, the chord of a chart, a chord of the key,
a chord that follows the last one as musicians expect it. Costs are in hundredths, as in
`perform.music.recognition`; roots are counted from any note, so hints can be moved with a voicing.
"""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from perform.music.chord import Chord
from perform.music.quality import RECOGNISED, Quality
from perform.music.scale import SCALES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Costs = NDArray[np.int64]


class Hints(NamedTuple):
    """What is known around a voicing.

    `bass`: the pitch class that a bass plays, which is none of the voicing's own notes. `walking`:
    the bass may also be a passing note, so it is no bass of a slash chord. `chart`: the chords
    that a chart has now: two shortly before a change. `key`: the pitch classes of the key.
    `previous`: the last chord. `rootless`: whether the player leaves roots out; None where that is
    not known.
    """

    bass: int | None = None
    walking: bool = False
    chart: tuple[Chord, ...] = ()
    key: frozenset[int] = frozenset()
    previous: Chord | None = None
    rootless: bool | None = None


NO_HINTS = Hints()

_CHART_ROOT, _CHART_FAMILY = -700, -150
_SECONDARY = -80  # a dominant on another note of the key
_MAJOR, _MINOR, _DOMINANT, _HALF_DIMINISHED, _DIMINISHED = range(5)
_FAMILIES = 5

# How well a chord follows another, by their families: semitones from root to root, and the cost.
# The falling fifth leads; a dominant may also fall by a semitone (tritone substitution).
_MOTIONS: dict[tuple[int, int], dict[int, int]] = {
    (_MINOR, _DOMINANT): {5: -320, 11: -160, 0: -150, 8: -150, 7: -120, 10: -120, 2: -60},
    (_MINOR, _MINOR): {5: -260, 0: -180, 7: -150, 10: -160, 2: -100, 11: -100, 3: -60},
    (_MINOR, _MAJOR): {8: -160, 3: -160, 5: -100, 10: -120, 0: -60, 1: -60, 11: -40},
    (_MINOR, _HALF_DIMINISHED): {2: -240, 9: -120, 7: -60},
    (_MINOR, _DIMINISHED): {1: -100, 11: -120},
    (_HALF_DIMINISHED, _DOMINANT): {5: -340, 11: -140, 0: -60},
    (_HALF_DIMINISHED, _HALF_DIMINISHED): {0: -230, 5: -60},
    (_HALF_DIMINISHED, _MINOR): {11: -100, 5: -80, 10: -60},
    (_HALF_DIMINISHED, _MAJOR): {1: -100},
    (_DOMINANT, _MAJOR): {5: -340, 2: -220, 11: -240, 0: -60, 8: -100},
    (_DOMINANT, _MINOR): {5: -330, 11: -220, 2: -140, 0: -160, 7: -140, 10: -60},
    (_DOMINANT, _DOMINANT): {5: -300, 0: -260, 7: -240, 11: -180, 2: -160, 10: -80, 9: -100},
    (_DOMINANT, _HALF_DIMINISHED): {9: -80, 2: -80, 5: -100, 4: -60},
    (_DOMINANT, _DIMINISHED): {1: -120},
    (_MAJOR, _MAJOR): {0: -230, 5: -220, 7: -180, 10: -100, 2: -80, 8: -80, 3: -60, 1: -60},
    (_MAJOR, _MINOR): {2: -220, 9: -190, 4: -160, 0: -150, 5: -120, 11: -80},
    (_MAJOR, _DOMINANT): {7: -180, 9: -200, 5: -180, 4: -170, 2: -150, 0: -100, 11: -120, 3: -120,
                          8: -100, 10: -100},
    (_MAJOR, _HALF_DIMINISHED): {2: -150, 11: -170, 6: -170, 4: -80, 9: -60},
    (_MAJOR, _DIMINISHED): {1: -150, 0: -80, 3: -100, 6: -60},
    (_DIMINISHED, _MINOR): {1: -220, 11: -200},
    (_DIMINISHED, _DOMINANT): {1: -140, 11: -80},
    (_DIMINISHED, _MAJOR): {1: -140, 0: -80},
}  # fmt: skip
# The chords of a key, major or the minor a third below: semitones above the major tonic, family.
_OF_KEY = {
    (0, _MAJOR): -60, (2, _MINOR): -60, (7, _DOMINANT): -120, (9, _MINOR): -50, (5, _MAJOR): -30,
    (4, _MINOR): -60, (11, _HALF_DIMINISHED): -30, (4, _DOMINANT): -250,
}  # fmt: skip


@cache
def family(quality: Quality) -> int:
    """What a quality does in a progression: major, minor, dominant, half diminished, diminished."""
    steps = {step % 12 for step in quality.intervals}
    minor_seventh = 10 in steps
    if 3 in steps and 4 not in steps:
        if 6 in steps and 7 not in steps:
            return _HALF_DIMINISHED if minor_seventh else _DIMINISHED
        return _MINOR
    return _DOMINANT if minor_seventh else _MAJOR


# A root position of these is also a chord without its root: F A C E is Fmaj7 and Dm9.
_TWINS = frozenset({"maj7", "m7", "6", "m6", "m7b5", "dim7", "maj7b5", "7b5"})
_CERTAINLY_LOW = 46  # B flat 2; roots are left out of chords that lie higher


def leaves_out_root(chord: Chord, held: Iterable[int], before: bool | None) -> bool | None:
    """Whether a player leaves roots out, after this chord; `before`: what was known before it."""
    lowest = min(held)
    if chord.bass != chord.root:
        return before  # an inversion
    if lowest % 12 != chord.root:
        return True
    if chord.quality.name in _TWINS and lowest >= _CERTAINLY_LOW:
        return before
    return False


class RelativeHints(NamedTuple):
    """Hints with every note counted from the lowest note of a voicing."""

    bass: int | None
    walking: bool
    chart: tuple[tuple[int, Quality], ...]
    tonic: int | None  # of the key
    previous: tuple[int, Quality] | None
    rootless: bool | None


def relative(hints: Hints, lowest: int) -> RelativeHints:
    """Hints as seen from a pitch class."""
    tonic = tonic_of(hints.key)
    return RelativeHints(
        None if hints.bass is None else (hints.bass - lowest) % 12,
        hints.walking,
        tuple(_from(it, lowest) for it in hints.chart),
        None if tonic is None else (tonic - lowest) % 12,
        None if hints.previous is None else _from(hints.previous, lowest),
        hints.rootless,
    )


def _from(chord: Chord, lowest: int) -> tuple[int, Quality]:
    return (chord.root - lowest) % 12, chord.quality


def hint_costs(hints: RelativeHints) -> "Costs":
    """The cost of each root and quality (12 * qualities) by chart, key and last chord."""
    import numpy as np  # noqa: PLC0415 - written chords do not need it

    costs = np.zeros((12, _FAMILIES), dtype=np.int64)
    if hints.chart:
        costs += np.minimum.reduce([
            _chart_costs(family(quality), len(quality.intervals) < 4, root)
            for root, quality in hints.chart
        ])  # fmt: skip
    if hints.tonic is not None:
        costs += _key_costs(hints.tonic)
    if hints.previous is not None:
        root, quality = hints.previous
        costs += _motion_costs(family(quality), root)
    of_qualities: Costs = costs[:, _families()].ravel()
    return of_qualities


@cache
def _families() -> "Costs":
    import numpy as np  # noqa: PLC0415 - see above

    return np.array([family(quality) for quality in RECOGNISED])


@cache
def _motion_costs(previous: int, root: int) -> "Costs":
    """The cost of each root and family after a chord of a family and root."""
    import numpy as np  # noqa: PLC0415 - see above

    costs = np.zeros((12, _FAMILIES), dtype=np.int64)
    for following in range(_FAMILIES):
        for step, cost in _MOTIONS.get((previous, following), {}).items():
            costs[(root + step) % 12, following] = cost
    return costs


@cache
def _chart_costs(charted: int, triad: bool, root: int) -> "Costs":
    """The cost of each root and family where a chart has a chord of a family and root."""
    import numpy as np  # noqa: PLC0415 - see above

    costs = np.zeros((12, _FAMILIES), dtype=np.int64)
    # a chart that says C lets the hand choose between major and dominant
    either = triad and charted in (_MAJOR, _DOMINANT)
    costs[root] = _CHART_ROOT
    costs[root, [_MAJOR, _DOMINANT] if either else charted] += _CHART_FAMILY
    return costs


@cache
def _key_costs(tonic: int) -> "Costs":
    """The cost of each root and family in a major key, or the minor with its notes."""
    import numpy as np  # noqa: PLC0415 - see above

    costs = np.zeros((12, _FAMILIES), dtype=np.int64)
    for step in SCALES["ionian"]:
        costs[(tonic + step) % 12, _DOMINANT] = _SECONDARY
    for (step, kind), cost in _OF_KEY.items():
        costs[(tonic + step) % 12, kind] = cost
    return costs


@cache
def tonic_of(key: frozenset[int]) -> int | None:
    """The tonic of a major key with these notes; None for none."""
    for tonic in range(12):
        if key == frozenset((tonic + step) % 12 for step in SCALES["ionian"]):
            return tonic
    return None
