"""A Markov chain over notes: the baseline that a GAN has to beat.

Rhythm is a chain of (onset, length) after the onset before; pitch is a chain of rows after the row
before. Both are of first order and counted, as in early computer music (Hiller and Isaacson, 1959).
"""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from perform.music.note import COLUMNS, ROWS, TICKS_PER_COLUMN
from perform.music.note import LOWEST_PITCH as LOWEST
from perform.music.pianoroll import Rolls, decode

START_OF_BAR = -1
END_OF_BAR = (COLUMNS, 0)


class MarkovChain(NamedTuple):
    """All successors: (onset, length) by the onset before, row by the row before."""

    rhythm: dict[int, list[tuple[int, int]]]
    pitch: dict[int, list[int]]


def fit(rolls: Rolls) -> MarkovChain:
    """The chain of bars (n, 48, 64). Of notes that begin together only the highest counts."""
    rhythm: dict[int, list[tuple[int, int]]] = defaultdict(list)
    pitch: dict[int, list[int]] = defaultdict(list)
    for roll in rolls:
        line = {note.start: note for note in sorted(decode(roll), key=lambda note: note.pitch)}
        onset, row = START_OF_BAR, START_OF_BAR
        for start, note in sorted(line.items()):
            column, length = start // TICKS_PER_COLUMN, note.duration // TICKS_PER_COLUMN
            rhythm[onset].append((column, length))
            pitch[row].append(note.pitch - LOWEST)
            onset, row = column, note.pitch - LOWEST
        rhythm[onset].append(END_OF_BAR)
    return MarkovChain(dict(rhythm), dict(pitch))


def sample(chain: MarkovChain, count: int, seed: int = 0) -> Rolls:
    """`count` random bars (count, 48, 64) of the chain; the same bars for the same seed."""
    rng = np.random.default_rng(seed)
    rolls = np.full((count, ROWS, COLUMNS), -1, np.int8)
    for roll in rolls:
        onset, row = START_OF_BAR, START_OF_BAR
        while True:
            successors = chain.rhythm[onset]
            column, length = successors[rng.integers(len(successors))]
            if column >= COLUMNS:
                break
            rows = chain.pitch.get(row) or chain.pitch[START_OF_BAR]
            row = rows[rng.integers(len(rows))]
            if column and roll[row, column - 1] > 0:
                roll[row, column - 1] = -1  # a repeated note needs a gap
            roll[row, column : column + length] = 1
            onset = column
    return rolls
