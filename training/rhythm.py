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


def held_from(chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each column the last chosen one up to it, (64,): where it takes its notes from."""
    return np.maximum.accumulate(np.where(chosen, np.arange(len(chosen)), 0))
