"""Strategies that make one bar of two."""

import numpy as np

from perform.music.note import BEATS_PER_BAR, COLUMNS
from perform.music.note_table import NoteTable, Numbers, notes_of, rolls_of
from perform.music.pianoroll import Rolls
from training.augment.base import BEAT, by_time, only, or_as_it_was

OTHERS = 8
REST = 6  # semitones: how far a half that is silent is from any note


def crossover(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars that go on from their second, third or fourth beat as another bar does: of eight that are drawn, the one that
    enters nearest to where they leave off (one-point crossover of measures, as in GenJam, Biles 1994). The chord is the first one's.
    """
    bars = np.arange(len(rolls))
    cut = rng.integers(1, BEATS_PER_BAR, len(rolls)) * BEAT
    others = (bars + rng.integers(1, max(2, len(rolls)), (OTHERS, len(rolls)))) % max(1, len(rolls))
    line = by_time(notes_of(rolls))
    place = line.bar * COLUMNS + line.start
    leaving = _row(line, np.searchsorted(place, bars * COLUMNS + cut) - 1, bars)
    entering = _row(line, np.searchsorted(place, others * COLUMNS + cut), others)
    away = np.where((leaving < 0) | (entering < 0), REST, np.abs(entering - leaving))
    chosen = others[away.argmin(axis=0), bars]
    head = only(line, line.start < cut[line.bar])
    head = head._replace(end=np.minimum(head.end, cut[head.bar]))
    tail = notes_of(rolls[chosen])
    tail = only(tail, tail.start >= cut[tail.bar])
    joined = (np.concatenate(pair) for pair in zip(head[1:], tail[1:], strict=True))
    return or_as_it_was(rolls, rolls_of(NoteTable(len(rolls), *joined)))


def _row(line: NoteTable, index: Numbers, bars: Numbers) -> Numbers:
    """The rows of notes of a line, -1 where the one of that index is not of the bar that is asked for."""
    # index -1 and one past the end are no bar's
    bar, row = np.append(line.bar, -1), np.append(line.row, -1)
    return np.where(bar[index] == bars, row[index], -1)
