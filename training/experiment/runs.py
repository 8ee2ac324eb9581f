"""The paper's experiment (section 6): arms trained on paired seeds, scored, appended to results.jsonl.

Every run is a pure function of its arm, its seed and the bars, so it may run on any core or machine, and
a stop costs only the runs that were under way.
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
from training import files, pretrained
from training.augment.pipeline import augment
from training.data import dataset
from training.evaluation.score import score
from training.experiment.plan import Plan, open_folder, split
from training.features.base import Extractor
from training.features.registry import open_extractor
from training.model import markov
from training.options import Options

RESULTS, SAMPLES = "results.jsonl", "samples"
SHOWN = 16
WHOLE = {"arm", "seed", "references", "figures"}  # without these a line is no run
FAILED = {"arm", "seed", "failed"}  # and with these it is one that failed


class Task(NamedTuple):
    """One run: an arm on a seed."""

    arm: str
    seed: int


class Outcome(NamedTuple):
    """What a run gives: its line in results.jsonl, and sixteen of its bars (raw); none where it failed."""

    line: dict[str, Any]
    shown: Rolls


def results(folder: Path) -> list[dict[str, Any]]:
    """The finished runs of an experiment in the order they came. What is no whole run is left out, and so is
    one that was there before: files of two machines may have been put together.
    """
    return _lines(folder, WHOLE)


def failures(folder: Path) -> list[dict[str, Any]]:
    """The runs that failed, in the order they came, with why as `failed`; they are not tried again."""
    return _lines(folder, FAILED)


def _lines(folder: Path, keys: set[str]) -> list[dict[str, Any]]:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    with contextlib.suppress(FileNotFoundError):
        for text in (folder / RESULTS).read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):
                line = json.loads(text)
                if isinstance(line, dict) and line.keys() >= keys:
                    found.setdefault((line["arm"], line["seed"]), line)
    return list(found.values())


def lines(folder: Path) -> int:
    """How many lines results.jsonl has, whole runs or not."""
    with contextlib.suppress(FileNotFoundError):
        text = (folder / RESULTS).read_text(encoding="utf-8")
        return sum(1 for line in text.splitlines() if line.strip())
    return 0


def pending(folder: Path, made: Plan) -> list[Task]:
    """The runs that are still to do, seed by seed, so that pairs are complete early."""
    done = {(line["arm"], line["seed"]) for line in results(folder) + failures(folder)}
    return [
        Task(arm, seed) for seed in range(made.runs) for arm in made.arms if (arm, seed) not in done
    ]


def keep(folder: Path, outcome: Outcome) -> None:
    """Append a run's line, on disk before anything else happens, and leave its bars beside it."""
    line = outcome.line
    if len(outcome.shown):
        shown = io.BytesIO()
        np.savez_compressed(shown, rolls=outcome.shown)
        atomic_file.write(folder / SAMPLES / f"{line['arm']}-{line['seed']}.npz", shown.getvalue())
    path = folder / RESULTS
    torn = path.exists() and not path.read_bytes().endswith(b"\n")
    with atomic_file.name_errors(path), path.open("a", encoding="utf-8") as file:
        file.write(("\n" if torn else "") + json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def run(
    task: Task, made: Plan, bars: dataset.Dataset, extractor: Extractor | None = None
) -> Outcome:
    """One run, from split to scores; the same task gives the same line but for `seconds`.

    DivergenceError when its training loses itself.
    """
    begun = time.monotonic()
    options = msgspec.structs.replace(made.arms[task.arm], seed=task.seed)
    _demand_same_weights(options.pretrained, made)
    taught, held = split(bars, made.split["held_out"], task.seed)
    rolls = bars.rolls[taught]
    raw, line = invent(options, dataset.select(bars, taught), made.samples)
    own = augment(rolls, options.augment, options.seed)
    scores = score(
        raw,
        {"training": own if made.protocol == "paper" else rolls, "held_out": bars.rolls[held]},
        training=rolls,
        extractor=extractor or _extractor(made),
        most=made.most,
        seed=task.seed,
        seen=own,
    )
    return Outcome(
        {
            "arm": task.arm,
            "seed": task.seed,
            "steps": options.steps,
            "batch": options.batch,
            "training_bars": len(own),
            "seconds": round(time.monotonic() - begun, 2),
            **msgspec.to_builtins(scores),
            **line,
        },
        raw[:SHOWN],
    )


def _extractor(made: Plan) -> Extractor:
    """The extractor of a plan; FeatureError when its weights here are not those that it was made with."""
    found = open_extractor(made.extractor["name"], Path(made.weights) if made.weights else None)
    if found.digest != made.extractor["sha256"]:
        raise FeatureError(
            f"{found.name} has weights {found.digest[:12]} here, the experiment has "
            f"{made.extractor['sha256'][:12]}; name those with --weights FILE"
        )
    return found


def _demand_same_weights(name: str, made: Plan) -> None:
    """SidemanError when the weights of a name are others here than those that the experiment was planned with."""
    if name and (here := pretrained.digest(name)) != made.pretrained[name]:
        raise SidemanError(
            f"weights {name!r} are {here[:12]} here, the experiment has {made.pretrained[name][:12]}; "
            "bring its own"
        )


def invent(options: Options, bars: dataset.Dataset, count: int) -> tuple[Rolls, dict[str, Any]]:
    """`count` raw bars of a model trained on `bars` as the options say, and its losses."""
    if options.architecture == "markov":
        return markov.sample(markov.fit(bars.rolls), count, options.seed), {}
    from training.train import trainer  # noqa: PLC0415 - tensorflow takes seconds, and some arms need none

    with tempfile.TemporaryDirectory() as folder:
        trained = trainer.begin(Path(folder) / "run", options, bars, sheets=False)
        trained.train()
        text = (trained.folder / trainer.METRICS).read_text(encoding="utf-8")
        entries = [json.loads(row) for row in text.splitlines()][:: max(1, options.steps // 2500)]
        losses = {name: [round(row[name], 4) for row in entries] for name in entries[0]}
        return threshold(trained.sample(count, seed=options.seed)), {"losses": losses}


Runner = Callable[[Sequence[Task], Plan, dataset.Dataset], Iterator[Outcome]]


def carry_out(
    folder: Path,
    wanted: Plan,
    bars: dataset.Dataset,
    runner: Runner,
    report: Callable[[int, int], None] = lambda _done, _of: None,
) -> None:
    """Do what is pending in a folder, each outcome kept as it comes. `report`: runs done, runs in all.

    RunFolderError while another process does so, or when the folder holds another experiment.
    """
    with files.lock_folder(folder):
        made = open_folder(folder, wanted, bars)
        tasks = pending(folder, made)
        total = made.runs * len(made.arms)
        done = total - len(tasks)
        report(done, total)
        for outcome in runner(tasks, made, bars):
            keep(folder, outcome)
            done += 1
            report(done, total)
