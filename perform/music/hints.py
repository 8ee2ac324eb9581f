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

REMEMBERED = 4  # chords


class Hints(NamedTuple):
    """What is known around a voicing.

    `bass`: the pitch class that a bass plays, which is none of the voicing's own notes. `walking`:
    the bass may also be a passing note, so it is no bass of a slash chord. `chart`: the chords
    that a chart has now: two shortly before a change. `key`: the pitch classes of the key.
    `previous`: the last chords, the latest first. `rootless`: whether the player leaves roots out;
    None where that is not known.
    """

    bass: int | None = None
    walking: bool = False
    chart: tuple[Chord, ...] = ()
    key: frozenset[int] = frozenset()
    previous: tuple[Chord, ...] = ()
    rootless: bool | None = None


NO_HINTS = Hints()

_CHART_ROOT, _CHART_FAMILY = -700, -150
_PLAYED_BEFORE = -80  # a chord like one of the last
_DIATONIC, _SECONDARY = -150, -80
_MAJOR, _MINOR, _DOMINANT, _HALF_DIMINISHED, _DIMINISHED = range(5)
_FAMILIES = 5

# How well a chord follows another, by their families: semitones from root to root, and the cost.
# The falling fifth leads; a dominant may also fall by a semitone (tritone substitution).
_MOTIONS: dict[tuple[int, int], dict[int, int]] = {
    (_MINOR, _DOMINANT): {5: -320, 11: -160, 0: -150, 8: -150, 7: -180, 10: -120, 2: -60},
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
    (_DOMINANT, _DOMINANT): {5: -300, 0: -260, 7: -240, 11: -180, 2: -160, 10: -120, 9: -100},
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
    (0, _MAJOR): -60, (2, _MINOR): -60, (7, _DOMINANT): -60, (9, _MINOR): -50, (5, _MAJOR): -30,
    (4, _MINOR): -20, (11, _HALF_DIMINISHED): -30, (4, _DOMINANT): -170,
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
    previous: tuple[tuple[int, Quality], ...]
    rootless: bool | None


def relative(hints: Hints, lowest: int) -> RelativeHints:
    """Hints as seen from a pitch class."""
    tonic = tonic_of(hints.key)
    return RelativeHints(
        None if hints.bass is None else (hints.bass - lowest) % 12,
        hints.walking,
        tuple(((it.root - lowest) % 12, it.quality) for it in hints.chart),
        None if tonic is None else (tonic - lowest) % 12,
        tuple(((it.root - lowest) % 12, it.quality) for it in hints.previous[:REMEMBERED]),
        hints.rootless,
    )


def hint_costs(hints: RelativeHints) -> "Costs":
    """The cost of each root and quality (12 * qualities) by chart, key and last chords."""
    import numpy as np  # noqa: PLC0415 - written chords do not need it

    costs = np.zeros((12, len(RECOGNISED)), dtype=np.int64)
    if hints.chart:
        moved = [np.roll(_chart_costs(quality), root, axis=0) for root, quality in hints.chart]
        costs += np.minimum.reduce(moved)
    if hints.tonic is not None:
        costs += np.roll(_key_costs(), hints.tonic, axis=0)
    for place, (root, quality) in enumerate(hints.previous):
        follows = _memory_costs(quality) if place else _motion_costs(quality)
        costs += np.roll(follows, root, axis=0)
    return costs.ravel()


@cache
def _motion_costs(previous: Quality) -> "Costs":
    """The cost of each chord as the next one, roots above that of the chord before."""
    import numpy as np  # noqa: PLC0415 - written chords do not need it

    costs = np.zeros((12, len(RECOGNISED)), dtype=np.int64)
    for place, quality in enumerate(RECOGNISED):
        steps = _MOTIONS.get((family(previous), family(quality)), {})
        for step, cost in steps.items():
            costs[step, place] = cost
    return costs


@cache
def _key_costs() -> "Costs":
    """The cost of each chord in a major key, or the minor with its notes; roots above its tonic."""
    import numpy as np  # noqa: PLC0415 - see above

    costs = np.zeros((12, len(RECOGNISED)), dtype=np.int64)
    notes = frozenset(SCALES["ionian"])
    for root in range(12):
        for place, quality in enumerate(RECOGNISED):
            guides = {(root + step) % 12 for step in quality.intervals if step < 12} - {
                (root + 7) % 12
            }
            kind = family(quality)
            if guides <= notes:
                costs[root, place] = _DIATONIC
            elif root in notes and kind == _DOMINANT:
                costs[root, place] = _SECONDARY
            costs[root, place] += _OF_KEY.get((root, kind), 0)
    return costs


@cache
def _chart_costs(chart: Quality) -> "Costs":
    """The cost of each chord where a chart has a chord, roots above the chart's."""
    import numpy as np  # noqa: PLC0415 - see above

    costs = np.zeros((12, len(RECOGNISED)), dtype=np.int64)
    costs[0] = _CHART_ROOT
    for place, quality in enumerate(RECOGNISED):
        # a chart that says C lets the hand choose between major and dominant
        plain = len(chart.intervals) < 4 and {family(quality), family(chart)} <= {
            _MAJOR, _DOMINANT,
        }  # fmt: skip
        if plain or family(quality) == family(chart):
            costs[0, place] += _CHART_FAMILY
    return costs


@cache
def _memory_costs(remembered: Quality) -> "Costs":
    """The cost of a chord that was played a few chords ago, roots above its root."""
    import numpy as np  # noqa: PLC0415 - see above

    costs = np.zeros((12, len(RECOGNISED)), dtype=np.int64)
    for place, quality in enumerate(RECOGNISED):
        if family(quality) == family(remembered):
            costs[0, place] = _PLAYED_BEFORE
    return costs


@cache
def tonic_of(key: frozenset[int]) -> int | None:
    """The tonic of a major key with these notes; None for none."""
    for tonic in range(12):
        if key == frozenset((tonic + step) % 12 for step in SCALES["ionian"]):
            return tonic
    return None
