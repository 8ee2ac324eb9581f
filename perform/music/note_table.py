"""The notes of many bars as arrays, one a column of the table."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.music.note import COLUMNS, ROWS
from perform.music.pianoroll import Rolls

Numbers = NDArray[np.intp]


class NoteTable(NamedTuple):
    """The notes of `bars` bars; each field is an array (notes,).

    `start`, `end`: columns of the bar from 0; `end` is the first after the note, 64 at the end of
    the bar. `notes_of` orders them by bar, row and start.
    """

    bars: int
    bar: Numbers
    row: Numbers
    start: Numbers
    end: Numbers


def notes_of(rolls: Rolls) -> NoteTable:
    """The notes of rolls (n, 48, columns)."""
    columns = rolls.shape[2]
    on = np.zeros((len(rolls), ROWS, columns + 2), np.int8)
    on[:, :, 1:-1] = rolls > 0
    edges = np.diff(on, axis=2).reshape(-1)
    # flat indices are three times as fast as bar, row and column at once
    place, start = np.divmod(np.flatnonzero(edges == 1), columns + 1)
    bar, row = np.divmod(place, ROWS)
    return NoteTable(len(rolls), bar, row, start, np.flatnonzero(edges == -1) % (columns + 1))


def rolls_of(table: NoteTable) -> Rolls:
    """The rolls (n, 48, 64) of the notes; a note that is struck again ends one column before.

    Rows outside the roll fold by octaves, columns outside it are cut off, and notes shorter than a
    column are left out.
    """
    row = np.where(table.row < 0, table.row % 12, table.row)
    row = np.where(row >= ROWS, ROWS - 12 + row % 12, row)
    start = np.clip(table.start, 0, COLUMNS)
    end = np.clip(table.end, 0, COLUMNS)
    kept = end > start
    bar, row, start, end = table.bar[kept], row[kept], start[kept], end[kept]
    edges = np.zeros((table.bars, ROWS, COLUMNS + 1), np.int16)
    np.add.at(edges, (bar, row, start), 1)
    np.add.at(edges, (bar, row, end), -1)
    on = edges.cumsum(axis=2)[:, :, :COLUMNS] > 0
    onsets = np.zeros_like(on)
    onsets[bar, row, start] = True
    held = on[:, :, :-1] & onsets[:, :, 1:] & ~onsets[:, :, :-1]
    on[:, :, :-1] &= ~held
    return np.where(on, 1, -1).astype(np.int8)
