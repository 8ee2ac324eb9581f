"""Strategies one after the other, each with its factor (paper, section 4.3 and figure 7)."""

import difflib
from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from perform.errors import DatasetError
from perform.music.pianoroll import Rolls
from training.augment.base import Strategy
from training.augment.registry import STRATEGIES

MOST_BARS = 200_000


def named(name: str) -> Strategy:
    """The strategy of a name; DatasetError names the nearest known one."""
    if name not in STRATEGIES:
        near = difflib.get_close_matches(name, STRATEGIES, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(STRATEGIES)}"
        raise DatasetError(f"no strategy {name!r}; {hint}")
    return STRATEGIES[name]


class PipelineStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A strategy and how many times it is applied to the whole data set."""

    strategy: str
    factor: Annotated[int, Meta(ge=0)]

    def __post_init__(self) -> None:
        """ValueError for a strategy that nobody knows, so that it is named where stages are read."""
        try:
            named(self.strategy)
        except DatasetError as fault:
            raise ValueError(str(fault)) from None


PAPER = (
    PipelineStep("time-change", 6),
    PipelineStep("fifth-addition", 3),
    PipelineStep("octave-change", 1),
)
# Section 4.2 advises against more.
ADVISED = {"octave-change": (2, "melodies come twice"), "fifth-addition": (4, "chords pile up")}


def augment(rolls: Rolls, stages: Sequence[PipelineStep], seed: int) -> Rolls:
    """The bars and what the stages make of them, n(i) = n(i-1) (k_i + 1), in one new array.

    Each stage keeps what it was given first and adds k_i versions of all of it. The same seed gives the
    same bars. DatasetError for an unknown strategy, or for more bars than a run can hold.
    """
    grown(len(rolls), stages)
    made = rolls.copy()
    for place, stage in enumerate(stages):
        strategy = named(stage.strategy)
        rng = np.random.default_rng([seed, place])
        made = np.concatenate([made, *(strategy(made, rng) for _ in range(stage.factor))])
    return made


def sources_of(count: int, stages: Sequence[PipelineStep]) -> NDArray[np.intp]:
    """For each bar that `augment` makes of `count` bars, the index of the one it comes from."""
    made = np.arange(count)
    for stage in stages:
        made = np.tile(made, stage.factor + 1)
    return made


def grown(count: int, stages: Sequence[PipelineStep]) -> int:
    """How many bars `count` bars become; DatasetError when that is too many."""
    for stage in stages:
        count *= stage.factor + 1
    if count > MOST_BARS:
        raise DatasetError(f"the stages make {count} bars, the most is {MOST_BARS}; lower a factor")
    return count


def cautions(stages: Sequence[PipelineStep]) -> list[str]:
    """A line for every strategy that is applied more often than the paper advises (section 4.2)."""
    lines = []
    for name, (most, why) in ADVISED.items():
        times = sum(stage.factor for stage in stages if stage.strategy == name)
        if times > most:
            lines.append(f"{name} {times} times: {why}; the paper advises {most} at most")
    return lines


def parse_stages(text: str) -> tuple[PipelineStep, ...]:
    """The stages in a text like `time-change:6,octave-change:1`; DatasetError for anything else."""
    stages = []
    for word in filter(None, (word.strip() for word in text.split(","))):
        name, _, factor = word.partition(":")
        if not factor.isdecimal():
            raise DatasetError(f"stage {word!r}: write it NAME:FACTOR, like time-change:6")
        named(name)
        stages.append(PipelineStep(name, int(factor)))
    return tuple(stages)
