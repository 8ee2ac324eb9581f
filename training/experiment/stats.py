"""The paper's statistics (section 3.2) and sizes of effects, on tables (runs, arms).

A row has the values of all arms for one seed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.errors import DatasetError

RunTable = NDArray[np.float64]
RESAMPLES = 5000


class Friedman(NamedTuple):
    """Chi-square, its p-value, and Kendall's W: 0 for random ranks, 1 where all runs agree."""

    statistic: float
    p: float
    kendall_w: float


class Effect(NamedTuple):
    """The difference between two arms over paired runs.

    `delta`: rank-biserial correlation of the pairs, from -1 (always lower) to 1.
    `median`: of the differences, with its bootstrap 95 % interval `low` to `high`.
    `p`: of Wilcoxon's signed-rank test.
    """

    delta: float
    median: float
    low: float
    high: float
    p: float


def friedman(table: RunTable) -> Friedman:
    """Friedman's test (1937); DatasetError for fewer than three arms or two runs."""
    from scipy.stats import friedmanchisquare  # noqa: PLC0415 - half a second

    _check_size(table)
    runs, arms = table.shape
    if (np.ptp(table, axis=1) == 0).all():
        return Friedman(0.0, 1.0, 0.0)  # all arms tie in every run, and scipy gives NaN
    answer = friedmanchisquare(*table.T)
    return Friedman(
        float(answer.statistic), float(answer.pvalue), float(answer.statistic / (runs * (arms - 1)))
    )


def nemenyi(table: RunTable) -> RunTable:
    """The p-values (arms, arms) of Nemenyi's test (1963) after Friedman's."""
    from scikit_posthocs import posthoc_nemenyi_friedman  # noqa: PLC0415 - seconds

    _check_size(table)
    return np.asarray(posthoc_nemenyi_friedman(table), np.float64)


def mean_ranks(table: RunTable) -> RunTable:
    """Each arm's mean rank (arms,) over the runs, 1 for the lowest value."""
    from scipy.stats import rankdata  # noqa: PLC0415

    return np.asarray(rankdata(table, axis=1).mean(axis=0), np.float64)


def critical_difference(arms: int, runs: int, alpha: float = 0.05) -> float:
    """The smallest difference of mean ranks at which two arms differ (Demsar, 2006)."""
    from scipy.stats import studentized_range  # noqa: PLC0415

    q = studentized_range.ppf(1 - alpha, arms, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(arms * (arms + 1) / (6 * runs)))


def effect(a: RunTable, b: RunTable, seed: int = 0) -> Effect:
    """The effect of values `a` (runs,) against paired values `b` (runs,)."""
    from scipy.stats import rankdata, wilcoxon  # noqa: PLC0415

    gaps = np.asarray(a - b, np.float64)
    if len(gaps) < 2:
        raise DatasetError("an effect needs two paired runs; raise --runs")
    ranks = rankdata(np.abs(gaps[gaps != 0]))
    signs = np.sign(gaps[gaps != 0])
    delta = float((ranks * signs).sum() / ranks.sum()) if len(ranks) else 0.0
    rng = np.random.default_rng(seed)
    medians = np.median(gaps[rng.integers(0, len(gaps), (RESAMPLES, len(gaps)))], axis=1)
    low, high = np.quantile(medians, (0.025, 0.975))
    p = float(wilcoxon(gaps).pvalue) if len(ranks) else 1.0
    return Effect(delta, float(np.median(gaps)), float(low), float(high), p)


def holm(p: Sequence[float]) -> RunTable:
    """The p-values of several tests, corrected for their number (Holm, 1979).

    The lowest is multiplied by their number, the next by one fewer, and none is lower than the one
    before. So the probability of any false positive below a level is below that level.
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values)
    corrected = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    return np.asarray(np.minimum(corrected, 1.0)[np.argsort(order)])


def _check_size(table: RunTable) -> None:
    runs, arms = table.shape
    if arms < 3 or runs < 2:
        raise DatasetError(
            f"Friedman's test needs three arms and two paired runs, here are {arms} and {runs}; "
            "add arms with --arm or runs with --runs"
        )
