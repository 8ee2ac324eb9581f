"""A Markov chain over the notes of bars: what a GAN has to beat.

Rhythm is a chain of (onset, length) given the onset before, pitch a chain of rows given the row before,
each of first order and learnt by counting, as in the earliest computer music (Hiller and Isaacson, 1959).
"""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from perform.music.note import COLUMNS, ROWS, TICKS_PER_COLUMN
from perform.music.note import LOWEST_PITCH as LOWEST
from perform.music.pianoroll import Rolls, decode

BEGIN = -1
END = (COLUMNS, 0)


class MarkovChain(NamedTuple):
    """What followed what: (onset, length) by the onset before, row by the row before."""

    rhythm: dict[int, list[tuple[int, int]]]
    pitch: dict[int, list[int]]


def fit(rolls: Rolls) -> MarkovChain:
    """The chain of bars (n, 48, 64); of notes that begin together the highest counts."""
    rhythm: dict[int, list[tuple[int, int]]] = defaultdict(list)
    pitch: dict[int, list[int]] = defaultdict(list)
    for roll in rolls:
        line = {note.start: note for note in sorted(decode(roll), key=lambda note: note.pitch)}
        onset, row = BEGIN, BEGIN
        for start, note in sorted(line.items()):
            column, length = start // TICKS_PER_COLUMN, note.duration // TICKS_PER_COLUMN
            rhythm[onset].append((column, length))
            pitch[row].append(note.pitch - LOWEST)
            onset, row = column, note.pitch - LOWEST
        rhythm[onset].append(END)
    return MarkovChain(dict(rhythm), dict(pitch))


def sample(chain: MarkovChain, count: int, seed: int = 0) -> Rolls:
    """`count` bars (count, 48, 64) that the chain walks; the same seed walks the same bars."""
    rng = np.random.default_rng(seed)
    rolls = np.full((count, ROWS, COLUMNS), -1, np.int8)
    for roll in rolls:
        onset, row = BEGIN, BEGIN
        while True:
            options = chain.rhythm[onset]
            column, length = options[rng.integers(len(options))]
            if column >= COLUMNS:
                break
            followers = chain.pitch.get(row) or chain.pitch[BEGIN]
            row = followers[rng.integers(len(followers))]
            if column and roll[row, column - 1] > 0:
                roll[row, column - 1] = -1  # a re-strike needs a gap
            roll[row, column : column + length] = 1
            onset = column
    return rolls
