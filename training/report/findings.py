"""What an experiment's runs say: its pairs, tests and plain sentences."""

from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.errors import RunFolderError
from training.experiment import stats
from training.experiment.plan import COMMON, Plan, read_plan
from training.experiment.runs import failures, lines, pending, results
from training.options import Options

PAPER_ORDER = ("augmented", "replicated", "original")
REFERENCES = ("held_out", "training")
SIGNIFICANT = 0.01
BESIDE = {
    "copies": "near-copies of training bars",
    "unplayable_raw": "bars that nobody could play, before they are cleaned",
    "onsets_in_style": "onsets where training bars have theirs",
    "leaps": "moves wider than an octave",
}


class Findings(NamedTuple):
    """One experiment: its plan, and its runs by arm (every arm has the same seeds, in order).

    `arms`: those that have seeds in common. `left_out`: how the others stand, in words. `passed_over`: lines of
    results.jsonl that are no whole runs. `failed`: the runs whose training lost itself; a seed counts where
    every arm has it.
    """

    folder: Path
    plan: Plan
    arms: list[str]
    seeds: list[int]
    runs: dict[str, list[dict[str, Any]]]
    passed_over: int
    failed: list[dict[str, Any]]
    left_out: list[str]


def read(folder: Path) -> Findings:
    """The paired runs in a folder, without the arms that have too few to pair.

    RunFolderError where no two arms have two seeds in common.
    """
    plan = read_plan(folder)
    finished, failed = results(folder), failures(folder)
    by_task = {(line["arm"], line["seed"]): line for line in finished}
    done = {arm: {seed for seed in range(plan.runs) if (arm, seed) in by_task} for arm in plan.arms}
    standing = {arm: _standing(arm, len(done[arm]), plan.runs, failed) for arm in plan.arms}
    arms, seeds = _paired(done)
    if len(seeds) < 2 or len(arms) < 2:
        mend = "go on with" if pending(folder, plan) else "give more --runs or another --arm to"
        raise RunFolderError(
            f"{folder}: a report needs two arms that have two seeds in common, and "
            f"{', '.join(standing.values())}; {mend} training experiment -o {folder}"
        )
    runs = {arm: [by_task[arm, s] for s in seeds] for arm in arms}
    left_out = [words for arm, words in standing.items() if arm not in arms]
    passed_over = lines(folder) - len(finished) - len(failed)
    return Findings(folder, plan, arms, seeds, runs, passed_over, failed, left_out)


def _paired(done: Mapping[str, set[int]]) -> tuple[list[str], list[int]]:
    """The arms and the seeds that all of them have done: at least two of each, where there are.

    As long as there are fewer seeds, the arm with the fewest is given up, of several the last.
    """
    arms = list(done)
    while len(shared := set[int].intersection(*(done[arm] for arm in arms))) < 2 < len(arms):
        arms.remove(min(reversed(arms), key=lambda arm: len(done[arm])))
    return arms, sorted(shared)


def _standing(arm: str, done: int, runs: int, failed: Sequence[dict[str, Any]]) -> str:
    """How far an arm has come, in words, and why no farther where runs of it failed."""
    reasons = [run["failed"] for run in failed if run["arm"] == arm]
    why = f", {len(reasons)} failed ({reasons[0]})" if reasons else ""
    return f"{arm} has finished {done} of {runs} runs{why}"


def named(found: Findings, reference: str) -> str:
    """What a reference is, in words: the paper scores each arm against the data it was trained on."""
    if reference == "held_out":
        return "held-out bars"
    return "each arm's own data" if found.plan.protocol == "paper" else "training bars"


def values(found: Findings, reference: str, measure: str) -> NDArray[np.float64]:
    """A measure of every run, (runs, arms); `reference` "figures" for those that have none."""
    if reference == "figures":
        table = [[run["figures"][measure] for run in found.runs[arm]] for arm in found.arms]
    else:
        table = [
            [run["references"][reference][measure] for run in found.runs[arm]] for arm in found.arms
        ]
    return np.array(table, np.float64).T


def _twins(found: Findings) -> dict[str, str]:
    """By arm, an earlier one as which it came out in every run: the same training under another name."""
    scored = {arm: [run["references"] for run in found.runs[arm]] for arm in found.arms}
    twins: dict[str, str] = {}
    for place, arm in enumerate(found.arms):
        for earlier in found.arms[:place]:
            if scored[earlier] == scored[arm]:
                twins.setdefault(arm, earlier)
    return twins


def ranked(found: Findings) -> Findings:
    """The experiment with the arms that ranks are taken of: one training that is ranked under two names would
    change what is said of all the others.
    """
    twins = _twins(found)
    return found._replace(arms=[arm for arm in found.arms if arm not in twins])


def unranked(found: Findings) -> str:
    """The end of a caption: which arms ranks are taken without, and why."""
    return "".join(
        f". Without {arm}, which came out as {earlier} in every run"
        for arm, earlier in _twins(found).items()
    )


def sentences(found: Findings) -> list[str]:
    """What came out, in words made from the numbers alone."""
    said = [
        (
            f"{len(found.seeds)} paired runs an arm, protocol {found.plan.protocol}, "
            f"{found.plan.split['training']} bars to train on and {found.plan.split['held_out']} held out, "
            "drawn anew for every seed and alike for every arm."
        )
    ]
    if found.passed_over:
        said.append(f"{found.passed_over} lines of results.jsonl are no whole runs; passed over.")
    said += [
        f"{run['arm']} failed on seed {run['seed']} ({run['failed']}); a seed counts where every arm has it."
        for run in found.failed
        if run["arm"] in found.arms
    ]
    said += [f"{standing}; too few to pair, so it is left out." for standing in found.left_out]
    for reference in REFERENCES:
        words = named(found, reference)
        table = values(found, reference, "fid")
        said.append(f"Distance to {words}, medians: {_ranked(found, table)}.")
        said += _on_the_papers_order(found, table, words)
    shared = in_every_run(found)
    for figure, words in BESIDE.items():
        if figure not in shared:
            continue
        column = np.median(values(found, "figures", figure), axis=0)
        shares = ", ".join(
            f"{arm} {share:.1%}" for arm, share in zip(found.arms, column, strict=True)
        )
        said.append(f"Read beside the distances, {words} (median): {shares}.")
    if found.plan.protocol == "fair" and {"original", "replicated"} <= set(found.arms):
        said.append(_on_replication(found))
    return said


def compared(all_found: Sequence[Findings]) -> list[str]:
    """What the same arms say when they are run the paper's way and the fair way, side by side.

    That needs two experiments that share all but the protocol; where there are none, what they differ in.
    """
    able = [found for found in all_found if set(PAPER_ORDER) <= set(found.arms)]
    pairs = [
        (paper, fair)
        for paper, fair in product(able, able)
        if (paper.plan.protocol, fair.plan.protocol) == ("paper", "fair")
    ]
    for paper, fair in pairs:
        if not _apart(paper.plan, fair.plan):
            return _side_by_side(paper, fair)
    return [
        f"{paper.folder.resolve().name} and {fair.folder.resolve().name} are not held side by side: "
        f"they have other {', '.join(_apart(paper.plan, fair.plan))}."
        for paper, fair in pairs
    ]


def _apart(paper: Plan, fair: Plan) -> list[str]:
    """In what two experiments differ that no protocol asks for."""
    return [name for name in COMMON if getattr(paper, name) != getattr(fair, name)]


def _side_by_side(paper: Findings, fair: Findings) -> list[str]:
    said = []
    for found, reference, how in (
        (paper, "training", "As published (each arm its own steps, scored on its own data)"),
        (paper, "held_out", "The same runs scored on bars that no arm was trained on"),
        (fair, "held_out", "With equal steps and batches, scored on those bars"),
    ):
        said.append(f"{how}: {_ranked(found, values(found, reference, 'fid'), PAPER_ORDER)}.")
    said.append(
        "Where the first two orders differ, the reference alone decides. From the second to the third "
        f"differ, in the same arms, {_differing(paper.plan, fair.plan)}; which of these decides, "
        "nothing here can tell."
    )
    return said


def _differing(paper: Plan, fair: Plan) -> str:
    """The options in which arms of one name differ between two plans, in words."""
    options = [name for name in Options.__struct_fields__ if name != "seed"]
    found = [
        name.replace("_", " ")
        for name in options
        if any(
            getattr(paper.arms[arm], name) != getattr(fair.arms[arm], name) for arm in PAPER_ORDER
        )
    ]
    return ", ".join(found) or "no options"


def _ranked(found: Findings, table: NDArray[np.float64], of: Sequence[str] = ()) -> str:
    """The arms by their medians, nearest first; those that print alike are called equal."""
    medians = np.median(table, axis=0)
    order = [i for i in np.argsort(medians, kind="stable") if not of or found.arms[i] in of]
    said, before = "", ""
    for i in order:
        value = f"{medians[i]:.2f}"
        said += (" = " if value == before else " < ") if said else ""
        said += f"{found.arms[i]} {value}"
        before = value
    return said


def _on_replication(found: Findings) -> str:
    """With batches drawn with replacement, copies of the data change nothing but the draw."""
    pair = [found.arms.index(arm) for arm in ("original", "replicated")]
    gaps = np.ptp(values(found, "held_out", "fid")[:, pair], axis=1)
    same = int((gaps == 0).sum())
    return (
        "Batches are drawn with replacement, so with equal steps Original and Replicated are the same "
        f"training under another name; {same} of {len(gaps)} pairs came out identical to the last "
        "digit. The paper's Replicated arm is trained in more steps of bigger batches than its Original, so "
        "what it gains there need not come from the copies."
    )


def _on_the_papers_order(found: Findings, table: NDArray[np.float64], words: str) -> list[str]:
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
    pairs = "; ".join(f"{a} - {b}: {e.median:+.2f}, p {spell_p(e.p)}" for a, b, e in tests)
    return [
        f"The paper's order (augmented < replicated < original) {verdict} against {words} ({pairs})."
    ]


def in_every_run(found: Findings) -> list[str]:
    """The names of the figures that no run lacks: one may be older than a figure, or have been trained on bars
    that are all alike in it.
    """
    first, *others = (run["figures"] for runs in found.runs.values() for run in runs)
    return [name for name in first if all(name in figures for figures in others)]


def spell_p(p: float) -> str:
    """A p-value as it is printed."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
