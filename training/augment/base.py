"""The type of every strategy, and what several strategies need."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from perform.music.note import ROWS
from perform.music.note_table import NoteTable, Numbers
from perform.music.pianoroll import Rolls

Strategy = Callable[[Rolls, np.random.Generator], Rolls]
BEAT = 16  # columns


def copy(rolls: Rolls, _rng: np.random.Generator) -> Rolls:
    """The same bars again: with it the paper's Replicated data set (6.2) is a pipeline too."""
    return rolls.copy()


def random_note_per_bar(notes: NoteTable, rng: np.random.Generator) -> Numbers:
    """The index of one random note of each bar that has notes."""
    if not len(notes.bar):
        return np.empty(0, np.intp)
    order = np.lexsort((rng.random(len(notes.bar)), notes.bar))
    first = np.r_[True, notes.bar[order][1:] != notes.bar[order][:-1]]
    return np.asarray(order[first], np.intp)


def select(notes: NoteTable, chosen: Numbers | NDArray[np.bool_]) -> NoteTable:
    """The notes at these indices, in their order, or those where a mask is true."""
    return NoteTable(notes.bars, *(column[chosen] for column in notes[1:]))


def sort_by_time(notes: NoteTable) -> NoteTable:
    """The notes sorted by bar, then start, then row."""
    return select(notes, np.lexsort((notes.row, notes.start, notes.bar)))


def restore_silent(before: Rolls, after: Rolls) -> Rolls:
    """The new bars, with the old bar where the new one is silent. Changes `after`."""
    silent = ~(after > 0).any(axis=(1, 2))
    after[silent] = before[silent]
    return after


def row_range(notes: NoteTable) -> tuple[Numbers, Numbers]:
    """The lowest and the highest row of each bar, (bars,) each; 0 and 0 for an empty bar."""
    low = np.full(notes.bars, ROWS)
    high = np.zeros(notes.bars, np.intp)
    np.minimum.at(low, notes.bar, notes.row)
    np.maximum.at(high, notes.bar, notes.row)
    return np.where(low == ROWS, 0, low), high


def shift_rows(notes: NoteTable, shift: NDArray[np.intp], fallback: NDArray[np.intp]) -> Numbers:
    """The rows after each bar moves by its shift; by `fallback` where the bar leaves the roll.

    A bar that leaves the roll either way stays. `shift`, `fallback`: semitones, (bars,).
    """
    low, high = row_range(notes)

    def fits(step: NDArray[np.intp]) -> NDArray[np.bool_]:
        return (low + step >= 0) & (high + step < ROWS)

    step = np.where(fits(shift), shift, np.where(fits(fallback), fallback, 0))
    return np.asarray(notes.row + step[notes.bar], np.intp)
