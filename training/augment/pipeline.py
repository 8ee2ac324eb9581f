"""The pipeline: strategies one after the other, each with a factor (paper, 4.3 and figure 7)."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from perform.errors import DatasetError, did_you_mean
from perform.music.pianoroll import Rolls
from training.augment.base import Strategy
from training.augment.registry import NAMES, STRATEGIES

MOST_AUGMENTED = 200_000


def find_strategy(name: str) -> Strategy:
    """The strategy for bars with this name; DatasetError for any other.

    It names the nearest known one, or says that the strategy needs lines with chords.
    """
    check_name(name)
    if name not in STRATEGIES:
        raise DatasetError(
            f"strategy {name!r} needs pieces with chords, and these are single bars; "
            "give books or lead sheets, or a recipe of lines"
        )
    return STRATEGIES[name]


def check_name(name: str) -> None:
    """DatasetError for an unknown strategy; it names the nearest known one."""
    if name not in NAMES:
        raise DatasetError(f"no strategy {name!r}{did_you_mean(name, NAMES)}")


class PipelineStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A strategy and how many times it is applied to the whole data set."""

    strategy: str
    factor: Annotated[int, Meta(ge=0)]

    def __post_init__(self) -> None:
        """ValueError for an unknown strategy, so that a parser says where the name stands."""
        try:
            check_name(self.strategy)
        except DatasetError as error:
            raise ValueError(str(error)) from None


PAPER_PIPELINE = (
    PipelineStep("time-change", 6),
    PipelineStep("fifth-addition", 3),
    PipelineStep("octave-change", 1),
)
# Section 4.2 advises against more.
ADVISED = {"octave-change": (2, "melodies repeat"), "fifth-addition": (4, "chords get too thick")}


def augment(rolls: Rolls, pipeline: Sequence[PipelineStep], seed: int) -> Rolls:
    """The bars and what the pipeline makes of them in one new array: n(i) = n(i-1) (k_i + 1).

    Each step keeps the bars that it gets and appends k_i versions of all of them. The same seed
    gives the same bars. DatasetError for an unknown strategy, or for more bars than a run can hold.
    """
    augmented_count(len(rolls), pipeline)
    augmented = rolls.copy()
    for place, step in enumerate(pipeline):
        strategy = find_strategy(step.strategy)
        rng = np.random.default_rng([seed, place])
        versions = (strategy(augmented, rng) for _ in range(step.factor))
        augmented = np.concatenate([augmented, *versions])
    return augmented


def source_indices(count: int, pipeline: Sequence[PipelineStep]) -> NDArray[np.intp]:
    """For each bar that `augment` makes of `count` bars, the index of the bar it is made of."""
    indices = np.arange(count)
    for step in pipeline:
        indices = np.tile(indices, step.factor + 1)
    return indices


def augmented_count(count: int, pipeline: Sequence[PipelineStep]) -> int:
    """How many bars `augment` makes of `count` bars; DatasetError when that is too many."""
    for step in pipeline:
        count *= step.factor + 1
    if count > MOST_AUGMENTED:
        raise DatasetError(
            f"the pipeline makes {count} bars, the most is {MOST_AUGMENTED}; lower a factor"
        )
    return count


def pipeline_warnings(pipeline: Sequence[PipelineStep]) -> list[str]:
    """A line for each strategy that is applied more often than the paper advises (section 4.2)."""
    lines = []
    for name, (most, reason) in ADVISED.items():
        times = sum(step.factor for step in pipeline if step.strategy == name)
        if times > most:
            lines.append(f"{name} {times} times: {reason}; the paper advises {most} at most")
    return lines


def parse_pipeline(text: str) -> tuple[PipelineStep, ...]:
    """The pipeline in a text like `time-change:6,octave-change:1`; DatasetError for a bad text."""
    pipeline = []
    for word in filter(None, (word.strip() for word in text.split(","))):
        name, _, factor = word.partition(":")
        if not factor.isdecimal():
            raise DatasetError(f"step {word!r}: write it NAME:FACTOR, like time-change:6")
        check_name(name)
        pipeline.append(PipelineStep(name, int(factor)))
    return tuple(pipeline)
