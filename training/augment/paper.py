"""The paper's three strategies (section 4.2)."""

import numpy as np

from perform.music.note import COLUMNS, ROWS
from perform.music.note_table import NoteTable, notes_of, rolls_of
from perform.music.pianoroll import Rolls
from training.augment.base import random_note_per_bar, shift_rows

DIVISIONS = np.array((2, 4, 6, 8, 12, 16, 24, 32))  # columns: 1/32 to 1/2, dotted ones between
OCTAVE, FOURTH = 12, 5


def time_change(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars in which one note lasts longer or shorter, by a division of time (paper, figure 4).

    It ends before its row sounds again and within the bar. Where no other division has room, the
    bar stays as it is.
    """
    notes = notes_of(rolls)
    chosen = random_note_per_bar(notes, rng)
    # notes are sorted by bar, row and start: the next one limits this one on the same row
    same = (notes.bar[1:] == notes.bar[:-1]) & (notes.row[1:] == notes.row[:-1])
    limit = np.r_[np.where(same, notes.start[1:] - 1, COLUMNS), COLUMNS][: len(notes.bar)]
    room = (limit - notes.start)[chosen]
    length = (notes.end - notes.start)[chosen]
    allowed = (room[:, None] >= DIVISIONS) & (length[:, None] != DIVISIONS)
    pick = np.where(allowed, rng.random(allowed.shape), -1).argmax(axis=1)
    end = notes.end.copy()
    changed = np.where(allowed.any(axis=1), DIVISIONS[pick], length)
    end[chosen] = notes.start[chosen] + changed
    return rolls_of(notes._replace(end=end))


def octave_change(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars an octave higher or lower, at random; where one does not fit, the other (figure 5)."""
    notes = notes_of(rolls)
    shift = rng.choice((-OCTAVE, OCTAVE), len(rolls))
    return rolls_of(notes._replace(row=shift_rows(notes, shift, -shift)))


def fifth_addition(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars with one more note, five semitones above or below one of theirs (paper, figure 6).

    It begins and ends with that note. Where one direction does not fit or sounds already, it
    takes the other.
    """
    notes = notes_of(rolls)
    chosen = random_note_per_bar(notes, rng)
    bar, start, end = notes.bar[chosen], notes.start[chosen], notes.end[chosen]
    shift = rng.choice((-FOURTH, FOURTH), len(chosen))
    sounding = np.pad((rolls > 0).cumsum(axis=2), ((0, 0), (0, 0), (1, 0)))

    def is_free(row: np.ndarray) -> np.ndarray:
        inside = (row >= 0) & (row < ROWS)
        clipped = np.clip(row, 0, ROWS - 1)
        # one silent column on either side separates it from other notes of its row
        after, before = np.minimum(end + 1, COLUMNS), np.maximum(start - 1, 0)
        silent = sounding[bar, clipped, after] == sounding[bar, clipped, before]
        return np.asarray(inside & silent)

    row = notes.row[chosen]
    first, second = is_free(row + shift), is_free(row - shift)
    added = np.where(first, row + shift, row - shift)
    free = first | second
    new = NoteTable(len(rolls), bar[free], added[free], start[free], end[free])
    return np.maximum(rolls, rolls_of(new))
