"""Strategies that change the pitches of notes against the chord. Row 24 is its root."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from perform.music.note import ROOT_ROW, ROWS
from perform.music.note_table import NoteTable, Numbers, notes_of, rolls_of
from perform.music.pianoroll import Rolls
from perform.music.scale import CHORD_TONES, SCALES
from training.augment.base import BEAT, restore_silent, row_range, select, shift_rows

QUAVER_COLUMNS = 8
PARALLEL = (-5, -2, 2, 5)  # degrees of a scale: sixths and thirds
SCALE_NAMES = ("mixolydian", "dorian", "ionian", "blues", "aeolian")


def transpose_in_scale(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars moved by one to three steps of their best scale (Huang et al. 2018, inside the key).

    Where a bar would leave the roll it moves in the other direction.
    """
    steps = rng.choice((-3, -2, -1, 1, 2, 3), len(rolls))
    down, up = _room(notes_of(rolls))
    steps = np.where((steps > up) | (-steps > down), -steps, steps)
    steps = np.where((steps > up) | (-steps > down), 0, steps)
    return _map_degrees(rolls, lambda degree, bar, _sum: degree + steps[bar], keep_chromatic=True)


def second_voice(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars as a parallel second voice: a third or a sixth higher or lower in the best scale.

    It is one of the two intervals that give the most chord tones (our own choice among the steps
    of Huang et al. 2018). An interval that leads off the roll is left out, and a bar for which
    none is left stays as it is.
    """
    bars = np.arange(len(rolls))
    down, up = _room(notes_of(rolls))
    voices = np.stack(
        [
            rolls,
            *(_map_degrees(rolls, _add(steps), keep_chromatic=True) for steps in PARALLEL),
        ]
    )
    outside = np.array([(steps > up) | (-steps > down) for steps in PARALLEL])
    tones = np.array([_chord_tones(voice) for voice in voices])
    tones[0] = -1  # the unchanged bar ranks below every interval, and above one off the roll
    tones[1:][outside] = -2
    best = np.argsort(-tones, axis=0, kind="stable")
    chosen = best[rng.integers(0, 2, len(rolls)), bars]
    chosen = np.where(tones[chosen, bars] < 0, best[0], chosen)  # the second best may be none
    return np.asarray(voices[chosen, bars])


def inversion(rolls: Rolls, _rng: np.random.Generator) -> Rolls:
    """Bars upside down around their middle, by steps of the scale that fits them best.

    An old device of counterpoint (Papadopoulos and Wiggins 1999).
    """
    return _map_degrees(
        rolls, lambda degree, bar, low_plus_high: low_plus_high[bar] - degree, keep_chromatic=False
    )


def other_chord(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars moved onto another chord, a second to a fourth away (MidiNet, Yang et al. 2017)."""
    notes = notes_of(rolls)
    shift = rng.choice((-5, -4, -3, -2, 2, 3, 4, 5), len(rolls))
    return rolls_of(notes._replace(row=shift_rows(notes, shift, shift - 12 * np.sign(shift))))


def harmonic_reduction(rolls: Rolls, _rng: np.random.Generator) -> Rolls:
    """Bars with only the notes that carry the harmony (Lopez and Fujinaga 2020).

    These are chord tones that begin on a beat or last a quaver or more. A bar without such a note
    stays as it is.
    """
    notes = notes_of(rolls)
    strong = (notes.start % BEAT == 0) | (notes.end - notes.start >= QUAVER_COLUMNS)
    return restore_silent(rolls, rolls_of(select(notes, strong & _in_chord(notes))))


def _add(steps: int) -> Callable[[Numbers, Numbers, Numbers], Numbers]:
    return lambda degree, _bar, _sum: degree + steps


def _chord_tones(rolls: Rolls) -> NDArray[np.intp]:
    """How many notes of each bar are chord tones, (bars,)."""
    notes = notes_of(rolls)
    return np.bincount(notes.bar[_in_chord(notes)], minlength=notes.bars)


def _in_chord(notes: NoteTable) -> NDArray[np.bool_]:
    return np.isin((notes.row - ROOT_ROW) % 12, CHORD_TONES)


def _map_degrees(
    rolls: Rolls,
    new_degree: Callable[[Numbers, Numbers, Numbers], Numbers],
    *,
    keep_chromatic: bool,
) -> Rolls:
    """Rolls whose notes have new degrees of their scale.

    `new_degree`: from degree, bar, and the sum of the bar's lowest and highest degree.
    `keep_chromatic`: a note between two degrees stays between them.
    """
    notes = notes_of(rolls)
    scale = _best_scale(notes)
    result = notes.row.copy()
    low, high = row_range(notes)
    for number, name in enumerate(SCALE_NAMES):
        ladder = _ladder(SCALES[name])
        these = scale[notes.bar] == number
        bar = notes.bar[these]
        degree = np.searchsorted(ladder, notes.row[these], side="right") - 1
        between = notes.row[these] - ladder[degree]
        bottom = np.searchsorted(ladder, low, side="right") - 1
        top = np.searchsorted(ladder, high, side="right") - 1
        moved = new_degree(degree, bar, bottom + top)
        inside = (moved >= 0) & (moved < len(ladder))
        row = ladder[np.clip(moved, 0, len(ladder) - 1)] + (between if keep_chromatic else 0)
        result[these] = np.where(inside, row, notes.row[these])
    return rolls_of(notes._replace(row=result))


def _room(notes: NoteTable) -> tuple[Numbers, Numbers]:
    """How many steps of its scale each bar can move down and up without leaving the roll."""
    scale = _best_scale(notes)
    low, high = row_range(notes)
    down, up = np.zeros((2, notes.bars), np.intp)
    for number, name in enumerate(SCALE_NAMES):
        ladder = _ladder(SCALES[name])
        these = scale == number
        down[these] = np.searchsorted(ladder, low[these], side="right") - 1
        up[these] = len(ladder) - 1 - np.searchsorted(ladder, high[these])
    return down, up


def _best_scale(notes: NoteTable) -> NDArray[np.intp]:
    """For each bar the scale (an index into SCALE_NAMES) that contains most of its notes."""
    outside = np.zeros((notes.bars, len(SCALE_NAMES)))
    for number, name in enumerate(SCALE_NAMES):
        wrong = ~np.isin((notes.row - ROOT_ROW) % 12, SCALES[name])
        np.add.at(outside[:, number], notes.bar, wrong * (notes.end - notes.start))
    return np.asarray(outside.argmin(axis=1), np.intp)


def _ladder(scale: tuple[int, ...]) -> NDArray[np.intp]:
    """The rows of a scale, ascending."""
    rows = np.arange(ROWS)
    return np.asarray(rows[np.isin((rows - ROOT_ROW) % 12, scale)], np.intp)
