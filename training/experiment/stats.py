"""The paper's statistics (section 3.2) on a table (runs, arms), a row a paired seed; and how big effects are."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.errors import DatasetError

Table = NDArray[np.float64]
RESAMPLES = 5000


class Friedman(NamedTuple):
    """Chi-square, its p-value, and Kendall's W (0: runs rank the arms at random, 1: all alike)."""

    statistic: float
    p: float
    kendall_w: float


class Effect(NamedTuple):
    """How one arm differs from another over paired runs.

    `delta`: rank-biserial correlation of the pairs, -1 (always lower) to 1. `median`: of the
    differences, with a bootstrap 95 % interval `low` to `high`. `p`: Wilcoxon's signed-rank test.
    """

    delta: float
    median: float
    low: float
    high: float
    p: float


def friedman(table: Table) -> Friedman:
    """Friedman's test (1937) over at least three arms and two runs."""
    from scipy.stats import friedmanchisquare  # noqa: PLC0415 - half a second

    _enough(table)
    runs, arms = table.shape
    if (np.ptp(table, axis=1) == 0).all():
        return Friedman(0.0, 1.0, 0.0)  # every run ties every arm, for which scipy has no number
    answer = friedmanchisquare(*table.T)
    return Friedman(
        float(answer.statistic), float(answer.pvalue), float(answer.statistic / (runs * (arms - 1)))
    )


def nemenyi(table: Table) -> Table:
    """The p-values (arms, arms) of Nemenyi's test (1963) after Friedman's."""
    from scikit_posthocs import posthoc_nemenyi_friedman  # noqa: PLC0415 - seconds

    _enough(table)
    return np.asarray(posthoc_nemenyi_friedman(table), np.float64)


def mean_ranks(table: Table) -> Table:
    """Each arm's mean rank (arms,) over the runs, 1 for the lowest value."""
    from scipy.stats import rankdata  # noqa: PLC0415

    return np.asarray(rankdata(table, axis=1).mean(axis=0), np.float64)


def critical_difference(arms: int, runs: int, alpha: float = 0.05) -> float:
    """The difference of mean ranks beyond which two arms differ (Demsar, 2006)."""
    from scipy.stats import studentized_range  # noqa: PLC0415

    q = studentized_range.ppf(1 - alpha, arms, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(arms * (arms + 1) / (6 * runs)))


def effect(a: Table, b: Table, seed: int = 0) -> Effect:
    """How values `a` (runs,) differ from `b` (runs,), paired."""
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


def holm(p: Sequence[float]) -> Table:
    """The p-values of a family of tests, raised so that the chance of a false one among all that are below a level
    is below that level (Holm, 1979): the lowest times their number, the next times one fewer, and none
    lower than the one before.
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values)
    raised = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    return np.asarray(np.minimum(raised, 1.0)[np.argsort(order)])


def _enough(table: Table) -> None:
    runs, arms = table.shape
    if arms < 3 or runs < 2:
        raise DatasetError(
            f"Friedman's test needs three arms and two paired runs, here are {arms} and {runs}; add "
            "arms with --arm or runs with --runs"
        )
