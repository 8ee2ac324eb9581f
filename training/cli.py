"""`training`: flags -> options -> a command. Nothing else happens here."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from perform import bundle
from perform.errors import DatasetError, RunFolderError, SidemanError
from training import config, dataset

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
ChordOption = Annotated[str | None, typer.Option("--chord", help="the root of every bar, like Bb")]


def main() -> None:
    """Run a command; what the user can mend becomes one line and an exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        app()
    except SidemanError as fault:
        print(f"training: {fault}", file=sys.stderr)
        sys.exit(fault.exit_code)


@app.command("import")
def import_(
    data: Data = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="the .npz to write")] = Path(
        "bars.npz"
    ),
    chord: ChordOption = None,
) -> None:
    """Read MIDI files into bars, and say what became of them."""
    made = dataset.open_data(data or [OWN_BARS], chord)
    dataset.save(made, output)
    for broken in made.counts.broken:
        print(f"skipped {broken}", file=sys.stderr)
    counts = made.counts
    print(
        f"{output}: {counts.kept} bars, {counts.notes} notes; {counts.empty} empty, "
        f"{counts.not_four_four} not in 4/4, {counts.folded} notes folded, {counts.lost} lost; moved to "
        f"the grid by {counts.moved_mean:.1f} ticks on average, {counts.moved_most} at most"
    )


@app.command()
def run(
    folder: Annotated[Path, typer.Option("-o", "--output", help="the run's folder")],
    data: Data = None,
    chord: ChordOption = None,
    architecture: Annotated[str, typer.Option(help="compact or paper")] = "compact",
    steps: Annotated[int | None, typer.Option(min=1, help="training steps")] = None,
    batch: Annotated[int | None, typer.Option(min=1)] = None,
    width: Annotated[int | None, typer.Option(min=1, help="channels of compact")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    *,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with the run in the folder")
    ] = False,
) -> None:
    """Train a GAN on bars; a stopped run goes on with --resume."""
    if resume:
        _train(folder, None, None)
        return
    if architecture not in ("compact", "paper"):
        raise RunFolderError(f"no architecture {architecture!r}; there are compact and paper")
    options = config.paper(seed) if architecture == "paper" else config.Options(seed=seed)
    given = {"steps": steps, "batch": batch, "width": width}
    options = msgspec.structs.replace(options, **{k: v for k, v in given.items() if v is not None})
    bars = dataset.open_data(data or [OWN_BARS], chord)
    if len(bars.rolls) < 2:
        raise DatasetError("one bar is no style; give at least two")
    _train(folder, options, bars)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="the run's folder")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="the bundle's folder, models/NAME")
    ],
    data: Annotated[
        str, typer.Option(help="where the bars came from, for the card")
    ] = "bars of your own",
    seconds: Annotated[float | None, typer.Option(help="how long it trained, for the card")] = None,
    remark: Annotated[str, typer.Option(help="what it is good and bad at, for the card")] = "",
) -> None:
    """Write a run's generator as a bundle, and load it again before saying so."""
    from training import loop  # noqa: PLC0415 - tensorflow takes seconds
    from training.export import Story  # noqa: PLC0415
    from training.export import export as write  # noqa: PLC0415

    trained = loop.reopen(folder)
    if trained.step == 0:
        raise RunFolderError(f"{folder}: nothing is trained yet; training run --resume -o {folder}")
    story = Story(data, seconds, remark)
    made = write(output.name, trained.average, trained.options, trained.rolls, output, story)
    _show(made)


@app.command()
def info(path: Annotated[Path, typer.Argument(help="a bundle or a data set")]) -> None:
    """Show what a bundle or an imported data set is."""
    if path.suffix == ".npz":
        counts = dataset.load(path).counts
        print(f"{path}: {counts.kept} bars, {counts.notes} notes")
    else:
        _show(bundle.load(path))


def _train(folder: Path, options: config.Options | None, bars: dataset.Dataset | None) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn  # noqa: PLC0415

    from training import loop  # noqa: PLC0415 - tensorflow takes seconds

    if options is None or bars is None:
        trained = loop.reopen(folder)
    else:
        trained = loop.begin(folder, options, bars.rolls)
    begun = time.monotonic()
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("training", total=trained.options.steps, completed=trained.step)

        def report(step: int, losses: dict[str, float]) -> None:
            epoch = step * trained.options.batch // len(trained.rolls)
            words = " ".join(f"{name[:1]} {value:.2f}" for name, value in losses.items())
            progress.update(task, completed=step, description=f"epoch {epoch} {words}")

        trained.train(report)
    print(f"{folder}: {trained.step} steps, {time.monotonic() - begun:.0f} s")


def _show(made: bundle.Bundle) -> None:
    manifest = made.manifest
    figures = " ".join(f"{name}={value:.4g}" for name, value in manifest.metrics.items())
    print(f"{made.path}: {manifest.name}, {manifest.architecture}, {figures}")
