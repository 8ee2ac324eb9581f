"""`training`: flags -> options -> a command. Nothing else happens here; what measures is in `measuring`."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from perform.errors import DatasetError, RunFolderError, SidemanError
from perform.music.note_table import notes_of
from perform.version import VersionOption
from training import extras
from training.augment import pipeline
from training.augment.registry import describe_strategies
from training.commands import evaluate
from training.commands import info as describe
from training.commands.options import (
    ChordOption,
    CorpusOption,
    Data,
    NpzOption,
    progress,
    say,
)
from training.data import dataset
from training.options import DEFAULT_RECIPE, Options, read_recipe, to_toml, with_flags
from training.train import run_folder

app = typer.Typer(
    name="training",
    help="Sideman in the woodshed: bars in, a trained bundle out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def main() -> None:
    """Run a command; what the user can mend becomes one line and an exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        try:
            app()
        except ModuleNotFoundError as fault:
            raise extras.installation_error(fault) from None
    except SidemanError as fault:
        print(f"training: {fault}", file=sys.stderr)
        sys.exit(fault.exit_code)
    except OSError as fault:  # a full disk, a folder that is not ours
        where = f"{fault.filename}: {fault.strerror}" if fault.filename else fault
        print(f"training: {where}; free it or name another place", file=sys.stderr)
        sys.exit(SidemanError.exit_code)


@app.callback()
def options(version: VersionOption = False) -> None:
    """What comes before a command."""


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
        from training.data.corpus import import_corpus  # noqa: PLC0415 - music21 takes seconds

        made = import_corpus(corpus, kind)
    else:
        made = dataset.open_data(data, chord)
    dataset.save(made, output)
    say(f"skipped {broken}" for broken in made.counts.broken)
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
        print("\n".join(describe_strategies()))
        return
    chosen = pipeline.parse_pipeline(stages)
    say(pipeline.pipeline_warnings(chosen))
    bars = dataset.open_data(data, chord)
    begun = time.monotonic()
    rolls = pipeline.augment(bars.rolls, chosen, seed)
    seconds = time.monotonic() - begun
    origins = tuple(bars.provenance[i] for i in pipeline.source_indices(len(bars.rolls), chosen))
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
        int | None,
        typer.Option(min=1, help="instead of steps: bars to draw, in times their number"),
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
    begun = run_folder.read(folder) if folder is not None and resume else None
    # the paper's networks come with its training unless another recipe is asked for
    usual = "paper" if architecture == "paper" else DEFAULT_RECIPE
    base = begun.options if begun and not recipe else read_recipe(recipe or usual)
    options = with_flags(base, given)
    say(pipeline.pipeline_warnings(options.augment))
    kept = begun.bars if begun and not data and not chord else None
    bars = kept or dataset.open_data(data, chord)
    say(f"skipped {broken}" for broken in bars.counts.broken)
    if len(bars.rolls) < 2:
        raise DatasetError("one bar is no style; give at least two")
    grown = pipeline.augmented_count(len(bars.rolls), options.augment)
    if epochs is not None:
        through = -(-epochs * grown // options.batch)
        options = msgspec.structs.replace(options, steps=through)
    if folder is not None and begun:
        run_folder.demand_same(folder, begun, run_folder.RunSetup(options, bars))
    if folder is None or dry_run:
        print(to_toml(options), end="")
        return
    if options.architecture == "markov":
        raise SidemanError("a Markov chain is not trained; it is an arm of training experiment")
    _train(folder, options, bars, resume=resume)


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
    from training.train import trainer  # noqa: PLC0415 - tensorflow takes seconds
    from training.train.export import export as write  # noqa: PLC0415

    made = write(trainer.trained(folder), output, remark, discriminator=discriminator)
    print(describe.made(made))


@app.command()
def weights(
    folder: Annotated[Path, typer.Argument(help="the run's folder")],
    output: NpzOption = Path("weights.npz"),
) -> None:
    """Keep what a run has learned, for others to begin with: training run --pretrained weights.npz."""
    from training import pretrained  # noqa: PLC0415 - tensorflow takes seconds
    from training.train import trainer  # noqa: PLC0415 - tensorflow takes seconds
    from training.train.export import provenance  # noqa: PLC0415

    made = trainer.trained(folder)
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
        from training.train.sample_sheets import animate as draw  # noqa: PLC0415

        sheets = sorted((path / "samples").glob("*.png"))
        if not sheets:
            raise RunFolderError(f"{path}: no samples of a run there; name a run's folder")
        draw(sheets, animate)
    print(describe.path(path))


for command in (
    evaluate.fid,
    evaluate.teach,
    evaluate.experiment,
    evaluate.search,
    evaluate.report,
):
    app.command()(command)


def _train(folder: Path, options: Options, bars: dataset.Dataset, *, resume: bool) -> None:
    extras.require_installed("matplotlib")  # said before tensorflow has taken its seconds
    from training.train import trainer  # noqa: PLC0415

    trained = trainer.reopen(folder) if resume else trainer.begin(folder, options, bars)
    for name in trained.labels.constant:
        say([f"{name} is the same in every bar, so it cannot be asked for"])
    try:
        with progress() as bar:
            task = bar.add_task("training", total=trained.options.steps, completed=trained.step)

            def report(step: int, losses: dict[str, float]) -> None:
                epoch = step * trained.options.batch // len(trained.seen)
                words = " ".join(f"{name} {value:.2f}" for name, value in losses.items())
                bar.update(task, completed=step, description=f"epoch {epoch}: {words}")

            trained.train(report)
    except KeyboardInterrupt:
        raise RunFolderError(
            f"stopped; training run --resume -o {folder} goes on with it"
        ) from None
    print(f"{folder}: {trained.step} steps, {trained.seconds:.0f} s")
