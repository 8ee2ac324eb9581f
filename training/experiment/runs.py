"""The runs of an experiment (paper, section 6): each is trained, scored, added to results.jsonl.

A run depends on nothing but its arm, its seed and the bars. So it may run on any core or machine,
and a stop loses only the runs in progress.
"""

import contextlib
import io
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from perform import atomic_file
from perform.errors import FeatureError, SidemanError
from perform.music.pianoroll import Rolls, threshold
from training import folders
from training.augment.pipeline import augment
from training.data import dataset
from training.evaluation.score import HELD_OUT, score
from training.experiment.plan import Plan, open_experiment, split_bars
from training.features.base import Extractor
from training.features.registry import open_extractor
from training.model import markov
from training.options import Options
from training.pretrained.weights import weights_digest
from training.train.run_folder import METRICS

RESULTS, SAMPLES = "results.jsonl", "samples"
KEPT_SAMPLES = 16
MOST_LOSSES = 2500
RUN_KEYS = {"arm", "seed", "references", "figures"}  # every line of a finished run has these
FAILURE_KEYS = {"arm", "seed", "failed"}  # and every line of a failed run these


class Task(NamedTuple):
    """One run to do: an arm and a seed."""

    arm: str
    seed: int


class Outcome(NamedTuple):
    """The outcome of a run: its line in results.jsonl, and 16 of its raw bars.

    A failed run has no bars.
    """

    line: dict[str, Any]
    samples: Rolls


Runner = Callable[[Sequence[Task], Plan, dataset.Dataset], Iterator[Outcome]]


def read_results(folder: Path) -> list[dict[str, Any]]:
    """The finished runs of an experiment, in the order of results.jsonl.

    Incomplete lines are skipped, and so is a second line for the same run: a user may have joined
    the files of two machines.
    """
    return _read_lines(folder, RUN_KEYS)


def read_failures(folder: Path) -> list[dict[str, Any]]:
    """The failed runs, each with its reason as `failed`. They are not tried again."""
    return _read_lines(folder, FAILURE_KEYS)


def _read_lines(folder: Path, keys: set[str]) -> list[dict[str, Any]]:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    with contextlib.suppress(FileNotFoundError):
        for text in (folder / RESULTS).read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):
                line = json.loads(text)
                if isinstance(line, dict) and line.keys() >= keys:
                    found.setdefault((line["arm"], line["seed"]), line)
    return list(found.values())


def count_lines(folder: Path) -> int:
    """How many lines results.jsonl has, complete or not."""
    with contextlib.suppress(FileNotFoundError):
        text = (folder / RESULTS).read_text(encoding="utf-8")
        return sum(1 for line in text.splitlines() if line.strip())
    return 0


def pending_tasks(folder: Path, plan: Plan) -> list[Task]:
    """The runs that are still to do, seed by seed, so that pairs are complete early."""
    done = {(line["arm"], line["seed"]) for line in read_results(folder) + read_failures(folder)}
    return [
        Task(arm, seed) for seed in range(plan.runs) for arm in plan.arms if (arm, seed) not in done
    ]


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """Write a run's bars, and append its line to results.jsonl, which is flushed to disk."""
    line = outcome.line
    if len(outcome.samples):
        packed = io.BytesIO()
        np.savez_compressed(packed, rolls=outcome.samples)
        atomic_file.write(folder / SAMPLES / f"{line['arm']}-{line['seed']}.npz", packed.getvalue())
    path = folder / RESULTS
    torn = path.exists() and not path.read_bytes().endswith(b"\n")
    with atomic_file.name_errors(path), path.open("a", encoding="utf-8") as file:
        file.write(("\n" if torn else "") + json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def run_task(
    task: Task, plan: Plan, bars: dataset.Dataset, extractor: Extractor | None = None
) -> Outcome:
    """The outcome of one run, from split to scores. Only its `seconds` differ between two calls.

    DivergenceError when the training diverges.
    """
    begun = time.monotonic()
    options = msgspec.structs.replace(plan.arms[task.arm], seed=task.seed)
    _check_weights(options.pretrained, plan)
    training, held_out = split_bars(bars, plan.split["held_out"], task.seed)
    rolls = bars.rolls[training]
    raw, more = train_and_sample(options, dataset.select(bars, training), plan.samples)
    trained_on = augment(rolls, options.augment, options.seed)
    scores = score(
        raw,
        {
            "training": trained_on if plan.protocol == "paper" else rolls,
            HELD_OUT: bars.rolls[held_out],
        },
        training=rolls,
        extractor=extractor or _extractor(plan),
        limit=plan.most,
        seed=task.seed,
        trained_on=trained_on,
    )
    return Outcome(
        {
            "arm": task.arm,
            "seed": task.seed,
            "steps": options.steps,
            "batch": options.batch,
            "training_bars": len(trained_on),
            "seconds": round(time.monotonic() - begun, 2),
            **msgspec.to_builtins(scores),
            **more,
        },
        raw[:KEPT_SAMPLES],
    )


def _extractor(plan: Plan) -> Extractor:
    """The extractor of a plan; FeatureError when its weights here have another digest."""
    extractor = open_extractor(plan.extractor["name"], Path(plan.weights) if plan.weights else None)
    if extractor.digest != plan.extractor["sha256"]:
        raise FeatureError(
            f"{extractor.name} has weights {extractor.digest[:12]} here, the experiment has "
            f"{plan.extractor['sha256'][:12]}; name those with --weights FILE"
        )
    return extractor


def _check_weights(name: str, plan: Plan) -> None:
    """SidemanError when the weights with this name have another digest here than in the plan."""
    if name and (digest := weights_digest(name)) != plan.pretrained[name]:
        raise SidemanError(
            f"weights {name!r} are {digest[:12]} here, the experiment has "
            f"{plan.pretrained[name][:12]}; copy the experiment's weights here"
        )


def train_and_sample(
    options: Options, bars: dataset.Dataset, count: int
) -> tuple[Rolls, dict[str, Any]]:
    """`count` raw bars of a model that is trained on `bars`, and its losses for results.jsonl."""
    if options.architecture == "markov":
        return markov.sample(markov.fit(bars.rolls), count, options.seed), {}
    from training.train import trainer  # noqa: PLC0415 - tensorflow takes seconds

    with tempfile.TemporaryDirectory() as folder:
        run = trainer.start_run(Path(folder) / "run", options, bars, sheets=False)
        run.train()
        text = (run.folder / METRICS).read_text(encoding="utf-8")
        every = max(1, options.steps // MOST_LOSSES)
        entries = [json.loads(row) for row in text.splitlines()][::every]
        losses = {name: [round(row[name], 4) for row in entries] for name in entries[0]}
        return threshold(run.sample(count, seed=options.seed)), {"losses": losses}


def run_experiment(
    folder: Path,
    requested: Plan,
    bars: dataset.Dataset,
    runner: Runner,
    report: Callable[[int, int], None] = lambda _done, _of: None,
) -> None:
    """Do all pending runs of the experiment in a folder, and write each outcome as it comes.

    `report` gets the number of runs done and of all runs. RunFolderError while another process
    works on the experiment, or when the folder holds another one.
    """
    with folders.lock_folder(folder):
        plan = open_experiment(folder, requested, bars)
        tasks = pending_tasks(folder, plan)
        total = plan.runs * len(plan.arms)
        done = total - len(tasks)
        report(done, total)
        for outcome in runner(tasks, plan, bars):
            write_outcome(folder, outcome)
            done += 1
            report(done, total)
