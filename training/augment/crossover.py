"""The strategy that makes one bar of two."""

import numpy as np

from perform.music.note import BEATS_PER_BAR, COLUMNS
from perform.music.note_table import NoteTable, Numbers, notes_of, rolls_of
from perform.music.pianoroll import Rolls
from training.augment.base import BEAT, restore_silent, select, sort_by_time

CANDIDATES = 8
SILENT_DISTANCE = 6  # semitones: how far a silent half counts from any note


def crossover(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars that continue from their second, third or fourth beat as another bar does.

    Of eight random bars it takes the one whose first note there is nearest to the last note
    before (one-point crossover of measures, as in GenJam, Biles 1994). The chord stays the first
    bar's.
    """
    bars = np.arange(len(rolls))
    cut = rng.integers(1, BEATS_PER_BAR, len(rolls)) * BEAT
    offset = rng.integers(1, max(2, len(rolls)), (CANDIDATES, len(rolls)))
    others = (bars + offset) % max(1, len(rolls))
    line = sort_by_time(notes_of(rolls))
    position = line.bar * COLUMNS + line.start
    leaving = _row(line, np.searchsorted(position, bars * COLUMNS + cut) - 1, bars)
    entering = _row(line, np.searchsorted(position, others * COLUMNS + cut), others)
    silent = (leaving < 0) | (entering < 0)
    distance = np.where(silent, SILENT_DISTANCE, np.abs(entering - leaving))
    chosen = others[distance.argmin(axis=0), bars]
    head = select(line, line.start < cut[line.bar])
    head = head._replace(end=np.minimum(head.end, cut[head.bar]))
    tail = notes_of(rolls[chosen])
    tail = select(tail, tail.start >= cut[tail.bar])
    joined = (np.concatenate(pair) for pair in zip(head[1:], tail[1:], strict=True))
    return restore_silent(rolls, rolls_of(NoteTable(len(rolls), *joined)))


def _row(line: NoteTable, index: Numbers, bars: Numbers) -> Numbers:
    """The rows of the notes at these indices; -1 where the note belongs to another bar."""
    # index -1 and one past the end belong to no bar
    bar, row = np.append(line.bar, -1), np.append(line.row, -1)
    return np.where(bar[index] == bars, row[index], -1)
