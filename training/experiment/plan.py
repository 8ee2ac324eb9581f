"""The plan of an experiment (`experiment.json`): arms, split, protocol, digests."""

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
from training import folders
from training.augment.pipeline import augmented_count
from training.data import dataset
from training.evaluation.score import FEWEST_BARS
from training.features.base import Extractor
from training.features.registry import open_extractor
from training.options import Options, parse_complete, read_arms
from training.pretrained.weights import weights_digest
from training.versions import describe_differences, installed_versions

PLAN, DATA = "experiment.json", "data.npz"
SCHEMA = 1
SHARED = ("data", "extractor", "split", "samples", "most")  # equal in experiments that compare
Protocol = Literal["fair", "paper"]
DEFAULT_ARMS = ("original", "augmented", "replicated", "markov")
DEFAULT_RUNS, DEFAULT_HELD_OUT = 20, 41
PAPER_EPOCHS, PAPER_BATCH = 60, 50


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that two calls on one experiment must agree on (`experiment.json`).

    `protocol`: "fair" scores every arm against the same training bars; "paper" scores each arm
    against the bars that it was trained on, after its augmentation.
    `split`: how many bars are for training and how many are held out; the seed decides which.
    `samples`: how many bars each run generates; `most`: how many a distance takes at a time.
    `extractor`: its name, digest and dimension; `weights`: the file of its weights where it is not
    the usual one. Another file with the same digest is accepted.
    `pretrained`: the digests of the weights from which arms start, by name.
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


def make_plan(
    bars: dataset.Dataset,
    arms: dict[str, Options],
    runs: int,
    protocol: Protocol,
    held_out: int,
    extractor: Extractor,
    weights: Path | None = None,
) -> Plan:
    """The plan for these bars.

    DatasetError when too few bars are left for training or held out, or when the augmentation of
    an arm makes too many.
    """
    training = len(bars.rolls) - held_out
    parts = [len(part) for part in split_bars(bars, max(0, held_out), 0)]
    if min(*parts, training) < FEWEST_BARS:
        raise DatasetError(
            f"{len(bars.rolls)} bars with {held_out} held out leave {parts[0]} to train on and "
            f"{parts[1]} others, and distances need {FEWEST_BARS} in both parts; give more bars or "
            "another --held-out"
        )
    for options in arms.values():
        augmented_count(training, options.augment)
    return Plan(
        protocol=protocol,
        runs=runs,
        arms={name: arm_options(options, protocol, training) for name, options in arms.items()},
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
            name: weights_digest(name)
            for name in {options.pretrained for options in arms.values()}
            if name
        },
        split={"training": training, "held_out": held_out},
        versions=installed_versions(),
        machine=f"{platform.machine()}, {os.cpu_count()} cores",
    )


def experiment_data(folder: Path) -> Path | None:
    """The bars of the experiment in a folder; None when no experiment was begun there."""
    return folder / DATA if (folder / PLAN).exists() else None


def requested_plan(
    folder: Path, bars: dataset.Dataset, given: dict[str, Any], steps: int | None = None
) -> Plan:
    """The plan that a command requests.

    `given`: arms, runs, protocol, held_out, extractor (its name) and weights. What is None or left
    out comes from the experiment in the folder; in a new folder from the defaults.
    `steps`: for every arm. SidemanError for steps with the paper's protocol, which has its own.
    """
    begun = read_plan(folder) if experiment_data(folder) else None
    terms: dict[str, Any] = {"runs": DEFAULT_RUNS, "protocol": "fair", "held_out": DEFAULT_HELD_OUT}
    if begun:
        terms = {name: getattr(begun, name) for name in ("arms", "runs", "protocol")}
        terms |= {"held_out": begun.split["held_out"], "extractor": begun.extractor["name"]}
        terms["weights"] = Path(begun.weights) if begun.weights else None
    terms |= {name: value for name, value in given.items() if value is not None}
    if terms["protocol"] not in get_args(Protocol):
        raise SidemanError(f"--protocol {terms['protocol']}: there are fair and paper")
    arms = terms.pop("arms", None) or read_arms(DEFAULT_ARMS)
    if steps is not None:
        if terms["protocol"] == "paper":
            raise SidemanError(
                f"--steps {steps}: the paper's protocol trains for {PAPER_EPOCHS} epochs; "
                "leave it out, or take --protocol fair"
            )
        arms = {name: msgspec.structs.replace(it, steps=steps) for name, it in arms.items()}
    extractor = open_extractor(terms.pop("extractor", "spr"), terms.get("weights"))
    plan = make_plan(bars, arms, extractor=extractor, **terms)
    return msgspec.structs.replace(plan, samples=begun.samples, most=begun.most) if begun else plan


def open_experiment(folder: Path, requested: Plan, bars: dataset.Dataset) -> Plan:
    """The plan of the experiment in a folder, which is begun in a new folder.

    New arms and more runs are added to those that it has. RunFolderError when the folder holds
    another experiment: the results of two experiments must not mix.
    """
    path = folder / PLAN
    if path.exists():
        requested = _merge(folder, read_plan(folder), requested)
    elif folders.list_names(folder) - {DATA}:  # one that was killed before its plan has only bars
        raise RunFolderError(f"{folder} is not empty and holds no experiment; name another folder")
    else:
        dataset.save(bars, folder / DATA)
    atomic_file.write(path, msgspec.json.format(msgspec.json.encode(requested), indent=2) + b"\n")
    return requested


def _merge(folder: Path, begun: Plan, requested: Plan) -> Plan:
    """The begun plan with the arms and runs of the requested one; RunFolderError if they differ."""
    differing = [
        name for name in ("protocol", *SHARED) if getattr(begun, name) != getattr(requested, name)
    ]
    differing += [
        f"options of arm {name}"
        for name, options in requested.arms.items()
        if begun.arms.get(name, options) != options
    ]
    differing += [
        f"weights {name!r}"
        for name, digest in requested.pretrained.items()
        if begun.pretrained.get(name, digest) != digest
    ]
    if differing:
        raise RunFolderError(
            f"{folder}: holds an experiment with other {differing[0]}; name another folder, or "
            "repeat the command that began it"
        )
    return msgspec.structs.replace(
        begun,
        runs=max(begun.runs, requested.runs),
        arms={**begun.arms, **requested.arms},
        pretrained={**begun.pretrained, **requested.pretrained},
        weights=requested.weights,
    )


def version_warnings(folder: Path, requested: Plan) -> list[str]:
    """A line when the experiment in a folder was begun with other versions than those here."""
    if not experiment_data(folder):
        return []
    differences = describe_differences(read_plan(folder).versions, requested.versions)
    if not differences:
        return []
    return [f"{folder}: begun with {differences}; this may change the results of further runs"]


def read_plan(folder: Path) -> Plan:
    """The plan of the experiment in a folder.

    RunFolderError when there is no experiment, or one of another version.
    """
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
        plan = msgspec.json.decode(raw, type=Plan)
    except msgspec.ValidationError as error:
        raise RunFolderError(f"{folder}/{PLAN}: {error}; begin a new one") from None
    for name, values in msgspec.json.decode(raw)["arms"].items():
        parse_complete(values, f"{folder}/{PLAN}: arm {name} ")
    return plan


def split_bars(
    bars: dataset.Dataset, held_out: int, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The indices of the training bars and of the held-out bars.

    Every file gives its share of both. Equal bars, as in tunes that repeat, are all on one side,
    so no held-out bar is trained on. Fewer bars are held out where no sets of equal bars make up
    the number.
    """
    rng = np.random.default_rng([seed, held_out])
    equal: dict[bytes, list[int]] = {}
    for index, roll in enumerate(bars.rolls):
        equal.setdefault(roll.tobytes(), []).append(index)
    sets = list(equal.values())
    names = np.array([bars.provenance[indices[0]].file for indices in sets])
    # Each file's sets are spread evenly over 0 to 1, so any prefix of the order has its share.
    position = np.empty(len(names))
    for name in np.unique(names):
        members = rng.permutation(np.flatnonzero(names == name))
        position[members] = (np.arange(len(members)) + rng.random()) / len(members)
    held: list[int] = []
    for each in np.argsort(position, kind="stable"):
        if len(held) + len(sets[each]) <= held_out:
            held += sets[each]
    return np.setdiff1d(np.arange(len(bars.rolls)), held), np.sort(np.array(held, np.intp))


def arm_options(options: Options, protocol: Protocol, training: int) -> Options:
    """The options of an arm under a protocol, with so many training bars.

    The paper's protocol trains for 60 epochs in batches of 50, or of a tenth of a small data set.
    """
    if protocol == "fair" or options.architecture == "markov":
        return options
    count = training
    for step in options.augment:
        count *= step.factor + 1
    batch = min(PAPER_BATCH, -(-count // 10))  # as in the authors' code: 55 bars in batches of 6
    return msgspec.structs.replace(options, batch=batch, steps=PAPER_EPOCHS * -(-count // batch))
