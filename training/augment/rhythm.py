"""Strategies that change when notes begin and end."""

import numpy as np

from perform.music.note import COLUMNS
from perform.music.note_table import NoteTable, Numbers, notes_of, rolls_of
from perform.music.pianoroll import SHORTEST_COLUMNS, Rolls
from training.augment.base import (
    BEAT,
    random_note_per_bar,
    restore_silent,
    select,
    sort_by_time,
)

STRAIGHT, SWUNG = 8, (10, 11)
SHORTEST_HALF = 2


def double_time(rolls: Rolls, _rng: np.random.Generator) -> Rolls:
    """Bars at double speed, played twice (time stretching, McFee et al. 2015)."""
    notes = notes_of(rolls)
    start = notes.start // 2
    end = _audible(notes, start, notes.end // 2)
    bar, row = np.r_[notes.bar, notes.bar], np.r_[notes.row, notes.row]
    half = COLUMNS // 2
    return rolls_of(
        NoteTable(len(rolls), bar, row, np.r_[start, start + half], np.r_[end, end + half])
    )


def half_time(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """The first or second half of each bar at half speed (time stretching, McFee et al. 2015)."""
    notes = notes_of(rolls)
    begin = (rng.integers(0, 2, len(rolls)) * COLUMNS // 2)[notes.bar]
    inside = (notes.start >= begin) & (notes.start < begin + COLUMNS // 2)
    start, end = 2 * (notes.start - begin), 2 * (notes.end - begin)
    return restore_silent(rolls, rolls_of(select(notes._replace(start=start, end=end), inside)))


def swing_change(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars with swung quavers in place of straight ones, and straight in place of swung ones.

    It is a change of tempo inside the beat (after Yong et al. 2019): all notes in a beat move
    together, so their order stays.
    """
    notes = notes_of(rolls)
    off_beat = np.zeros((len(rolls), BEAT), np.intp)
    np.add.at(off_beat, (notes.bar, notes.start % BEAT), 1)
    late = np.where(off_beat[:, SWUNG[0]] >= off_beat[:, SWUNG[1]], *SWUNG)
    swings = off_beat[:, list(SWUNG)].sum(axis=1) > off_beat[:, STRAIGHT]
    before = np.where(swings, late, STRAIGHT)[notes.bar]
    after = np.where(swings, STRAIGHT, rng.choice(SWUNG, len(rolls)))[notes.bar]

    def warp(column: Numbers) -> Numbers:
        place = column % BEAT
        early = place * after / before
        late_part = after + (place - before) * (BEAT - after) / (BEAT - before)
        moved = np.rint(np.where(place <= before, early, late_part)).astype(np.intp)
        return np.asarray(column - place + moved, np.intp)

    start, end = warp(notes.start), warp(notes.end)
    return rolls_of(notes._replace(start=start, end=_audible(notes, start, end)))


def _audible(notes: NoteTable, start: Numbers, end: Numbers) -> Numbers:
    """The new ends, later where a note would become shorter than the shortest playable one."""
    least = np.minimum(SHORTEST_COLUMNS, notes.end - notes.start)
    return np.asarray(np.maximum(end, start + least), np.intp)


def displacement(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars whose notes begin a quaver or a semiquaver early or late (our own).

    A note that leaves the bar at one end enters at the other, and a note ends with the bar at the
    latest. Donahue et al. 2019 exchange instruments instead, but one line has only one.
    """
    notes = notes_of(rolls)
    shift = rng.choice((-8, -4, 4, 8), len(rolls))[notes.bar]
    start = (notes.start + shift) % COLUMNS
    return rolls_of(notes._replace(start=start, end=start + notes.end - notes.start))


def join(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars in which one note lasts to the end of the next one, which is left out (our own).

    It is a deformer in the sense of McFee et al. 2015, who stretch and shift whole recordings.
    """
    line = sort_by_time(notes_of(rolls))
    following = np.flatnonzero((line.bar[1:] == line.bar[:-1]) & (line.start[1:] > line.start[:-1]))
    first = following[random_note_per_bar(select(line, following), rng)]
    end = line.end.copy()
    end[first] = np.maximum(line.end[first], line.end[first + 1])
    remaining = np.ones(len(end), bool)
    remaining[first + 1] = False
    return rolls_of(select(line._replace(end=end), remaining))


def split(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars in which one note becomes two of half its length (our own).

    It is a deformer in the sense of McFee et al. 2015, who stretch and shift whole recordings.
    """
    notes = notes_of(rolls)
    long = np.flatnonzero(notes.end - notes.start >= 2 * (SHORTEST_HALF + 1))
    chosen = long[random_note_per_bar(select(notes, long), rng)]
    half = (notes.start[chosen] + notes.end[chosen]) // 2
    second = NoteTable(len(rolls), notes.bar[chosen], notes.row[chosen], half, notes.end[chosen])
    end = notes.end.copy()
    end[chosen] = half
    first = notes._replace(end=end)
    return rolls_of(
        NoteTable(len(rolls), *(np.r_[a, b] for a, b in zip(first[1:], second[1:], strict=True)))
    )


def retrograde(rolls: Rolls, _rng: np.random.Generator) -> Rolls:
    """Bars played backwards, as in old canons (Papadopoulos and Wiggins 1999)."""
    return np.ascontiguousarray(rolls[:, :, ::-1])
