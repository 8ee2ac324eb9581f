"""The scaled piano roll (SPR): the codec between notes and bars (paper, section 4.1).

A bar is int8, shape (48, 64): pitch rows by time columns, +1 on and -1 off. Row 24 is the root of
the chord (MIDI 60 when that is C). `encode` and `decode` are an inverse pair on everything that the
grid can say; a re-struck note is told from a held one by the empty column before the re-strike.
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
SHORTEST_COLUMNS = 2  # a 1/32: anything shorter is dust to a listener
MOST_VOICES = 4


class Encoded(NamedTuple):
    """What `encode` made of a phrase.

    `rolls`: int8 (bars, 48, 64). `folded`: notes outside the 48 rows, moved by octaves.
    `moved`: ticks by which each onset was moved to the grid, summed. `lost`: notes that left no
    trace, because another of the same pitch begins in the same or the next column.
    """

    rolls: Rolls
    folded: int
    moved: int
    lost: int


def encode(notes: Iterable[Note], bars: int | None = None, *, shift: int = 0) -> Encoded:
    """Rolls of a phrase, with what did not fit counted.

    `bars`: how many bars come back (default: as many as the notes need, at least one); notes
    beyond them are left out. `shift`: semitones added to every pitch first, to bring the chord's
    root to C. Notes that are not on the grid are rounded to it and keep at least one column.
    """
    placed = []
    folded = moved = 0
    for note in notes:
        column = (note.start + TICKS_PER_COLUMN // 2) // TICKS_PER_COLUMN
        length = max(1, (note.duration + TICKS_PER_COLUMN // 2) // TICKS_PER_COLUMN)
        row = note.pitch + shift - LOWEST_PITCH
        in_range = fold(row)
        folded += in_range != row
        moved += abs(note.start - column * TICKS_PER_COLUMN)
        placed.append((column, length, in_range))
    placed.sort()
    last = max((column + length for column, length, _ in placed), default=1)
    count = bars if bars is not None else max(1, -(-last // COLUMNS))
    strip = np.full((ROWS, count * COLUMNS), -1, dtype=np.int8)
    for column, length, row in placed:
        if column >= strip.shape[1]:
            continue
        strip[row, max(0, column - 1) :] = -1  # a re-strike ends the held note one column early
        strip[row, column : column + length] = 1
    rolls = np.ascontiguousarray(strip.reshape(ROWS, count, COLUMNS).transpose(1, 0, 2))
    return Encoded(rolls, folded, moved, max(0, len(placed) - _count_notes(strip)))


def decode(rolls: Rolls) -> Phrase:
    """The phrase that rolls spell: notes sorted by start, then pitch; pitches 36 to 83.

    `rolls`: (bars, 48, 64) or one bar (48, 64), anything above 0 is on. Bars follow each other in
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


def fold(row: int) -> int:
    """The row (0 to 47) that a row outside the roll folds to, by octaves."""
    if row < 0:
        return row % 12
    if row >= ROWS:
        return ROWS - 12 + row % 12
    return row


def threshold(raw: NDArray[np.floating], level: float = 0.0) -> Rolls:
    """Rolls (-1 and +1) of what a generator answers: on where it is above `level`."""
    return np.where(raw > level, 1, -1).astype(np.int8)


def clean(rolls: Rolls) -> Rolls:
    """Rolls without dust: one-column gaps filled, then notes of one column dropped.

    A gap of one column is filled only inside a row where both neighbours are long enough to be one
    note that the network tore (at least one of them a single column); between two real notes it
    is a re-strike and stays.
    """
    on = _bars(rolls) > 0
    before = np.pad(on, ((0, 0), (0, 0), (2, 2)))
    left, right = before[:, :, 1:-3], before[:, :, 3:-1]
    left_two, right_two = before[:, :, :-4], before[:, :, 4:]
    torn = ~on & left & right & ~(left_two & right_two)
    on = on | torn
    padded = np.pad(on, ((0, 0), (0, 0), (1, 1)))
    alone = on & ~padded[:, :, :-2] & ~padded[:, :, 2:]
    return np.where(on & ~alone, 1, -1).astype(np.int8)


def unplayable(rolls: Rolls) -> NDArray[np.bool_]:
    """For each bar whether no player would accept it; shape (bars,).

    A bar is unplayable when it is empty, when more than four notes sound at once, or when most of
    its notes are shorter than a 1/32.
    """
    on = _bars(rolls) > 0
    starts = on & ~np.pad(on, ((0, 0), (0, 0), (1, 0)))[:, :, :-1]
    following = np.pad(on, ((0, 0), (0, 0), (0, 1)))[:, :, 1:]
    notes = starts.sum(axis=(1, 2))
    dust = (starts & ~following).sum(axis=(1, 2))
    crowded = on.sum(axis=1).max(axis=1) > MOST_VOICES
    return np.asarray((notes == 0) | crowded | (2 * dust > notes))


def _bars(rolls: Rolls) -> Rolls:
    """Rolls as (bars, 48, 64), whether one bar came or many."""
    return rolls.reshape(-1, ROWS, COLUMNS)


def _strip(rolls: Rolls) -> Rolls:
    """All bars side by side, (48, bars * 64)."""
    return _bars(rolls).transpose(1, 0, 2).reshape(ROWS, -1)


def _runs(on: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Row, first column and column after the last of every run of on-cells."""
    edges = np.diff(np.pad(on, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    return rows, starts, ends


def _count_notes(strip: Rolls) -> int:
    return len(_runs(strip > 0)[0])
