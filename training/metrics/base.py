"""What a metric is: the numbers that it gives, and how reports show them."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.music.pianoroll import Rolls, clean

Features = NDArray[np.float64]


class Column(NamedTuple):
    """One number of a metric.

    `key`: its name in results.jsonl, and in a report's tables where `title` is empty.
    `sentence`: what it is, as text; then a report has a sentence with the arms' medians.
    `in_table_1`: a report shows its mean in table 1.
    `beside_tests`: a report shows its median beside p-values, which mean little without it.
    `better`: which values are better; then a report has a table of paired effects.
    """

    key: str
    title: str = ""
    sentence: str = ""
    in_table_1: bool = False
    beside_tests: bool = False
    better: Literal["lower", "higher"] | None = None


class Samples(NamedTuple):
    """Invented bars and the bars to compare them with. Rolls are int8 (n, 48, 64).

    `raw`, `cleaned`: the invented bars before and after the clean-up that a player applies.
    `training`: the bars of the style.
    `trained_on`: the bars that the network saw, which may be augmented.
    `features`, `training_features`, `held_out_features`: of the cleaned, the training and the
    held-out bars; None where a caller has no extractor or no held-out bars.
    `seed`: for random choices among the bars.
    """

    raw: Rolls
    cleaned: Rolls
    training: Rolls
    trained_on: Rolls
    features: Features | None = None
    training_features: Features | None = None
    held_out_features: Features | None = None
    seed: int = 0


class DistanceMetric(NamedTuple):
    """A distance: `measure(samples, reference)` of two sets of features, (n, d) and (m, d)."""

    columns: tuple[Column, ...]
    measure: Callable[[Features, Features], dict[str, float]]


class FigureMetric(NamedTuple):
    """Figures of samples: `measure(samples)`. A figure that cannot be computed is left out."""

    columns: tuple[Column, ...]
    measure: Callable[[Samples], dict[str, float]]


def clean_samples(raw: Rolls, training: Rolls, trained_on: Rolls | None = None) -> Samples:
    """The samples for all metrics, cleaned once. `trained_on`: by default the training bars."""
    return Samples(raw, clean(raw), training, training if trained_on is None else trained_on)


def choose(rows: Any, count: int, seed: int) -> Any:
    """`count` of the rows at random; the same rows for the same seed."""
    return rows[np.random.default_rng(seed).permutation(len(rows))[:count]]
