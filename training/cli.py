"""`training`: flags -> options -> a command. Nothing else happens here."""

import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from perform import bundle
from perform.errors import DatasetError, RunFolderError, SidemanError
from training import config, dataset

_DEFAULT = config.Options()
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
    except OSError as fault:  # a full disk, a folder that is not ours
        print(f"training: {fault}; free it or name another place", file=sys.stderr)
        sys.exit(SidemanError.exit_code)


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
    _say_broken(made)
    print(f"{output}: {_describe_counts(made)}")


@app.command()
def run(
    folder: Annotated[Path, typer.Option("-o", "--output", help="the run's folder")],
    data: Data = None,
    chord: ChordOption = None,
    architecture: Annotated[str, typer.Option(help="compact or paper")] = _DEFAULT.architecture,
    loss: Annotated[str | None, typer.Option(help="relativistic or cross-entropy")] = None,
    steps: Annotated[int | None, typer.Option(help="training steps")] = None,
    epochs: Annotated[
        int | None, typer.Option(help="instead of steps: times through the bars")
    ] = None,
    batch: Annotated[int | None, typer.Option(help="bars a step")] = None,
    width: Annotated[int | None, typer.Option(help="channels of compact")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="of both optimisers")] = None,
    penalty: Annotated[float | None, typer.Option(help="weight of R1 and R2; 0 for none")] = None,
    seed: Annotated[int, typer.Option()] = _DEFAULT.seed,
    *,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with the run in the folder, as it was begun")
    ] = False,
) -> None:
    """Train a GAN on bars; a stopped run goes on with --resume."""
    if resume:
        _train(folder, None, None)
        return
    bars = dataset.open_data(data or [OWN_BARS], chord)
    _say_broken(bars)
    if len(bars.rolls) < 2:
        raise DatasetError("one bar is no style; give at least two")
    given = {
        "architecture": architecture,
        "loss": loss,
        "steps": steps,
        "batch": batch,
        "width": width,
        "learning_rate": learning_rate,
        "penalty": penalty,
        "seed": seed,
    }
    options = config.from_flags(given)
    if epochs is not None:
        through = max(1, -(-epochs * len(bars.rolls) // options.batch))
        options = msgspec.structs.replace(options, steps=through)
    _train(folder, options, bars)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="the run's folder")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="the bundle's folder, models/NAME")
    ],
    remark: Annotated[str, typer.Option(help="what it is good and bad at, for the card")] = "",
) -> None:
    """Write a run's generator as a bundle, and load it again before saying so."""
    from training import loop  # noqa: PLC0415 - tensorflow takes seconds
    from training.export import export as write  # noqa: PLC0415

    trained = loop.reopen(folder)
    if trained.step == 0:
        raise RunFolderError(f"{folder}: nothing is trained yet; training run --resume -o {folder}")
    made = write(trained, output, remark)
    print(_describe(made))


@app.command()
def info(
    path: Annotated[Path, typer.Argument(help="a bundle, a run's folder or a data set")],
) -> None:
    """Show what a bundle, a run or an imported data set is."""
    if path.is_dir() and (path / "options.json").is_file():
        options = config.read(path / "options.json")
        lines = (path / "metrics.jsonl").read_text() if (path / "metrics.jsonl").exists() else ""
        last = lines.splitlines()[-1:] or ["not begun"]
        print(f"{path}: {options.architecture}, {options.loss}, {options.steps} steps; {last[0]}")
    elif path.is_dir():
        print(_describe(bundle.load(path)))
    else:
        bars = dataset.load(path)
        print(f"{path}: {_describe_counts(bars)}")
        for name, count in dataset.sources(bars).items():
            print(f"  {name}: {count} bars")


def _train(folder: Path, options: config.Options | None, bars: dataset.Dataset | None) -> None:
    from training import loop  # noqa: PLC0415 - tensorflow takes seconds

    if options is None or bars is None:
        trained = loop.reopen(folder)
    else:
        trained = loop.begin(folder, options, bars)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(
                "training", total=trained.options.steps, completed=trained.step
            )

            def report(step: int, losses: dict[str, float]) -> None:
                epoch = step * trained.options.batch // len(trained.bars.rolls)
                words = " ".join(f"{name} {value:.2f}" for name, value in losses.items())
                progress.update(task, completed=step, description=f"epoch {epoch}: {words}")

            trained.train(report)
    except KeyboardInterrupt:
        raise RunFolderError(
            f"stopped; training run --resume -o {folder} goes on with it"
        ) from None
    print(f"{folder}: {trained.step} steps, {trained.seconds:.0f} s")


def _say_broken(bars: dataset.Dataset) -> None:
    for broken in bars.counts.broken:
        print(f"skipped {broken}", file=sys.stderr)


def _describe_counts(bars: dataset.Dataset) -> str:
    counts = bars.counts
    return (
        f"{counts.kept} bars, {counts.notes} notes; {counts.empty} bars empty, "
        f"{counts.not_four_four} not in 4/4; {counts.folded} notes folded, {counts.lost} lost; moved "
        f"to the grid by {counts.moved_mean:.1f} ticks on average, {counts.moved_most} at most"
    )


def _describe(made: bundle.Bundle) -> str:
    manifest = made.manifest
    figures = " ".join(f"{name}={value:.4g}" for name, value in manifest.metrics.items())
    return f"{made.path}: {manifest.name}, {manifest.architecture}, {figures}"
