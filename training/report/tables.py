"""The tables of an experiment: the paper's two, paired effects, distances and figures."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from training.experiment import stats
from training.metrics.base import Column
from training.report.findings import (
    FIGURES,
    REFERENCES,
    Findings,
    columns,
    duplicates_note,
    format_p,
    reference_name,
    values,
    without_duplicates,
)

PAPER_FID = {  # the paper's table 1
    "original": "72.4334 ± 6.44",
    "augmented": "21.7541 ± 12.26",
    "replicated": "39.5702 ± 20.15",
}
GAIN_SIGN = {
    "lower": "negative",
    "higher": "positive",
}  # the sign of a gain, by which value is better


class ReportTable(NamedTuple):
    """A table of a report: caption, header, rows of text."""

    caption: str
    header: list[str]
    rows: list[list[str]]


def make_tables(found: Findings) -> list[ReportTable]:
    """Tables 1 and 2 in the paper's form, and the wider ones."""
    tables = [_table_1(found)]
    for reference in REFERENCES:
        if len(without_duplicates(found).arms) > 2:  # both tests need three arms
            tables.append(_table_2(found, reference))
        distances = columns(found, reference)
        tables += [_effects(found, reference, column) for column in distances if column.better]
        caption = f"Every distance to {reference_name(found, reference)}"
        tables.append(_quartiles(found, reference, distances, caption))
    figures = _quartiles(found, FIGURES, columns(found, FIGURES), "Figures that every run has")
    return [*tables, figures]


def _table_1(found: Findings) -> ReportTable:
    distances = [
        (reference, column)
        for reference in REFERENCES
        for column in columns(found, reference)
        if column.in_table_1
    ]
    figures = [column for column in columns(found, FIGURES) if column.in_table_1]
    rows = []
    for place, arm in enumerate(found.arms):
        first = found.runs[arm][0]
        cells = [arm, str(first["training_bars"]), _steps(first)]
        for reference, column in distances:
            measured = values(found, reference, column.key)[:, place]
            cells.append(f"{measured.mean():.2f} ± {measured.std(ddof=1):.2f}")
        cells += [f"{values(found, FIGURES, each.key)[:, place].mean():.1%}" for each in figures]
        rows.append([*cells, PAPER_FID.get(arm, "")])
    name = found.plan.extractor["name"]
    theirs = "the same features" if name == "inception" else "Inception's features"
    return ReportTable(
        "Table 1. Training results: mean distance and standard deviation. Our distances are of "
        f"{name} features, the paper's of {theirs} of other bars: only the order of the arms can "
        "be compared",
        [
            "Dataset",
            "Size",
            "Steps x batch",
            *(f"{column.title}, {reference_name(found, ref)}" for ref, column in distances),
            *(column.title for column in figures),
            "FID in the paper (Inception, other bars)",
        ],
        rows,
    )


def _steps(run: dict[str, Any]) -> str:
    """Steps and batch; "counted" for a Markov chain, which has no steps."""
    return f"{run['steps']} x {run['batch']}" if "losses" in run else "counted"


def _table_2(found: Findings, reference: str) -> ReportTable:
    ranked = without_duplicates(found)
    table = values(ranked, reference, "fid")
    friedman = stats.friedman(table)
    p = stats.nemenyi(table)
    rows = [
        [
            arm,
            *("1" if i == j else format_p(p[i, j]) for j in range(len(ranked.arms))),
            *_beside(ranked, i),
        ]
        for i, arm in enumerate(ranked.arms)
    ]
    return ReportTable(
        f"Table 2. Nemenyi's p-values (FID, {reference_name(found, reference)}). "
        f"Friedman {friedman.statistic:.1f}, p {format_p(friedman.p)}, Kendall's W "
        f"{friedman.kendall_w:.2f}. The paper has 0.001 for each of its pairs"
        f"{duplicates_note(found)}",
        ["datasets", *ranked.arms, *_beside_titles(found)],
        rows,
    )


def _beside_columns(found: Findings) -> list[Column]:
    return [column for column in columns(found, FIGURES) if column.beside_tests]


def _beside_titles(found: Findings) -> list[str]:
    return [column.title for column in _beside_columns(found)]


def _beside(found: Findings, place: int) -> list[str]:
    """The medians of an arm's figures that stand beside p-values."""
    shares = (values(found, FIGURES, each.key)[:, place] for each in _beside_columns(found))
    return [f"{np.median(share):.1%}" for share in shares]


def _effects(found: Findings, reference: str, column: Column) -> ReportTable:
    table = values(found, reference, column.key)
    pairs = list(combinations(range(len(found.arms)), 2))
    effects = [stats.effect(table[:, i], table[:, j]) for i, j in pairs]
    corrected = stats.holm([effect.p for effect in effects])
    rows = []
    for (i, j), e, p in zip(pairs, effects, corrected, strict=True):
        difference = f"{e.median:+.3f} ({e.low:+.3f} to {e.high:+.3f})"
        both = zip(_beside(found, i), _beside(found, j), strict=True)
        pair = f"{found.arms[i]} - {found.arms[j]}"
        rows.append([pair, difference, f"{e.delta:+.2f}", format_p(p), *map(" / ".join, both)])
    return ReportTable(
        f"Paired effects ({column.title or column.key}, {reference_name(found, reference)}): "
        f"a {GAIN_SIGN[column.better or 'lower']} difference favours the first. Wilcoxon's p are "
        "corrected for all pairs of the table (Holm); those in sentences are for one pair each",
        [
            "Pair",
            "Median difference (bootstrap 95 %)",
            "Rank-biserial",
            "Wilcoxon p (Holm)",
            *_beside_titles(found),
        ],
        rows,
    )


def _quartiles(
    found: Findings, reference: str, shown: Sequence[Column], caption: str
) -> ReportTable:
    rows = []
    for column in shown:
        measured = values(found, reference, column.key)
        low, middle, high = np.quantile(measured, (0.25, 0.5, 0.75), axis=0)
        cells = [f"{m:.3g} [{a:.3g}, {b:.3g}]" for a, m, b in zip(low, middle, high, strict=True)]
        rows.append([column.key, *cells])
    return ReportTable(f"{caption}: median [quartiles]", ["", *found.arms], rows)
