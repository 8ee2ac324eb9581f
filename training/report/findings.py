"""The finished runs of an experiment, paired by seed, and their values for tables and plots."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.errors import RunFolderError
from training.evaluation.score import HELD_OUT
from training.experiment.plan import Plan, read_plan
from training.experiment.runs import count_lines, pending_tasks, read_failures, read_results
from training.metrics.base import Column
from training.metrics.registry import distance_columns, figure_columns

REFERENCES = (HELD_OUT, "training")
FIGURES = "figures"  # in the place of a reference: figures have none


class Findings(NamedTuple):
    """One experiment: its plan, and its runs by arm. Every arm has the same seeds, in order.

    `arms`: those that share seeds.
    `left_out`: a text on each other arm: how many runs it has, and why not more.
    `incomplete_lines`: how many lines of results.jsonl are no complete runs.
    `failed`: the runs whose training diverged. A seed counts where every arm has it.
    """

    folder: Path
    plan: Plan
    arms: list[str]
    seeds: list[int]
    runs: dict[str, list[dict[str, Any]]]
    incomplete_lines: int
    failed: list[dict[str, Any]]
    left_out: list[str]


def read_findings(folder: Path) -> Findings:
    """The paired runs of the experiment in a folder, without arms that have too few of them.

    RunFolderError when no two arms share two seeds.
    """
    plan = read_plan(folder)
    finished, failed = read_results(folder), read_failures(folder)
    by_task = {(line["arm"], line["seed"]): line for line in finished}
    done = {arm: {seed for seed in range(plan.runs) if (arm, seed) in by_task} for arm in plan.arms}
    progress = {arm: _progress(arm, len(done[arm]), plan.runs, failed) for arm in plan.arms}
    arms, seeds = _paired(done)
    if len(seeds) < 2 or len(arms) < 2:
        pending = pending_tasks(folder, plan)
        advice = "continue with" if pending else "give more --runs or another --arm to"
        raise RunFolderError(
            f"{folder}: a report needs two arms that share two seeds, and "
            f"{', '.join(progress.values())}; {advice} training experiment -o {folder}"
        )
    return Findings(
        folder=folder,
        plan=plan,
        arms=arms,
        seeds=seeds,
        runs={arm: [by_task[arm, seed] for seed in seeds] for arm in arms},
        incomplete_lines=count_lines(folder) - len(finished) - len(failed),
        failed=failed,
        left_out=[text for arm, text in progress.items() if arm not in arms],
    )


def _paired(done: Mapping[str, set[int]]) -> tuple[list[str], list[int]]:
    """The arms and the seeds that all of them have: at least two of each, if there are.

    While the arms share fewer than two seeds, the arm with the fewest seeds is dropped; of several
    the last.
    """
    arms = list(done)
    while len(shared := set[int].intersection(*(done[arm] for arm in arms))) < 2 < len(arms):
        arms.remove(min(reversed(arms), key=lambda arm: len(done[arm])))
    return arms, sorted(shared)


def _progress(arm: str, done: int, runs: int, failed: Sequence[dict[str, Any]]) -> str:
    """How many runs of an arm are finished, and how many failed and why, as text."""
    reasons = [run["failed"] for run in failed if run["arm"] == arm]
    failures = f", {len(reasons)} failed ({reasons[0]})" if reasons else ""
    return f"{arm} has finished {done} of {runs} runs{failures}"


def reference_name(found: Findings, reference: str) -> str:
    """The name of a reference in a report; the paper scores each arm against its own data."""
    if reference == HELD_OUT:
        return "held-out bars"
    return "each arm's own data" if found.plan.protocol == "paper" else "training bars"


def columns(found: Findings, reference: str) -> list[Column]:
    """The columns of the metrics, in the order of the registry, that every run has.

    A run may be older than a metric, or lack a figure that its bars do not allow.
    `reference`: one of REFERENCES, or FIGURES.
    """
    registered = figure_columns() if reference == FIGURES else distance_columns()
    measured = [_measured(run, reference) for runs in found.runs.values() for run in runs]
    return [column for column in registered if all(column.key in each for each in measured)]


def values(found: Findings, reference: str, key: str) -> NDArray[np.float64]:
    """The values of a column, (runs, arms). `reference`: one of REFERENCES, or FIGURES."""
    table = [[_measured(run, reference)[key] for run in found.runs[arm]] for arm in found.arms]
    return np.array(table, np.float64).T


def _measured(run: dict[str, Any], reference: str) -> dict[str, float]:
    measured: dict[str, float] = (
        run["figures"] if reference == FIGURES else run["references"][reference]
    )
    return measured


def duplicates(found: Findings) -> dict[str, str]:
    """By arm, an earlier arm with the same results in every run: the same training twice."""
    scored = {arm: [run["references"] for run in found.runs[arm]] for arm in found.arms}
    found_twice: dict[str, str] = {}
    for place, arm in enumerate(found.arms):
        for earlier in found.arms[:place]:
            if scored[earlier] == scored[arm]:
                found_twice.setdefault(arm, earlier)
    return found_twice


def without_duplicates(found: Findings) -> Findings:
    """The experiment with only the arms that are ranked.

    A training that is ranked under two names would change the ranks of all others.
    """
    twice = duplicates(found)
    return found._replace(arms=[arm for arm in found.arms if arm not in twice])


def duplicates_note(found: Findings) -> str:
    """The end of a caption: which arms are not ranked, and why; empty when all are."""
    return "".join(
        f". Without {arm}, which gave the same as {earlier} in every run"
        for arm, earlier in duplicates(found).items()
    )


def format_p(p: float) -> str:
    """A p-value as text."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
