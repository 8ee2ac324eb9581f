"""The paper's three strategies (section 4.2)."""

import numpy as np

from perform.music.note import COLUMNS, ROWS
from perform.music.note_table import NoteTable, notes_of, rolls_of
from perform.music.pianoroll import Rolls
from training.augment.base import one_of_each, shift_where_it_fits

DIVISIONS = np.array((2, 4, 6, 8, 12, 16, 24, 32))  # a 1/32 to a half note, dotted ones between
OCTAVE, FOURTH = 12, 5


def time_change(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars in which one note lasts longer or shorter, by a division of time (paper, figure 4).

    It ends before its row is struck again and within the bar; where no other division has room, the
    bar stays as it is.
    """
    notes = notes_of(rolls)
    chosen = one_of_each(notes, rng)
    # notes come by bar, row and start: the next one is in the way when its bar and row are the same
    same = (notes.bar[1:] == notes.bar[:-1]) & (notes.row[1:] == notes.row[:-1])
    limit = np.r_[np.where(same, notes.start[1:] - 1, COLUMNS), COLUMNS][: len(notes.bar)]
    room = (limit - notes.start)[chosen]
    length = (notes.end - notes.start)[chosen]
    able = (room[:, None] >= DIVISIONS) & (length[:, None] != DIVISIONS)
    pick = np.where(able, rng.random(able.shape), -1).argmax(axis=1)
    end = notes.end.copy()
    changed = np.where(able.any(axis=1), DIVISIONS[pick], length)
    end[chosen] = notes.start[chosen] + changed
    return rolls_of(notes._replace(end=end))


def octave_change(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars an octave higher or lower, at random; the other way where it does not fit (paper, figure 5)."""
    notes = notes_of(rolls)
    way = rng.choice((-OCTAVE, OCTAVE), len(rolls))
    return rolls_of(notes._replace(row=shift_where_it_fits(notes, way, -way)))


def fifth_addition(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars with one more note, five semitones above or below one of theirs (paper, figure 6).

    It begins and ends with that note; the other way where the first does not fit or sounds already.
    """
    notes = notes_of(rolls)
    chosen = one_of_each(notes, rng)
    bar, start, end = notes.bar[chosen], notes.start[chosen], notes.end[chosen]
    way = rng.choice((-FOURTH, FOURTH), len(chosen))
    sounding = np.pad((rolls > 0).cumsum(axis=2), ((0, 0), (0, 0), (1, 0)))

    def free(row: np.ndarray) -> np.ndarray:
        inside = (row >= 0) & (row < ROWS)
        line = np.clip(row, 0, ROWS - 1)
        # a column of silence on either side keeps it apart from what its row plays anyway
        after, before = np.minimum(end + 1, COLUMNS), np.maximum(start - 1, 0)
        return np.asarray(inside & (sounding[bar, line, after] == sounding[bar, line, before]))

    row = notes.row[chosen]
    up, down = free(row + way), free(row - way)
    added = np.where(up, row + way, row - way)
    kept = up | down
    new = NoteTable(len(rolls), bar[kept], added[kept], start[kept], end[kept])
    return np.maximum(rolls, rolls_of(new))
