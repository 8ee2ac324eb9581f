"""What experiments show, as sentences that are made from the numbers alone."""

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from training.evaluation.score import HELD_OUT
from training.experiment import stats
from training.experiment.plan import SHARED, Plan
from training.options import Options
from training.report.findings import (
    FIGURES,
    REFERENCES,
    Findings,
    columns,
    format_p,
    reference_name,
    values,
)

PAPER_ORDER = ("augmented", "replicated", "original")
SIGNIFICANT = 0.01


def describe_experiment(found: Findings) -> list[str]:
    """The sentences on one experiment."""
    split = found.plan.split
    lines = [
        (
            f"{len(found.seeds)} paired runs an arm, protocol {found.plan.protocol}, "
            f"{split['training']} training bars and {split['held_out']} held-out bars; "
            "each seed has a split of its own, which all arms share."
        )
    ]
    if found.incomplete_lines:
        lines.append(f"{found.incomplete_lines} lines of results.jsonl are incomplete; skipped.")
    lines += [
        f"{run['arm']} failed on seed {run['seed']} ({run['failed']}); "
        "a seed counts where every arm has it."
        for run in found.failed
        if run["arm"] in found.arms
    ]
    lines += [f"{progress}; too few to pair, so it is left out." for progress in found.left_out]
    for reference in REFERENCES:
        name = reference_name(found, reference)
        table = values(found, reference, "fid")
        lines.append(f"Distance to {name}, medians: {_rank(found, table)}.")
        lines += _paper_order(found, table, name)
    for column in columns(found, FIGURES):
        if column.sentence:
            medians = np.median(values(found, FIGURES, column.key), axis=0)
            shares = ", ".join(
                f"{arm} {share:.1%}" for arm, share in zip(found.arms, medians, strict=True)
            )
            lines.append(f"Read beside the distances, {column.sentence} (median): {shares}.")
    if found.plan.protocol == "fair" and {"original", "replicated"} <= set(found.arms):
        lines.append(_replication(found))
    return lines


def compare_protocols(all_found: Sequence[Findings]) -> list[str]:
    """The sentences that compare the same arms under the paper's and the fair protocol.

    Two experiments must differ in the protocol alone. If there are no such two, the sentences say
    in what else they differ.
    """
    complete = [found for found in all_found if set(PAPER_ORDER) <= set(found.arms)]
    pairs = [
        (paper, fair)
        for paper, fair in product(complete, complete)
        if (paper.plan.protocol, fair.plan.protocol) == ("paper", "fair")
    ]
    for paper, fair in pairs:
        if not _differences(paper.plan, fair.plan):
            return _compare_pair(paper, fair)
    return [
        f"{paper.folder.resolve().name} and {fair.folder.resolve().name} are not compared: "
        f"they have other {', '.join(_differences(paper.plan, fair.plan))}."
        for paper, fair in pairs
    ]


def _differences(paper: Plan, fair: Plan) -> list[str]:
    """What differs between two plans besides what the protocols require."""
    return [name for name in SHARED if getattr(paper, name) != getattr(fair, name)]


def _compare_pair(paper: Findings, fair: Findings) -> list[str]:
    lines = []
    for found, reference, how in (
        (
            paper,
            "training",
            "As published (each arm with its own steps, scored on its own data)",
        ),
        (paper, HELD_OUT, "The same runs, scored on bars that no arm was trained on"),
        (fair, HELD_OUT, "With equal steps and batches, scored on those bars"),
    ):
        order = _rank(found, values(found, reference, "fid"), PAPER_ORDER)
        lines.append(f"{how}: {order}.")
    lines.append(
        "Where the first two orders differ, the reference is the reason. Between the second and "
        f"the third the same arms differ in {_differing_options(paper.plan, fair.plan)}; "
        "these runs cannot tell which of them is the reason."
    )
    return lines


def _differing_options(paper: Plan, fair: Plan) -> str:
    """The options in which arms of the same name differ between two plans, as text."""
    options = [name for name in Options.__struct_fields__ if name != "seed"]
    differing = [
        name.replace("_", " ")
        for name in options
        if any(
            getattr(paper.arms[arm], name) != getattr(fair.arms[arm], name) for arm in PAPER_ORDER
        )
    ]
    return ", ".join(differing) or "no options"


def _rank(found: Findings, table: NDArray[np.float64], arms: Sequence[str] = ()) -> str:
    """The arms (all by default) by their medians, nearest first; equal where they print alike."""
    medians = np.median(table, axis=0)
    order = [i for i in np.argsort(medians, kind="stable") if not arms or found.arms[i] in arms]
    text, before = "", ""
    for i in order:
        value = f"{medians[i]:.2f}"
        text += (" = " if value == before else " < ") if text else ""
        text += f"{found.arms[i]} {value}"
        before = value
    return text


def _replication(found: Findings) -> str:
    """Why Original and Replicated agree: copies change nothing where batches are random draws."""
    pair = [found.arms.index(arm) for arm in ("original", "replicated")]
    gaps = np.ptp(values(found, HELD_OUT, "fid")[:, pair], axis=1)
    same = int((gaps == 0).sum())
    return (
        "Batches are drawn with replacement, so with equal steps Original and Replicated are the "
        f"same training under two names; {same} of {len(gaps)} pairs are identical to the last "
        "digit. The paper's Replicated arm trains for more steps in larger batches than its "
        "Original, so its gain need not come from the copies."
    )


def _paper_order(found: Findings, table: NDArray[np.float64], reference: str) -> list[str]:
    """Whether the paper's order of the arms appears; nothing where an arm is missing."""
    if not set(PAPER_ORDER) <= set(found.arms):
        return []
    column = {arm: table[:, found.arms.index(arm)] for arm in PAPER_ORDER}
    medians = [float(np.median(column[arm])) for arm in PAPER_ORDER]
    tests = [
        (a, b, stats.effect(column[a], column[b]))
        for a, b in (PAPER_ORDER[:2], PAPER_ORDER[1:], (PAPER_ORDER[0], PAPER_ORDER[2]))
    ]
    clear = all(e.median < 0 and e.p < SIGNIFICANT for _, _, e in tests)
    if clear:
        verdict = "appears, every pair at p < 0.01"
    elif all(nearer < farther for nearer, farther in pairwise(medians)):
        verdict = "appears in the medians, but not every pair is clear"
    else:
        verdict = "does not appear"
    pairs = "; ".join(f"{a} - {b}: {e.median:+.2f}, p {format_p(e.p)}" for a, b, e in tests)
    return [
        (
            f"The paper's order (augmented < replicated < original) {verdict} against {reference} "
            f"({pairs})."
        )
    ]
