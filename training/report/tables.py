"""An experiment's runs in tables: the paper's two, effects, distances and figures."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from training.experiment import stats
from training.report.findings import (
    REFERENCES,
    Findings,
    in_every_run,
    named,
    ranked,
    spell_p,
    unranked,
    values,
)

PAPER_FID = {  # the paper's table 1
    "original": "72.4334 ± 6.44",
    "augmented": "21.7541 ± 12.26",
    "replicated": "39.5702 ± 20.15",
}
PAIRED = {"fid": ("FID", "negative"), "coverage": ("coverage", "positive")}  # and what a gain is
HONEST, HONESTY = ("copies", "unplayable_raw"), ("Near-copies", "Unplayable, raw")


class Table(NamedTuple):
    """A table of a page: caption, header, rows of text."""

    caption: str
    header: list[str]
    rows: list[list[str]]


def tables(found: Findings) -> list[Table]:
    """Tables 1 and 2 in the paper's form, and the wider ones."""
    made = [_table_1(found)]
    for reference in REFERENCES:
        if len(ranked(found).arms) > 2:  # Friedman's test and Nemenyi's compare three at least
            made.append(_table_2(found, reference))
        made += [
            *(_effects(found, reference, measure) for measure in PAIRED),
            _distances(found, reference),
        ]
    return [*made, _figures(found)]


def _table_1(found: Findings) -> Table:
    header = ["Dataset", "Size", "Steps x batch"]
    header += [f"FID, {named(found, reference)}" for reference in REFERENCES]
    header += ["Near-copies", "Unplayable, raw", "Unplayable, cleaned"]
    header += ["FID in the paper (Inception, other bars)"]
    rows = []
    for place, arm in enumerate(found.arms):
        first = found.runs[arm][0]
        cells = [arm, str(first["training_bars"]), _steps(first)]
        for reference in REFERENCES:
            fid = values(found, reference, "fid")[:, place]
            cells.append(f"{fid.mean():.2f} ± {fid.std(ddof=1):.2f}")
        cells += [
            f"{values(found, 'figures', figure)[:, place].mean():.1%}"
            for figure in ("copies", "unplayable_raw", "unplayable_cleaned")
        ]
        rows.append([*cells, PAPER_FID.get(arm, "")])
    name = found.plan.extractor["name"]
    scale = "the same features of other bars" if name == "inception" else "Inception's features"
    return Table(
        "Table 1. Training results: mean distance and standard deviation. Ours are distances of "
        f"{name} features, the paper's of {scale}: they do not compare, only the order of the arms does",
        header,
        rows,
    )


def _steps(run: dict[str, Any]) -> str:
    """Steps and batch, or that nothing was trained by steps."""
    return f"{run['steps']} x {run['batch']}" if "losses" in run else "counted"


def _table_2(found: Findings, reference: str) -> Table:
    apart = ranked(found)
    table = values(apart, reference, "fid")
    caption = f"Table 2. Nemenyi's p-values (FID, {named(found, reference)})"
    whole = stats.friedman(table)
    p = stats.nemenyi(table)
    rows = [
        [
            arm,
            *("1" if i == j else spell_p(p[i, j]) for j in range(len(apart.arms))),
            *_honesty(apart, i),
        ]
        for i, arm in enumerate(apart.arms)
    ]
    return Table(
        f"{caption}. Friedman {whole.statistic:.1f}, p {spell_p(whole.p)}, Kendall's W "
        f"{whole.kendall_w:.2f}. The paper has 0.001 for each of its pairs{unranked(found)}",
        ["datasets", *apart.arms, *HONESTY],
        rows,
    )


def _honesty(found: Findings, place: int) -> tuple[str, ...]:
    """Copy rate and playability of an arm, medians: a distance means nothing without them."""
    shares = (values(found, "figures", figure)[:, place] for figure in HONEST)
    return tuple(f"{np.median(share):.1%}" for share in shares)


def _effects(found: Findings, reference: str, measure: str) -> Table:
    table = values(found, reference, measure)
    name, gain = PAIRED[measure]
    pairs = list(combinations(range(len(found.arms)), 2))
    effects = [stats.effect(table[:, i], table[:, j]) for i, j in pairs]
    rows = []
    for (i, j), e, p in zip(pairs, effects, stats.holm([e.p for e in effects]), strict=True):
        between = f"{e.median:+.3f} ({e.low:+.3f} to {e.high:+.3f})"
        beside = (
            " / ".join(both) for both in zip(_honesty(found, i), _honesty(found, j), strict=True)
        )
        pair = f"{found.arms[i]} - {found.arms[j]}"
        rows.append([pair, between, f"{e.delta:+.2f}", spell_p(p), *beside])
    return Table(
        f"Paired effects ({name}, {named(found, reference)}): a {gain} difference favours the first. "
        f"Wilcoxon's p are corrected for all pairs of the table (Holm); those in sentences stand for one pair each",
        [
            "Pair",
            "Median difference (bootstrap 95 %)",
            "Rank-biserial",
            "Wilcoxon p (Holm)",
            *HONESTY,
        ],
        rows,
    )


def _distances(found: Findings, reference: str) -> Table:
    names = ("fid", "kid", "precision", "recall", "density", "coverage", "floor")
    return _quartiles(found, reference, names, f"Every distance to {named(found, reference)}")


def _figures(found: Findings) -> Table:
    return _quartiles(found, "figures", in_every_run(found), "Musical figures that every run has")


def _quartiles(found: Findings, reference: str, names: Sequence[str], caption: str) -> Table:
    rows = []
    for name in names:
        low, middle, high = np.quantile(values(found, reference, name), (0.25, 0.5, 0.75), axis=0)
        cells = [f"{m:.3g} [{a:.3g}, {b:.3g}]" for a, m, b in zip(low, middle, high, strict=True)]
        rows.append([name, *cells])
    return Table(f"{caption}: median [quartiles]", ["", *found.arms], rows)
