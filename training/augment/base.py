"""What every strategy is, and what several of them need."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from perform.music.note import ROWS
from perform.music.note_table import NoteTable, Numbers
from perform.music.pianoroll import Rolls

Strategy = Callable[[Rolls, np.random.Generator], Rolls]
BEAT = 16  # columns


def copy(rolls: Rolls, _rng: np.random.Generator) -> Rolls:
    """The bars again, unchanged: with it the paper's Replicated data set (6.2) is a pipeline too."""
    return rolls.copy()


def one_of_each(notes: NoteTable, rng: np.random.Generator) -> Numbers:
    """The index of one note of every bar that has any, each as likely as the other."""
    if not len(notes.bar):
        return np.empty(0, np.intp)
    order = np.lexsort((rng.random(len(notes.bar)), notes.bar))
    first = np.r_[True, notes.bar[order][1:] != notes.bar[order][:-1]]
    return np.asarray(order[first], np.intp)


def only(notes: NoteTable, kept: Numbers | NDArray[np.bool_]) -> NoteTable:
    """The notes of these indices, in their order, or those for which `kept` is true."""
    return NoteTable(notes.bars, *(column[kept] for column in notes[1:]))


def by_time(notes: NoteTable) -> NoteTable:
    """The notes of each bar as they begin, from the lowest where several do."""
    return only(notes, np.lexsort((notes.row, notes.start, notes.bar)))


def or_as_it_was(before: Rolls, after: Rolls) -> Rolls:
    """The new bars, but the old one where nothing would be left."""
    silent = ~(after > 0).any(axis=(1, 2))
    after[silent] = before[silent]
    return after


def reach(notes: NoteTable) -> tuple[Numbers, Numbers]:
    """Lowest and highest row of every bar (bars,), 0 and 0 for an empty one."""
    low = np.full(notes.bars, ROWS)
    high = np.zeros(notes.bars, np.intp)
    np.minimum.at(low, notes.bar, notes.row)
    np.maximum.at(high, notes.bar, notes.row)
    return np.where(low == ROWS, 0, low), high


def shift_where_it_fits(
    notes: NoteTable, by: NDArray[np.intp], otherwise: NDArray[np.intp]
) -> Numbers:
    """The rows when every bar moves by its own number, or else by `otherwise`, or else stays."""
    low, high = reach(notes)

    def fits(step: NDArray[np.intp]) -> NDArray[np.bool_]:
        return (low + step >= 0) & (high + step < ROWS)

    step = np.where(fits(by), by, np.where(fits(otherwise), otherwise, 0))
    return np.asarray(notes.row + step[notes.bar], np.intp)
