"""`training`: flags -> options -> a command. Nothing else happens here."""

import json
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from perform.errors import DatasetError, RunFolderError, SidemanError
from perform.music.notetable import notes_of
from training import beginning, config, dataset, describe, extras
from training.augment import pipeline
from training.augment.registry import described
from training.features.registry import open_extractor
from training.samples import open_pair

OWN_BARS = Path(__file__).with_name("bars")
app = typer.Typer(
    name="training",
    help="Sideman in the woodshed: bars in, a trained bundle out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
Data = Annotated[
    list[Path] | None,
    typer.Argument(help="MIDI files, folders, or one .npz; default: our own bars"),
]
WeightsOption = Annotated[Path | None, typer.Option(help="inception's weights, .h5")]
NpzOption = Annotated[Path, typer.Option("-o", "--output", help="the .npz to write")]
CorpusOption = Annotated[list[str] | None, typer.Option(help="collections of music21's corpus")]
ChordOption = Annotated[str | None, typer.Option("--chord", help="the root of every bar, like Bb")]


def main() -> None:
    """Run a command; what the user can mend becomes one line and an exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        try:
            app()
        except ModuleNotFoundError as fault:
            raise extras.explained(fault) from None
    except SidemanError as fault:
        print(f"training: {fault}", file=sys.stderr)
        sys.exit(fault.exit_code)
    except OSError as fault:  # a full disk, a folder that is not ours
        where = f"{fault.filename}: {fault.strerror}" if fault.filename else fault
        print(f"training: {where}; free it or name another place", file=sys.stderr)
        sys.exit(SidemanError.exit_code)


@app.command("import")
def import_(
    data: Data = None,
    output: NpzOption = Path("bars.npz"),
    chord: ChordOption = None,
    corpus: CorpusOption = None,
    kind: Annotated[str, typer.Option(help="of the corpus only such tunes: reel, hornpipe")] = "",
) -> None:
    """Read MIDI files, or tunes of music21's corpus, into bars, and say what became of them."""
    if corpus and (data or chord):
        raise DatasetError("--corpus has bars and chords of its own; leave out DATA and --chord")
    if kind and not corpus:
        raise DatasetError("--kind chooses among tunes of a corpus; add --corpus ryansMammoth")
    if corpus:
        from training.corpus import import_corpus  # noqa: PLC0415 - music21 takes seconds

        made = import_corpus(corpus, kind)
    else:
        made = dataset.open_data(data or [OWN_BARS], chord)
    dataset.save(made, output)
    _say(f"skipped {broken}" for broken in made.counts.broken)
    print(f"{output}: {describe.counts(made)}")


@app.command()
def augment(
    data: Data = None,
    output: NpzOption = Path("augmented.npz"),
    stages: Annotated[str, typer.Option(help="NAME:FACTOR, ...; default: the paper's")] = (
        "time-change:6,fifth-addition:3,octave-change:1"
    ),
    seed: Annotated[int, typer.Option(min=0)] = 0,
    chord: ChordOption = None,
    preview: Annotated[Path | None, typer.Option(help="a PNG: before and after")] = None,
    *,
    list_: Annotated[bool, typer.Option("--list", help="say what strategies there are")] = False,
) -> None:
    """Make more bars of the bars that are there (paper, section 4.3)."""
    if list_:
        print("\n".join(described()))
        return
    chosen = pipeline.parse_stages(stages)
    _say(pipeline.cautions(chosen))
    bars = dataset.open_data(data or [OWN_BARS], chord)
    begun = time.monotonic()
    rolls = pipeline.augment(bars.rolls, chosen, seed)
    seconds = time.monotonic() - begun
    origins = tuple(bars.origins[i] for i in pipeline.sources_of(len(bars.rolls), chosen))
    if preview is not None:
        from training.augment.preview import draw_preview  # noqa: PLC0415 - matplotlib is slow

        draw_preview(bars.rolls, [stage.strategy for stage in chosen], seed, preview)
    counts = msgspec.structs.replace(bars.counts, kept=len(rolls), notes=len(notes_of(rolls).bar))
    dataset.save(dataset.Dataset(rolls, origins, counts), output)
    print(f"{output}: {len(bars.rolls)} bars -> {len(rolls)} bars in {seconds:.2f} s")


@app.command()
def run(
    folder: Annotated[Path | None, typer.Option("-o", "--output", help="the run's folder")] = None,
    data: Data = None,
    chord: ChordOption = None,
    recipe: Annotated[
        str | None, typer.Option(help="one that ships, or a .toml of yours; default: sideman")
    ] = None,
    architecture: Annotated[str | None, typer.Option(help="compact, melody or paper")] = None,
    loss: Annotated[str | None, typer.Option(help="relativistic, hinge or cross-entropy")] = None,
    steps: Annotated[int | None, typer.Option(help="training steps")] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="instead of steps: times through the bars")
    ] = None,
    batch: Annotated[int | None, typer.Option(help="bars a step")] = None,
    width: Annotated[int | None, typer.Option(help="channels of compact")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="of both optimisers")] = None,
    penalty: Annotated[float | None, typer.Option(help="weight of R1 and R2; 0 for none")] = None,
    pretrained: Annotated[
        str | None, typer.Option(help="weights to begin with: tunes, or an .npz; '' for none")
    ] = None,
    seed: Annotated[int | None, typer.Option()] = None,
    *,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with the run in the folder, as it was begun")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="print the resolved recipe and do nothing")
    ] = False,
) -> None:
    """Train a GAN on bars; a stopped run goes on with --resume."""
    given = {
        "architecture": architecture,
        "loss": loss,
        "steps": steps,
        "batch": batch,
        "width": width,
        "learning_rate": learning_rate,
        "penalty": penalty,
        "pretrained": pretrained,
        "seed": seed,
    }
    if steps is not None and epochs is not None:
        raise SidemanError("--steps and --epochs both say how long; leave one of them out")
    if folder is None and not dry_run:
        raise RunFolderError("a run needs a folder; name one with -o")
    begun = beginning.read(folder) if folder is not None and resume else None
    # the paper's networks come with its training unless another recipe is asked for
    usual = "paper" if architecture == "paper" else config.DEFAULT_RECIPE
    base = begun.options if begun and not recipe else config.recipe(recipe or usual)
    options = config.from_flags(base, given)
    _say(pipeline.cautions(options.augment))
    kept = begun.bars if begun and not data and not chord else None
    bars = kept or dataset.open_data(data or [OWN_BARS], chord)
    _say(f"skipped {broken}" for broken in bars.counts.broken)
    if len(bars.rolls) < 2:
        raise DatasetError("one bar is no style; give at least two")
    grown = pipeline.grown(len(bars.rolls), options.augment)
    if epochs is not None:
        through = -(-epochs * grown // options.batch)
        options = msgspec.structs.replace(options, steps=through)
    if folder is not None and begun:
        beginning.demand_same(folder, begun, beginning.Beginning(options, bars))
    if folder is None or dry_run:
        print(config.spell(options), end="")
        return
    if options.architecture == "markov":
        raise SidemanError("a Markov chain is not trained; it is an arm of training experiment")
    _train(folder, options, bars, resume=resume)


@app.command()
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
    from training.metrics.score import FEWEST, between  # noqa: PLC0415 - scipy is slow

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


@app.command()
def teach(
    folder: Annotated[Path, typer.Option("-o", "--output", help="where the extractor goes")],
    corpus: CorpusOption = None,
    epochs: Annotated[int, typer.Option(min=1, help="times through the bars")] = 9,
) -> None:
    """Teach the feature extractor that distances are measured with, as the shipped one was."""
    from training.corpus import import_corpus, lessons  # noqa: PLC0415 - music21 takes seconds
    from training.features.teach import make, rising  # noqa: PLC0415 - and so does tensorflow

    about = make(import_corpus(corpus) if corpus else lessons(), folder, epochs)
    for name, levels in about.proof.items():
        verdict = "rises" if rising(levels) else "DOES NOT RISE"
        print(f"{name:14} {' '.join(f'{level:6.2f}' for level in levels)}  {verdict}")


@app.command()
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
    from training import design, spread  # noqa: PLC0415 - scipy is slow
    from training import experiment as lab  # noqa: PLC0415

    given = {
        "arms": config.arms(arm) if arm else None,
        "runs": runs,
        "protocol": protocol,
        "held_out": held_out,
        "extractor": extractor,
        "weights": weights,
    }
    begun = None if data else design.begun(folder)  # its bars have their chords by now
    bars = dataset.load(begun) if begun else dataset.open_data(data or [OWN_BARS], chord)
    wanted = design.wanted(folder, bars, given, steps)
    _say(design.moved(folder, wanted))
    for name, options in wanted.arms.items():
        _say(f"{name}: {caution}" for caution in pipeline.cautions(options.augment))
    try:
        with (
            spread.on_cluster(cluster) if cluster else spread.on_cores(cores, wanted) as runner,
            _progress() as progress,
        ):
            task = progress.add_task("runs")

            def report(done: int, total: int) -> None:
                progress.update(task, completed=done, total=total)

            lab.carry_out(folder, wanted, bars, runner, report)
    except KeyboardInterrupt:
        raise RunFolderError(f"stopped; the same command goes on with {folder}") from None
    _say(f"{it['arm']}, seed {it['seed']}: {it['failed']}" for it in lab.failures(folder))
    print(f"{folder}: {len(lab.results(folder))} runs; training report {folder} -o report")


@app.command()
def search(
    folder: Annotated[Path, typer.Option("-o", "--output", help="the study's folder")],
    data: Data = None,
    chord: ChordOption = None,
    recipe: Annotated[str, typer.Option(help="where it begins")] = config.DEFAULT_RECIPE,
    steps: Annotated[int | None, typer.Option(min=1, help="of every trial")] = None,
    trials: Annotated[int, typer.Option(min=1, help="more trials, by this process")] = 20,
    held_out: Annotated[int, typer.Option(help="bars that are never trained on")] = 41,
) -> None:
    """Search for better values of a recipe; several processes may work in one folder."""
    from training import search as lab  # noqa: PLC0415 - optuna is slow

    bars = dataset.open_data(data or [OWN_BARS], chord)
    base = config.from_flags(config.recipe(recipe), {"steps": steps})

    def tell(number: int, value: float) -> None:
        print(f"trial {number}: {value:.2f}", flush=True)

    lab.search(folder, base, bars, open_extractor(), trials, held_out, tell)
    best = folder / lab.BEST
    print(f"{best}: the best so far; training run --recipe {best}")


@app.command()
def report(
    folders: Annotated[list[Path], typer.Argument(help="experiments' folders")],
    output: Annotated[Path, typer.Option("-o", "--output", help="the folder to write")] = Path(
        "report"
    ),
) -> None:
    """Write what experiments gave as one HTML file, and as Markdown with pictures."""
    from training.report.write import report as write  # noqa: PLC0415 - matplotlib is slow

    for path in write(folders, output, lambda line: _say([line])):
        print(path)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="the run's folder")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="the bundle's folder, models/NAME")
    ],
    remark: Annotated[str, typer.Option(help="what it is good and bad at, for the card")] = "",
    *,
    discriminator: Annotated[
        bool, typer.Option("--discriminator", help="keep it too, for the weight 'opinion'")
    ] = False,
) -> None:
    """Write a run's generator as a bundle, and load it again before saying so."""
    from training import loop  # noqa: PLC0415 - tensorflow takes seconds
    from training.export import export as write  # noqa: PLC0415

    made = write(loop.trained(folder), output, remark, discriminator=discriminator)
    print(describe.made(made))


@app.command()
def weights(
    folder: Annotated[Path, typer.Argument(help="the run's folder")],
    output: NpzOption = Path("weights.npz"),
) -> None:
    """Keep what a run has learned, for others to begin with: training run --pretrained weights.npz."""
    from training import loop, pretrained  # noqa: PLC0415 - tensorflow takes seconds
    from training.export import provenance  # noqa: PLC0415

    made = loop.trained(folder)
    data = {"bars": len(made.bars.rolls), "files": provenance(made.bars)}
    pretrained.write(output, made.weights, {"trained_steps": made.step, "data": data})
    print(f"{output}: training run --pretrained {output}")


@app.command()
def info(
    path: Annotated[Path, typer.Argument(help="a bundle, a run's folder or a data set")],
    animate: Annotated[
        Path | None, typer.Option(help="a GIF to write: a run's samples from first to last")
    ] = None,
) -> None:
    """Show what a bundle, a run or an imported data set is."""
    if animate is not None:
        from training.sheet import animate as draw  # noqa: PLC0415

        sheets = sorted((path / "samples").glob("*.png"))
        if not sheets:
            raise RunFolderError(f"{path}: no samples of a run there; name a run's folder")
        draw(sheets, animate)
    print(describe.path(path))


def _progress() -> Progress:
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def _train(folder: Path, options: config.Options, bars: dataset.Dataset, *, resume: bool) -> None:
    extras.demand("matplotlib")  # said before tensorflow has taken its seconds
    from training import loop  # noqa: PLC0415

    trained = loop.reopen(folder) if resume else loop.begin(folder, options, bars)
    for name in trained.labels.constant:
        _say([f"{name} is the same in every bar, so it cannot be asked for"])
    try:
        with _progress() as progress:
            task = progress.add_task(
                "training", total=trained.options.steps, completed=trained.step
            )

            def report(step: int, losses: dict[str, float]) -> None:
                epoch = step * trained.options.batch // len(trained.seen)
                words = " ".join(f"{name} {value:.2f}" for name, value in losses.items())
                progress.update(task, completed=step, description=f"epoch {epoch}: {words}")

            trained.train(report)
    except KeyboardInterrupt:
        raise RunFolderError(
            f"stopped; training run --resume -o {folder} goes on with it"
        ) from None
    print(f"{folder}: {trained.step} steps, {trained.seconds:.0f} s")


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)
