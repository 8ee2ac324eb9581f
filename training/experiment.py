"""The paper's experiment (section 6): arms trained on paired seeds, scored, appended to results.jsonl.

Every run is a pure function of its arm, its seed and the bars, so it may run on any core or machine, and
a stop costs only the runs that were under way.
"""

import contextlib
import hashlib
import io
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from perform.errors import DatasetError, FeatureError, RunFolderError, SidemanError
from perform.music.pianoroll import Rolls, threshold
from training import config, dataset, files, markov, versions
from training.augment.pipeline import augment, grown
from training.features.base import Extractor
from training.features.registry import open_extractor
from training.metrics.score import FEWEST, score

PLAN, RESULTS, DATA, SAMPLES = "experiment.json", "results.jsonl", "data.npz", "samples"
SCHEMA = 1
SHOWN = 16
WHOLE = {"arm", "seed", "references", "figures"}  # without these a line is no run
FAILED = {"arm", "seed", "failed"}  # and with these it is one that failed
COMMON = ("data", "extractor", "split", "samples", "most")  # of runs that stand side by side
Protocol = Literal["fair", "paper"]
ARMS = ("original", "augmented", "replicated", "markov")
RUNS, HELD_OUT = 20, 41


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What an experiment is (`experiment.json`): everything that a second call must agree on.

    `protocol`: "fair" scores every arm against the same training bars; "paper" scores each against the
    data that it was trained on, augmented as they are. `split`: how many bars are trained on and held
    out; which ones the seed decides. `samples` bars are invented a run, and distances take at most
    `most` at a time. `extractor`: its name, dimension and digest; `weights`: the file that they are read
    from where it is not the usual place. Another file with the same digest will do.
    """

    schema: int = SCHEMA
    protocol: Protocol
    runs: int
    arms: dict[str, config.Options]
    data: dict[str, Any]
    extractor: dict[str, Any]
    weights: str = ""
    split: dict[str, int]
    samples: int = 1024
    most: int = 100
    versions: dict[str, str] = msgspec.field(default_factory=dict)
    machine: str = ""


class Task(NamedTuple):
    """One run: an arm on a seed."""

    arm: str
    seed: int


class Outcome(NamedTuple):
    """What a run gives: its line in results.jsonl, and sixteen of its bars (raw); none where it failed."""

    line: dict[str, Any]
    shown: Rolls


def plan(
    bars: dataset.Dataset,
    arms: dict[str, config.Options],
    runs: int,
    protocol: Protocol,
    held_out: int,
    extractor: Extractor,
    weights: Path | None = None,
) -> Plan:
    """The plan for these bars.

    DatasetError when too few are left to train on or to hold out, or when an arm makes too many of them.
    """
    training = len(bars.rolls) - held_out
    parts = [len(part) for part in split(bars, max(0, held_out), 0)]
    if min(*parts, training) < FEWEST:
        raise DatasetError(
            f"{len(bars.rolls)} bars with {held_out} held out leave {parts[0]} to train on and {parts[1]} that are "
            f"none of these, and distances need {FEWEST} in both parts; give more bars or another --held-out"
        )
    for options in arms.values():
        grown(training, options.augment)
    return Plan(
        protocol=protocol,
        runs=runs,
        arms={name: as_run(options, protocol, training) for name, options in arms.items()},
        data={
            "bars": len(bars.rolls),
            "files": dataset.sources(bars),
            "sha256": hashlib.sha256(bars.rolls.tobytes()).hexdigest(),
        },
        extractor={
            "name": extractor.name,
            "sha256": extractor.digest,
            "dimension": extractor.dimension,
        },
        weights=str(weights.resolve()) if weights else "",
        split={"training": training, "held_out": held_out},
        versions=versions.here(),
        machine=f"{platform.machine()}, {os.cpu_count()} cores",
    )


def begun(folder: Path) -> Path | None:
    """The bars of the experiment in a folder, None where none is begun."""
    return folder / DATA if (folder / PLAN).exists() else None


def wanted(
    folder: Path, bars: dataset.Dataset, given: dict[str, Any], steps: int | None = None
) -> Plan:
    """The plan that a call asks for: `given` is what it names of `plan`'s arms, runs, protocol, held_out,
    extractor (by its name) and weights, None or left out where it does not.

    Those are what the folder was begun with, or the defaults. `steps`, where given, are those of every arm;
    SidemanError where the paper's protocol has its own.
    """
    there = read_plan(folder) if begun(folder) else None
    terms: dict[str, Any] = {"runs": RUNS, "protocol": "fair", "held_out": HELD_OUT}
    if there:
        terms = {name: getattr(there, name) for name in ("arms", "runs", "protocol")}
        terms |= {"held_out": there.split["held_out"], "extractor": there.extractor["name"]}
        terms["weights"] = Path(there.weights) if there.weights else None
    terms |= {name: value for name, value in given.items() if value is not None}
    if terms["protocol"] not in get_args(Protocol):
        raise SidemanError(f"--protocol {terms['protocol']}: there are fair and paper")
    arms = terms.pop("arms", None) or config.arms(ARMS)
    if steps is not None:
        if terms["protocol"] == "paper":
            raise SidemanError(
                f"--steps {steps}: the paper's protocol trains for 60 epochs; leave it out, or take "
                "--protocol fair"
            )
        arms = {name: msgspec.structs.replace(it, steps=steps) for name, it in arms.items()}
    extractor = open_extractor(terms.pop("extractor", "spr"), terms.get("weights"))
    made = plan(bars, arms, extractor=extractor, **terms)
    return msgspec.structs.replace(made, samples=there.samples, most=there.most) if there else made


def open_folder(folder: Path, wanted: Plan, bars: dataset.Dataset) -> Plan:
    """The plan in a folder that is begun, with what `wanted` adds to it, or `wanted` written to a new one.

    Further arms and runs join those that are there. RunFolderError when the folder holds another
    experiment: results of two are not mixed.
    """
    path = folder / PLAN
    if path.exists():
        there = read_plan(folder)
        others = [
            name for name in ("protocol", *COMMON) if getattr(there, name) != getattr(wanted, name)
        ]
        others += [
            f"options of arm {name}"
            for name, options in wanted.arms.items()
            if there.arms.get(name, options) != options
        ]
        if others:
            raise RunFolderError(
                f"{folder}: holds an experiment with other {others[0]}; name another folder, or "
                "call with what it was begun with"
            )
        wanted = msgspec.structs.replace(
            there,
            runs=max(there.runs, wanted.runs),
            arms={**there.arms, **wanted.arms},
            weights=wanted.weights,
        )
    elif files.names(folder) - {DATA}:  # killed before its plan stood, it never began
        raise RunFolderError(f"{folder} is not empty and holds no experiment; name another folder")
    else:
        dataset.save(bars, folder / DATA)
    files.write(path, msgspec.json.format(msgspec.json.encode(wanted), indent=2) + b"\n")
    return wanted


def moved(folder: Path, wanted: Plan) -> list[str]:
    """A line where the experiment in a folder was begun under other versions than those that go on with it."""
    others = versions.others(read_plan(folder).versions, wanted.versions) if begun(folder) else ""
    return [f"{folder}: begun with {others}; further runs may differ by that"] if others else []


def read_plan(folder: Path) -> Plan:
    """The plan of the experiment in a folder; RunFolderError when there is none, or of another version."""
    try:
        raw = (folder / PLAN).read_bytes()
        schema = msgspec.json.decode(raw).get("schema")
    except (OSError, msgspec.DecodeError, AttributeError):
        raise RunFolderError(
            f"{folder}: no experiment there; make one with training experiment"
        ) from None
    if schema != SCHEMA:
        raise RunFolderError(
            f"{folder}: experiment of schema {schema}, this version reads {SCHEMA}; begin a new one"
        )
    try:
        made = msgspec.json.decode(raw, type=Plan)
    except msgspec.ValidationError as fault:
        raise RunFolderError(f"{folder}/{PLAN}: {fault}; begin a new one") from None
    for name, values in msgspec.json.decode(raw)["arms"].items():
        config.whole(values, f"{folder}/{PLAN}: arm {name} ")
    return made


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


def as_run(options: config.Options, protocol: Protocol, training: int) -> config.Options:
    """An arm as a protocol runs it on so many training bars."""
    return _as_published(options, training) if protocol == "paper" else options


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
        files.write(folder / SAMPLES / f"{line['arm']}-{line['seed']}.npz", shown.getvalue())
    path = folder / RESULTS
    torn = path.exists() and not path.read_bytes().endswith(b"\n")
    with files.named(path), path.open("a", encoding="utf-8") as file:
        file.write(("\n" if torn else "") + json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def split(
    bars: dataset.Dataset, held_out: int, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the bars to train on and of the held-out ones, every file giving its share of both.

    A bar that returns, as bars of tunes do, is on one side with all that equal it: what is held out was never
    trained on. Fewer are held out where no such sets make up the number.
    """
    rng = np.random.default_rng([seed, held_out])
    alike: dict[bytes, list[int]] = {}
    for index, roll in enumerate(bars.rolls):
        alike.setdefault(roll.tobytes(), []).append(index)
    sets = list(alike.values())
    names = np.array([bars.origins[those[0]].file for those in sets])
    # Going through each file in a random order at an even pace keeps its share in any prefix.
    place = np.empty(len(names))
    for name in np.unique(names):
        these = rng.permutation(np.flatnonzero(names == name))
        place[these] = (np.arange(len(these)) + rng.random()) / len(these)
    held: list[int] = []
    for each in np.argsort(place, kind="stable"):
        if len(held) + len(sets[each]) <= held_out:
            held += sets[each]
    return np.setdiff1d(np.arange(len(bars.rolls)), held), np.sort(np.array(held, np.intp))


def run(
    task: Task, made: Plan, bars: dataset.Dataset, extractor: Extractor | None = None
) -> Outcome:
    """One run, from split to scores; the same task gives the same line but for `seconds`.

    DivergenceError when its training loses itself.
    """
    begun = time.monotonic()
    options = msgspec.structs.replace(made.arms[task.arm], seed=task.seed)
    taught, held = split(bars, made.split["held_out"], task.seed)
    rolls = bars.rolls[taught]
    raw, line = invent(options, dataset.some(bars, taught), made.samples)
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


def invent(
    options: config.Options, bars: dataset.Dataset, count: int
) -> tuple[Rolls, dict[str, Any]]:
    """`count` raw bars of a model trained on `bars` as the options say, and its losses."""
    if options.architecture == "markov":
        return markov.sample(markov.fit(bars.rolls), count, options.seed), {}
    from training import loop  # noqa: PLC0415 - tensorflow takes seconds, and some arms need none

    with tempfile.TemporaryDirectory() as folder:
        trained = loop.begin(Path(folder) / "run", options, bars, sheets=False)
        trained.train()
        text = (trained.folder / loop.METRICS).read_text(encoding="utf-8")
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
    with files.held(folder):
        made = open_folder(folder, wanted, bars)
        tasks = pending(folder, made)
        total = made.runs * len(made.arms)
        done = total - len(tasks)
        report(done, total)
        for outcome in runner(tasks, made, bars):
            keep(folder, outcome)
            done += 1
            report(done, total)


def _as_published(options: config.Options, bars: int) -> config.Options:
    """An arm with the paper's epochs and batches: 60 epochs, batch 50, or a tenth of a small data set."""
    if options.architecture == "markov":
        return options
    count = bars
    for stage in options.augment:
        count *= stage.factor + 1
    batch = min(50, -(-count // 10))  # as in the authors' code: 55 bars go in batches of 6
    return msgspec.structs.replace(options, batch=batch, steps=60 * -(-count // batch))
