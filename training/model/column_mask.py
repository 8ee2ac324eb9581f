"""The rhythm of a style as columns: where in the bar its notes begin and end."""

import numpy as np
from numpy.typing import NDArray

from perform.music.note import COLUMNS
from perform.music.pianoroll import Rolls


def change_columns(rolls: Rolls, share: float) -> NDArray[np.bool_]:
    """Which of the 64 columns hold at least this share (0 to 1) of all note beginnings and ends.

    The first column always counts. With share 0 every column does.
    """
    on = rolls > 0
    changes = np.zeros(COLUMNS)
    changes[1:] = (on[:, :, 1:] != on[:, :, :-1]).sum(axis=(0, 1))
    changes[0] = on[:, :, 0].sum()
    chosen = changes >= share * changes.sum()
    chosen[0] = True
    return np.asarray(chosen)


def onset_columns(rolls: Rolls, share: float) -> NDArray[np.bool_]:
    """Which of the 64 columns hold at least this share (0 to 1) of all note beginnings.

    The first column always counts.
    """
    on = rolls > 0
    onsets = on.sum(axis=(0, 1))
    onsets[1:] = (on[:, :, 1:] & ~on[:, :, :-1]).sum(axis=(0, 1))
    chosen = onsets >= share * onsets.sum()
    chosen[0] = True
    return np.asarray(chosen)


def required_columns(changes: NDArray[np.bool_], onsets: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each column the columns in which a note must sound to sound in it, (64, the most).

    They are the columns of `changes` from the last of `onsets` up to this one. So notes change
    only in columns of `changes`, and between two columns of `onsets` they only end. A shorter
    list repeats its last column.
    """
    columns = np.arange(len(changes))
    last_onset = np.maximum.accumulate(np.where(changes & onsets, columns, 0))
    runs = [
        np.flatnonzero(changes[first : column + 1]) + first
        for column, first in zip(columns, last_onset, strict=True)
    ]
    most = max(map(len, runs))
    return np.stack([np.pad(run, (0, most - len(run)), mode="edge") for run in runs])
