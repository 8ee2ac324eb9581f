"""`training`: flags -> options -> a command. Nothing else happens here; what measures is in `measuring`."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from perform.errors import DatasetError, RunFolderError, SidemanError
from perform.music.notetable import notes_of
from perform.version import VersionOption
from training import beginning, config, dataset, describe, extras, measuring
from training.augment import pipeline
from training.augment.registry import described
from training.flags import OWN_BARS, ChordOption, CorpusOption, Data, NpzOption, progress, say

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
            raise extras.explained(fault) from None
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
        from training.corpus import import_corpus  # noqa: PLC0415 - music21 takes seconds

        made = import_corpus(corpus, kind)
    else:
        made = dataset.open_data(data or [OWN_BARS], chord)
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
        print("\n".join(described()))
        return
    chosen = pipeline.parse_stages(stages)
    say(pipeline.cautions(chosen))
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
    begun = beginning.read(folder) if folder is not None and resume else None
    # the paper's networks come with its training unless another recipe is asked for
    usual = "paper" if architecture == "paper" else config.DEFAULT_RECIPE
    base = begun.options if begun and not recipe else config.recipe(recipe or usual)
    options = config.from_flags(base, given)
    say(pipeline.cautions(options.augment))
    kept = begun.bars if begun and not data and not chord else None
    bars = kept or dataset.open_data(data or [OWN_BARS], chord)
    say(f"skipped {broken}" for broken in bars.counts.broken)
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


for command in (
    measuring.fid,
    measuring.teach,
    measuring.experiment,
    measuring.search,
    measuring.report,
):
    app.command()(command)


def _train(folder: Path, options: config.Options, bars: dataset.Dataset, *, resume: bool) -> None:
    extras.demand("matplotlib")  # said before tensorflow has taken its seconds
    from training import loop  # noqa: PLC0415

    trained = loop.reopen(folder) if resume else loop.begin(folder, options, bars)
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
