"""The commands of `training` that measure: distances, experiments, searches, reports."""

import json
from pathlib import Path
from typing import Annotated

import typer

from perform.errors import DatasetError, RunFolderError
from training.augment import pipeline
from training.commands.options import (
    ChordOption,
    CorpusOption,
    Data,
    WeightsOption,
    progress,
    say,
)
from training.data import dataset
from training.evaluation.samples import open_pair
from training.features.registry import open_extractor
from training.options import DEFAULT_RECIPE, read_arms, read_recipe, with_flags


def fid(
    one: Annotated[Path, typer.Argument(help="a data set, MIDI files, a bundle or a run")],
    other: Annotated[Path, typer.Argument(help="what it is measured against")],
    extractor: Annotated[str, typer.Option(help="spr or inception")] = "spr",
    weights: WeightsOption = None,
    samples: Annotated[
        int, typer.Option(min=2, help="bars of each at most, drawn at random")
    ] = 1000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    chord: ChordOption = None,
    *,
    json_: Annotated[bool, typer.Option("--json", help="one object")] = False,
) -> None:
    """Measure how far bars are from bars: FID, KID, precision, recall, density, coverage.

    As many bars of each are drawn at random; the same place twice gives others each time. What a model invents is cleaned as it is played; bars
    of files are measured as they stand.
    """
    from training.evaluation.score import FEWEST, between  # noqa: PLC0415 - scipy is slow

    features = open_extractor(extractor, weights)
    sides = open_pair(one, other, samples, chord, seed)
    count = len(sides[0])
    if count < FEWEST:
        raise DatasetError(f"{count} bars on one side, a distance needs {FEWEST}; give more bars")
    measured = between(*map(features.features, sides))
    if json_:
        about = {"extractor": features.name, "sha256": features.digest, "count": count}
        print(json.dumps({**measured, **about}))
        return
    for name, value in measured.items():
        print(f"{name:10} {value:.4f}")
    print(f"{count} bars of each, extractor {features.name} {features.digest[:12]}")


def teach(
    folder: Annotated[Path, typer.Option("-o", "--output", help="where the extractor goes")],
    corpus: CorpusOption = None,
    epochs: Annotated[int, typer.Option(min=1, help="times through the bars")] = 9,
) -> None:
    """Teach the feature extractor that distances are measured with, as the shipped one was."""
    from training.data.corpus import extractor_corpus, import_corpus  # noqa: PLC0415 - music21 takes seconds
    from training.train.extractor import make, rising  # noqa: PLC0415 - and so does tensorflow

    about = make(import_corpus(corpus) if corpus else extractor_corpus(), folder, epochs)
    for name, levels in about.proof.items():
        verdict = "rises" if rising(levels) else "DOES NOT RISE"
        print(f"{name:14} {' '.join(f'{level:6.2f}' for level in levels)}  {verdict}")


def experiment(
    folder: Annotated[Path, typer.Option("-o", "--output", help="the experiment's folder")],
    data: Data = None,
    chord: ChordOption = None,
    arm: Annotated[
        list[str] | None, typer.Option(help="a recipe; default: the paper's three and markov")
    ] = None,
    runs: Annotated[int | None, typer.Option(min=1, help="paired runs an arm; default: 20")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="of every arm")] = None,
    protocol: Annotated[str | None, typer.Option(help="fair (default) or paper")] = None,
    held_out: Annotated[
        int | None, typer.Option(help="bars that are never trained on; default: 41")
    ] = None,
    extractor: Annotated[str | None, typer.Option(help="spr (default) or inception")] = None,
    weights: WeightsOption = None,
    cores: Annotated[int, typer.Option(min=1, help="processes on this machine")] = 2,
    cluster: Annotated[str | None, typer.Option(help="a Dask scheduler instead: tcp://...")] = None,
) -> None:
    """Run the paper's experiment; a second call goes on where the first was stopped.

    In a folder that is begun, what is not named is what it was begun with.
    """
    from training.experiment import executors, plan  # noqa: PLC0415 - scipy is slow
    from training.experiment import runs as lab  # noqa: PLC0415

    given = {
        "arms": read_arms(arm) if arm else None,
        "runs": runs,
        "protocol": protocol,
        "held_out": held_out,
        "extractor": extractor,
        "weights": weights,
    }
    begun = None if data else plan.begun(folder)  # its bars have their chords by now
    bars = dataset.load(begun) if begun else dataset.open_data(data, chord)
    wanted = plan.wanted(folder, bars, given, steps)
    say(plan.moved(folder, wanted))
    for name, options in wanted.arms.items():
        say(f"{name}: {caution}" for caution in pipeline.pipeline_warnings(options.augment))
    if cluster:
        opened = executors.on_cluster(cluster, lambda line: say([line]))
    else:
        opened = executors.on_cores(cores, wanted)
    try:
        with opened as runner, progress() as bar:
            task = bar.add_task("runs")

            def report(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            lab.carry_out(folder, wanted, bars, runner, report)
    except KeyboardInterrupt:
        raise RunFolderError(f"stopped; the same command goes on with {folder}") from None
    say(f"{it['arm']}, seed {it['seed']}: {it['failed']}" for it in lab.failures(folder))
    print(f"{folder}: {len(lab.results(folder))} runs; training report {folder} -o report")


def search(
    folder: Annotated[Path, typer.Option("-o", "--output", help="the study's folder")],
    data: Data = None,
    chord: ChordOption = None,
    recipe: Annotated[str, typer.Option(help="where it begins")] = DEFAULT_RECIPE,
    steps: Annotated[int | None, typer.Option(min=1, help="of every trial")] = None,
    trials: Annotated[int, typer.Option(min=1, help="more trials, by this process")] = 20,
    held_out: Annotated[int, typer.Option(help="bars that are never trained on")] = 41,
) -> None:
    """Search for better values of a recipe; several processes may work in one folder."""
    from training.experiment import search as lab  # noqa: PLC0415 - optuna is slow

    bars = dataset.open_data(data, chord)
    base = with_flags(read_recipe(recipe), {"steps": steps})

    def tell(number: int, value: float) -> None:
        print(f"trial {number}: {value:.2f}", flush=True)

    try:
        lab.search(folder, base, bars, open_extractor(), trials, held_out, tell)
    except KeyboardInterrupt:
        raise RunFolderError(f"stopped; the same command goes on with {folder}") from None
    best = folder / lab.BEST
    print(f"{best}: the best so far; training run --recipe {best}")


def report(
    folders: Annotated[list[Path], typer.Argument(help="experiments' folders")],
    output: Annotated[Path, typer.Option("-o", "--output", help="the folder to write")] = Path(
        "report"
    ),
) -> None:
    """Write what experiments gave as one HTML file, and as Markdown with pictures."""
    from training.report.write import report as write  # noqa: PLC0415 - matplotlib is slow

    for path in write(folders, output, lambda line: say([line])):
        print(path)
