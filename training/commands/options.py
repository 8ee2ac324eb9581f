"""What several commands of `training` take and say."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

OWN_BARS = Path(__file__).parent.with_name("bars")
Data = Annotated[
    list[Path] | None,
    typer.Argument(help="MIDI files, folders, or one .npz; default: our own bars"),
]
WeightsOption = Annotated[Path | None, typer.Option(help="inception's weights, .h5")]
NpzOption = Annotated[Path, typer.Option("-o", "--output", help="the .npz to write")]
CorpusOption = Annotated[list[str] | None, typer.Option(help="collections of music21's corpus")]
ChordOption = Annotated[str | None, typer.Option("--chord", help="the root of every bar, like Bb")]


def progress() -> Progress:
    """A bar with what is done, of how much, and the time left, beside the results."""
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def say(lines: Iterable[str]) -> None:
    """Lines beside the results."""
    for line in lines:
        print(line, file=sys.stderr)
