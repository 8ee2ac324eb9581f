"""A run's folder: the names in it, and the options and bars, which a resumed run uses again."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from perform.errors import DatasetError, RunFolderError
from training.data import dataset
from training.options import Options, read_options

OPTIONS, DATA = "options.json", "data.npz"
METRICS, CHECKPOINT, SHEETS = "metrics.jsonl", "checkpoint.npz", "samples"


class RunSetup(NamedTuple):
    """The options and the bars of a run."""

    options: Options
    bars: dataset.Dataset


def read_setup(folder: Path) -> RunSetup:
    """The options and the bars of the run in a folder; RunFolderError when there is no run."""
    if not (folder / OPTIONS).exists():
        raise RunFolderError(f"{folder}: no run that can be continued; begin one without --resume")
    options = read_options(folder / OPTIONS)
    try:
        return RunSetup(options, dataset.load(folder / DATA))
    except DatasetError as error:
        raise RunFolderError(f"{folder}: its bars are gone ({error}); begin a new run") from None


def check_same(folder: Path, begun: RunSetup, requested: RunSetup) -> None:
    """RunFolderError when a command requests another run than the one in the folder.

    The message names every difference.
    """
    differing = [
        name
        for name in Options.__struct_fields__
        if getattr(begun.options, name) != getattr(requested.options, name)
    ]
    if not np.array_equal(begun.bars.rolls, requested.bars.rolls) or (
        begun.bars.provenance != requested.bars.provenance
    ):
        differing.append("bars")
    if differing:
        raise RunFolderError(
            f"{folder}: a run continues as it began, and this one began with other "
            f"{', '.join(differing)}; give --resume and -o alone, or begin in another folder"
        )
