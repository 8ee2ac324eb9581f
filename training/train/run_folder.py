"""What a run was begun with, as its folder keeps it: it goes on with that and nothing else."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from perform.errors import DatasetError, RunFolderError
from training.data import dataset
from training.options import Options, read_options

OPTIONS, DATA = "options.json", "data.npz"


class RunSetup(NamedTuple):
    """The options and the bars of a run."""

    options: Options
    bars: dataset.Dataset


def read(folder: Path) -> RunSetup:
    """The options and the bars of the run in a folder; RunFolderError when there are none."""
    if not (folder / OPTIONS).exists():
        raise RunFolderError(f"{folder}: no run that can be continued; begin one without --resume")
    options = read_options(folder / OPTIONS)
    try:
        return RunSetup(options, dataset.load(folder / DATA))
    except DatasetError as fault:
        raise RunFolderError(f"{folder}: its bars are gone ({fault}); begin a new run") from None


def demand_same(folder: Path, begun: RunSetup, asked: RunSetup) -> None:
    """RunFolderError, which names what differs, where a call asks for another run than the one in the folder."""
    others = [
        name
        for name in Options.__struct_fields__
        if getattr(begun.options, name) != getattr(asked.options, name)
    ]
    if not np.array_equal(begun.bars.rolls, asked.bars.rolls) or (
        begun.bars.provenance != asked.bars.provenance
    ):
        others.append("bars")
    if others:
        raise RunFolderError(
            f"{folder}: a run goes on as it began, and this one began with other {', '.join(others)}; give "
            "--resume and -o alone, or begin in another folder"
        )
