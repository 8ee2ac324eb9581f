"""The arc of a bar: how a line rises and falls over sentences, a chorus and several choruses.

A sentence is a group of bars from breath to breath: 2 to 8 bars, most often 4 or 8. All places and
rests are shares of bars, so that every metre has the same arcs.
"""

from bisect import bisect
from functools import lru_cache
from itertools import accumulate
from math import cos, pi
from typing import NamedTuple

from perform.engine.seeded_random import uniform

FREE_CHORUS = 16  # bars of a chorus where no form is known
SHORTEST_CHORUS = 8  # a shorter form is played several times as one chorus
CHORUSES_OF_CLIMB = 4  # then a climb starts over
NATURAL_SPACE = 0.3  # above it, long sentences divide into short ones
# how often a sentence has so many bars; odd ones only where an odd number of bars is left. Long
# ones are common: a line rests inside them of itself.
SENTENCE_BARS = {2: 1.0, 3: 1.0, 4: 7.0, 5: 1.0, 6: 2.5, 7: 1.0, 8: 6.0}
OFF_FOURS = 0.3  # how much rarer a sentence ends where no group of four bars ends
PICKUPS = (0.0, 0.0, 0.125, 0.25)  # of a bar, each as often
LONGEST_REST = 0.95  # of a bar: a breath with the pick-up behind it
CHORUS_HIGH = 0.7  # of a chorus: its high point
FIRST_LEVEL = 0.35  # of the swell of a sentence, at its first note; at its end it is 0
# how much of the range 0 to 1 each part of an arc takes
CHORUS_ENERGY, SENTENCE_ENERGY, CLIMB_ENERGY = 0.5, 0.2, 0.8


class ChorusPlace(NamedTuple):
    """Where a bar is: bar `place` of the chorus `chorus` (both from 0), which has `bars` bars."""

    chorus: int
    place: int
    bars: int


class Sentence(NamedTuple):
    """A group of bars of a chorus.

    `first`: its first bar in the chorus. `level`: how loud it is beside others, -1 to 1. `high`:
    where in it the high point is, 0 to 1. `breath`: the rest at its end as a share of a bar, under
    1. `pickup`: the share of its last bar, behind the breath, that belongs to the next sentence.
    """

    first: int
    bars: int
    level: float
    high: float
    breath: float
    pickup: float

    def swell(self, place: float) -> float:
        """How far the line has risen, 0 to 1, at `place` bars of the chorus."""
        share = min(max((place - self.first) / self.bars, 0.0), 1.0)
        if share < self.high:
            return FIRST_LEVEL + (1 - FIRST_LEVEL) * _rise(share / self.high)
        return _rise((1 - share) / (1 - self.high))


class Arc(NamedTuple):
    """What the arc asks of a bar: energy, density and register, each 0 to 1.

    `place`: the bar in its chorus. `sentence`: to which it belongs.
    """

    energy: float
    density: float
    register: float
    place: int
    sentence: Sentence

    @property
    def ends_sentence(self) -> bool:
        """Whether the sentence ends with this bar."""
        return self.place == self.sentence.first + self.sentence.bars - 1

    @property
    def breath(self) -> float:
        """The share of the bar that is a rest; 0 where the sentence goes on."""
        return self.sentence.breath if self.ends_sentence else 0.0

    def dynamics(self, share: float) -> float:
        """How loud a note is that begins when `share` of the bar has gone by.

        -1 is the softest, 1 the loudest velocity of the voice, 0 changes nothing.
        """
        swell = self.sentence.swell(self.place + share)
        if self.ends_sentence and share >= 1 - self.sentence.pickup:
            swell = FIRST_LEVEL
        return _between(1.9 * (self.energy - 0.5) + 0.9 * (swell - 0.5), -0.9, 0.9)


def chorus_place(place: int, bars: int, times: int) -> ChorusPlace:
    """The place in a chorus of bar `place` of a form of `bars` bars.

    `times`: how many times the form has been played before. 0 bars where no form is known; `place`
    then counts from the start.
    """
    if not bars:
        chorus, place = divmod(place, FREE_CHORUS)
        return ChorusPlace(chorus, place, FREE_CHORUS)
    forms = -(-SHORTEST_CHORUS // bars)
    chorus, form = divmod(times, forms)
    return ChorusPlace(chorus, form * bars + place, forms * bars)


@lru_cache(256)
def arc_of(at: ChorusPlace, build: float, space: float, seed: int) -> Arc:
    """The arc of a bar.

    `build`: 0 makes choruses even, 1 makes a long climb of several. `space`: how much of the time
    rests, 0 to 1.
    """
    sentence = next(
        each
        for each in sentences(at.bars, space, seed, at.chorus)
        if each.first <= at.place < each.first + each.bars
    )
    middle = at.place + 0.5
    share = middle / at.bars
    high = share / CHORUS_HIGH if share < CHORUS_HIGH else (1 - share) / (1 - CHORUS_HIGH)
    climb = (at.chorus % CHORUSES_OF_CLIMB + share) / CHORUSES_OF_CLIMB
    swell = sentence.swell(middle) - 0.5
    energy = _between(
        0.5
        + CHORUS_ENERGY * (1 - build / 2) * (_rise(high) - 0.5)
        + SENTENCE_ENERGY * (sentence.level / 2 + swell / 2)
        + CLIMB_ENERGY * build * (climb - 0.5)
    )
    density = _between(0.5 + 0.8 * (energy - 0.5) + 0.3 * swell)
    register = _between(0.5 + 0.6 * (energy - 0.5) + 0.3 * swell)
    return Arc(energy, density, register, at.place, sentence)


@lru_cache(64)
def sentences(bars: int, space: float, seed: int, chorus: int) -> tuple[Sentence, ...]:
    """The sentences of a chorus of 2 bars or more, in order."""
    found: list[Sentence] = []
    first = 0
    while first < bars:
        whole = _sentence_bars(first, bars - first, uniform(seed, chorus, first, 1))
        often = max(space - NATURAL_SPACE, 0) / (1 - NATURAL_SPACE)
        for length in _divided(whole, often, (seed, chorus, first)):
            found.append(_sentence(first, length, space, (seed, chorus, first)))
            first += length
    found[-1] = found[-1]._replace(pickup=0.0)  # the piece may end here
    return tuple(found)


def _sentence_bars(first: int, left: int, chance: float) -> int:
    """How many of the bars that are left belong to the sentence that begins at `first`."""
    weights = {
        bars: weight if (first + bars) % 4 == 0 or bars == left else OFF_FOURS * weight
        for bars, weight in SENTENCE_BARS.items()
        if bars <= left and left - bars != 1 and (left % 2 or bars % 2 == 0)
    }
    sums = list(accumulate(weights.values()))
    return list(weights)[bisect(sums, chance * sums[-1], 0, len(sums) - 1)]


def _divided(bars: int, often: float, seeds: tuple[int, ...]) -> tuple[int, ...]:
    """A sentence's bars, divided as `often` as it says into sentences of 2 bars or more."""
    if bars < 4 or uniform(*seeds, bars, 2) >= often:
        return (bars,)
    half = bars // 2 + (bars // 2 % 2 if bars > 5 else 0)
    return (*_divided(half, often, (*seeds, 1)), *_divided(bars - half, often, (*seeds, 2)))


def _sentence(first: int, bars: int, space: float, seeds: tuple[int, int, int]) -> Sentence:
    pickup = PICKUPS[int(len(PICKUPS) * uniform(*seeds, 3))]
    if uniform(*seeds, 4) < space:
        pickup = 0.0
    breath = space * (0.7 + 0.5 * uniform(*seeds, 5))
    return Sentence(
        first,
        bars,
        2 * uniform(*seeds, 6) - 1,
        0.5 + 0.25 * uniform(*seeds, 7),
        min(breath, LONGEST_REST - pickup),
        pickup,
    )


def _rise(share: float) -> float:
    """From 0 to 1 as a share goes from 0 to 1, slowly at both ends."""
    return (1 - cos(pi * share)) / 2


def _between(value: float, low: float = 0.0, high: float = 1.0) -> float:
    return min(max(value, low), high)
