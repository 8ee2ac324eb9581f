"""The scaled piano roll (SPR): the codec between notes and bars (paper, section 4.1).

A bar is int8, shape (48, 64): pitch rows by time columns, +1 on and -1 off. Row 24 is the root of
the chord (MIDI 60 when that is C). `encode` and `decode` are inverse for all phrases on the grid. A
note that is struck again differs from a held note by the empty column before it.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.music.note import (
    COLUMNS,
    LOWEST_PITCH,
    ROWS,
    TICKS_PER_COLUMN,
    Note,
    Phrase,
)

Rolls = NDArray[np.int8]
SHORTEST_COLUMNS = 2  # a thirty-second; anything shorter is not heard as a note
MAX_POLYPHONY = 4


class Encoded(NamedTuple):
    """The rolls of a phrase, int8 (bars, 48, 64), and what did not fit.

    `folded`: how many notes outside the 48 rows were moved by octaves. `moved`: the sum of ticks by
    which onsets were moved to the grid. `lost`: how many notes are not in the rolls, because
    another of the same pitch begins in the same or the next column.
    """

    rolls: Rolls
    folded: int
    moved: int
    lost: int


def encode(notes: Iterable[Note], bars: int | None = None, *, shift: int = 0) -> Encoded:
    """The rolls of a phrase, with counts of what did not fit.

    `bars`: how many bars (default: as many as the notes need, at least one); notes beyond them are
    left out. `shift`: semitones added to every pitch, to move the chord's root to C. Notes off the
    grid are rounded to it, and last at least one column.
    """
    cells = []
    folded = moved = 0
    for note in notes:
        column = (note.start + TICKS_PER_COLUMN // 2) // TICKS_PER_COLUMN
        length = max(1, (note.duration + TICKS_PER_COLUMN // 2) // TICKS_PER_COLUMN)
        row = note.pitch + shift - LOWEST_PITCH
        in_range = fold_row(row)
        folded += in_range != row
        moved += abs(note.start - column * TICKS_PER_COLUMN)
        cells.append((column, length, in_range))
    cells.sort()
    last = max((column + length for column, length, _ in cells), default=1)
    count = bars if bars is not None else max(1, -(-last // COLUMNS))
    strip = np.full((ROWS, count * COLUMNS), -1, dtype=np.int8)
    for column, length, row in cells:
        if column >= strip.shape[1]:
            continue
        strip[row, max(0, column - 1) :] = -1  # a held note ends one column early
        strip[row, column : column + length] = 1
    rolls = np.ascontiguousarray(strip.reshape(ROWS, count, COLUMNS).transpose(1, 0, 2))
    return Encoded(rolls, folded, moved, max(0, len(cells) - _count_notes(strip)))


def decode(rolls: Rolls) -> Phrase:
    """The phrase of rolls: notes sorted by start, then pitch; pitches 36 to 83.

    `rolls`: (bars, 48, 64) or one bar (48, 64); cells above 0 are on. Bars follow each other in
    time, and a row that is on across a bar line is one held note.
    """
    strip = _strip(rolls)
    rows, starts, ends = _runs(strip > 0)
    order = np.lexsort((rows, starts))
    return tuple(
        Note(start * TICKS_PER_COLUMN, (end - start) * TICKS_PER_COLUMN, row + LOWEST_PITCH)
        for row, start, end in zip(
            rows[order].tolist(), starts[order].tolist(), ends[order].tolist(), strict=True
        )
    )


def fold_row(row: int) -> int:
    """The row (0 to 47) that a row outside the roll folds to, by octaves."""
    if row < 0:
        return row % 12
    if row >= ROWS:
        return ROWS - 12 + row % 12
    return row


def threshold(raw: NDArray[np.floating], level: float = 0.0) -> Rolls:
    """The rolls (-1 and +1) of a generator's output: cells above `level` are on."""
    return np.where(raw > level, 1, -1).astype(np.int8)


def clean(rolls: Rolls) -> Rolls:
    """The rolls with gaps of one column filled, and then notes of one column removed.

    A gap is filled only where the note before or after it has a single column: there the network
    broke one note in two. Between longer notes, the second is struck again, and the gap stays.
    """
    on = _bars(rolls) > 0
    wide = np.pad(on, ((0, 0), (0, 0), (2, 2)))
    left, right = wide[:, :, 1:-3], wide[:, :, 3:-1]
    left_two, right_two = wide[:, :, :-4], wide[:, :, 4:]
    broken = ~on & left & right & ~(left_two & right_two)
    on = on | broken
    padded = np.pad(on, ((0, 0), (0, 0), (1, 1)))
    alone = on & ~padded[:, :, :-2] & ~padded[:, :, 2:]
    return np.where(on & ~alone, 1, -1).astype(np.int8)


def unplayable(rolls: Rolls) -> NDArray[np.bool_]:
    """Whether each bar is unplayable, (bars,).

    A bar is unplayable when it is empty, when more than four notes sound at once, or when most of
    its notes are shorter than a 1/32.
    """
    on = _bars(rolls) > 0
    starts = on & ~np.pad(on, ((0, 0), (0, 0), (1, 0)))[:, :, :-1]
    following = np.pad(on, ((0, 0), (0, 0), (0, 1)))[:, :, 1:]
    notes = starts.sum(axis=(1, 2))
    short = (starts & ~following).sum(axis=(1, 2))
    too_many = on.sum(axis=1).max(axis=1) > MAX_POLYPHONY
    return np.asarray((notes == 0) | too_many | (2 * short > notes))


def _bars(rolls: Rolls) -> Rolls:
    """Rolls as (bars, 48, 64), from one bar or many."""
    return rolls.reshape(-1, ROWS, COLUMNS)


def _strip(rolls: Rolls) -> Rolls:
    """All bars side by side, (48, bars * 64)."""
    return _bars(rolls).transpose(1, 0, 2).reshape(ROWS, -1)


def _runs(on: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """The row, first column and column after the last of each run of cells that are on."""
    edges = np.diff(np.pad(on, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    return rows, starts, ends


def _count_notes(strip: Rolls) -> int:
    return len(_runs(strip > 0)[0])
