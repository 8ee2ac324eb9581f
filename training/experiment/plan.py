"""What an experiment is, and who goes on with it: arms, split, protocol, digests (`experiment.json`)."""

import hashlib
import os
import platform
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from perform import atomic_file
from perform.errors import DatasetError, RunFolderError, SidemanError
from training import files, pretrained, versions
from training.augment.pipeline import augmented_count
from training.data import dataset
from training.evaluation.score import FEWEST
from training.features.base import Extractor
from training.features.registry import open_extractor
from training.options import Options, parse_complete, read_arms

PLAN, DATA = "experiment.json", "data.npz"
SCHEMA = 1
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
    from where it is not the usual place. Another file with the same digest will do. `pretrained`: the digests of
    the weights that arms begin with, by their names.
    """

    schema: int = SCHEMA
    protocol: Protocol
    runs: int
    arms: dict[str, Options]
    data: dict[str, Any]
    extractor: dict[str, Any]
    weights: str = ""
    pretrained: dict[str, str] = msgspec.field(default_factory=dict)
    split: dict[str, int]
    samples: int = 1024
    most: int = 100
    versions: dict[str, str] = msgspec.field(default_factory=dict)
    machine: str = ""


def plan(
    bars: dataset.Dataset,
    arms: dict[str, Options],
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
        augmented_count(training, options.augment)
    return Plan(
        protocol=protocol,
        runs=runs,
        arms={name: as_run(options, protocol, training) for name, options in arms.items()},
        data={
            "bars": len(bars.rolls),
            "files": dataset.bars_per_file(bars),
            "sha256": hashlib.sha256(bars.rolls.tobytes()).hexdigest(),
        },
        extractor={
            "name": extractor.name,
            "sha256": extractor.digest,
            "dimension": extractor.dimension,
        },
        weights=str(weights.resolve()) if weights else "",
        pretrained={
            name: pretrained.digest(name)
            for name in {it.pretrained for it in arms.values()}
            if name
        },
        split={"training": training, "held_out": held_out},
        versions=versions.installed_versions(),
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
    arms = terms.pop("arms", None) or read_arms(ARMS)
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
        others += [
            f"weights {name!r}"
            for name, digest in wanted.pretrained.items()
            if there.pretrained.get(name, digest) != digest
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
            pretrained={**there.pretrained, **wanted.pretrained},
            weights=wanted.weights,
        )
    elif files.list_names(folder) - {DATA}:  # killed before its plan stood, it never began
        raise RunFolderError(f"{folder} is not empty and holds no experiment; name another folder")
    else:
        dataset.save(bars, folder / DATA)
    atomic_file.write(path, msgspec.json.format(msgspec.json.encode(wanted), indent=2) + b"\n")
    return wanted


def moved(folder: Path, wanted: Plan) -> list[str]:
    """A line where the experiment in a folder was begun under other versions than those that go on with it."""
    others = (
        versions.describe_differences(read_plan(folder).versions, wanted.versions)
        if begun(folder)
        else ""
    )
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
        parse_complete(values, f"{folder}/{PLAN}: arm {name} ")
    return made


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
    names = np.array([bars.provenance[those[0]].file for those in sets])
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


def as_run(options: Options, protocol: Protocol, training: int) -> Options:
    """An arm as a protocol runs it on so many training bars."""
    return _as_published(options, training) if protocol == "paper" else options


def _as_published(options: Options, bars: int) -> Options:
    """An arm with the paper's epochs and batches: 60 epochs, batch 50, or a tenth of a small data set."""
    if options.architecture == "markov":
        return options
    count = bars
    for stage in options.augment:
        count *= stage.factor + 1
    batch = min(50, -(-count // 10))  # as in the authors' code: 55 bars go in batches of 6
    return msgspec.structs.replace(options, batch=batch, steps=60 * -(-count // batch))
