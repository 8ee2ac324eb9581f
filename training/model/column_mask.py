"""Where in the bar notes of a style begin and end: its rhythm, as columns."""

import numpy as np
from numpy.typing import NDArray

from perform.music.note import COLUMNS
from perform.music.pianoroll import Rolls


def columns(rolls: Rolls, share: float) -> NDArray[np.bool_]:
    """Which of the 64 columns hold at least this share (0 to 1) of all beginnings and ends of notes.

    The first always does. With share 0 it is every column, also those where nothing ever happens.
    """
    on = rolls > 0
    changes = np.zeros(COLUMNS)
    changes[1:] = (on[:, :, 1:] != on[:, :, :-1]).sum(axis=(0, 1))
    changes[0] = on[:, :, 0].sum()
    chosen = changes >= share * changes.sum()
    chosen[0] = True
    return np.asarray(chosen)


def beginnings(rolls: Rolls, share: float) -> NDArray[np.bool_]:
    """Which of the 64 columns hold at least this share (0 to 1) of all beginnings of notes; the first always does."""
    on = rolls > 0
    struck = on.sum(axis=(0, 1))
    struck[1:] = (on[:, :, 1:] & ~on[:, :, :-1]).sum(axis=(0, 1))
    chosen = struck >= share * struck.sum()
    chosen[0] = True
    return np.asarray(chosen)


def sounding_with(changes: NDArray[np.bool_], beginnings: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each column those in all of which a note has to sound to sound there, (64, as many as the most have).

    They are the columns of `changes` from the last of `beginnings` up to it: notes change in these alone, and between
    two beginnings they only end.
    """
    here = np.arange(len(changes))
    begun = np.maximum.accumulate(np.where(changes & beginnings, here, 0))
    runs = [
        np.flatnonzero(changes[first : c + 1]) + first for c, first in zip(here, begun, strict=True)
    ]
    most = max(map(len, runs))
    return np.stack([np.pad(run, (0, most - len(run)), mode="edge") for run in runs])
