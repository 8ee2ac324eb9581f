"""Strategies that change what notes mean over the chord. Row 24 is its root."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from perform.music.note import ROOT_ROW, ROWS
from perform.music.note_table import NoteTable, Numbers, notes_of, rolls_of
from perform.music.pianoroll import Rolls
from perform.music.scale import SCALES
from training.augment.base import BEAT, only, or_as_it_was, reach, shift_where_it_fits

QUAVER = 8
CHORD_TONES = (0, 3, 4, 7, 10, 11)  # root, either third, fifth, either seventh
PARALLEL = (-5, -2, 2, 5)  # degrees of a scale: sixths and thirds
_FAMILIAR = ("mixolydian", "dorian", "ionian", "blues", "aeolian")


def transpose_in_scale(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars moved by one to three steps of the scale that fits them best, the other way where they would not fit
    (Huang et al. 2018, inside the key).
    """
    steps = rng.choice((-3, -2, -1, 1, 2, 3), len(rolls))
    down, up = _room(notes_of(rolls))
    steps = np.where((steps > up) | (-steps > down), -steps, steps)
    steps = np.where((steps > up) | (-steps > down), 0, steps)
    return _by_degree(rolls, lambda degree, bar, _middle: degree + steps[bar], keeps=True)


def second_voice(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars as a second voice sings them: a third or a sixth higher or lower in the scale that fits them best, one of the
    two such ways that have the most chord tones (our own: the steps of Huang et al. 2018 that run parallel to a melody).
    A way that leads off the roll is none; a bar that has no way stays as it is.
    """
    bars = np.arange(len(rolls))
    down, up = _room(notes_of(rolls))
    ways = np.stack(
        [rolls, *(_by_degree(rolls, _moved_by(steps), keeps=True) for steps in PARALLEL)]
    )
    away = np.array([(steps > up) | (-steps > down) for steps in PARALLEL])
    tones = np.array([_chord_tones(way) for way in ways])
    tones[0] = -1  # to stay as it is comes behind every way, and before one that leads away
    tones[1:][away] = -2
    best = np.argsort(-tones, axis=0, kind="stable")
    chosen = best[rng.integers(0, 2, len(rolls)), bars]
    return np.asarray(ways[np.where(chosen == 0, best[0], chosen), bars])


def inversion(rolls: Rolls, _rng: np.random.Generator) -> Rolls:
    """Bars turned upside down around their middle, step for step of the scale that fits them best
    (the counterpoint's old device; Papadopoulos and Wiggins 1999).
    """
    return _by_degree(rolls, lambda degree, bar, middle: middle[bar] - degree, keeps=False)


def other_chord(rolls: Rolls, rng: np.random.Generator) -> Rolls:
    """Bars shifted to stand over another chord, a second to a fourth away (MidiNet, Yang et al. 2017)."""
    notes = notes_of(rolls)
    by = rng.choice((-5, -4, -3, -2, 2, 3, 4, 5), len(rolls))
    return rolls_of(notes._replace(row=shift_where_it_fits(notes, by, by - 12 * np.sign(by))))


def harmonic_reduction(rolls: Rolls, _rng: np.random.Generator) -> Rolls:
    """Bars with only those notes that carry the harmony: chord tones, on a beat or of a quaver and more
    (Lopez and Fujinaga 2020). A bar that has none stays as it is.
    """
    notes = notes_of(rolls)
    firm = (notes.start % BEAT == 0) | (notes.end - notes.start >= QUAVER)
    kept = firm & _in_chord(notes)
    return or_as_it_was(rolls, rolls_of(only(notes, kept)))


def _moved_by(steps: int) -> Callable[[Numbers, Numbers, Numbers], Numbers]:
    return lambda degree, _bar, _middle: degree + steps


def _chord_tones(rolls: Rolls) -> NDArray[np.intp]:
    """How many notes of each bar are chord tones."""
    notes = notes_of(rolls)
    return np.bincount(notes.bar[_in_chord(notes)], minlength=notes.bars)


def _in_chord(notes: NoteTable) -> NDArray[np.bool_]:
    return np.isin((notes.row - ROOT_ROW) % 12, CHORD_TONES)


def _by_degree(
    rolls: Rolls, new_degree: Callable[[Numbers, Numbers, Numbers], Numbers], *, keeps: bool
) -> Rolls:
    """Rolls whose notes have other degrees of their scale, `new_degree` of (degree, bar, lowest + highest).

    With `keeps`, what is between two degrees stays between.
    """
    notes = notes_of(rolls)
    scale = _fitting(notes)
    result = notes.row.copy()
    low, high = reach(notes)
    for number, name in enumerate(_FAMILIAR):
        ladder = _ladder(SCALES[name])
        these = scale[notes.bar] == number
        bar = notes.bar[these]
        degree = np.searchsorted(ladder, notes.row[these], side="right") - 1
        beside = notes.row[these] - ladder[degree]
        bottom = np.searchsorted(ladder, low, side="right") - 1
        top = np.searchsorted(ladder, high, side="right") - 1
        moved = new_degree(degree, bar, bottom + top)
        inside = (moved >= 0) & (moved < len(ladder))
        row = ladder[np.clip(moved, 0, len(ladder) - 1)] + (beside if keeps else 0)
        result[these] = np.where(inside, row, notes.row[these])
    return rolls_of(notes._replace(row=result))


def _room(notes: NoteTable) -> tuple[Numbers, Numbers]:
    """By how many steps of its scale each bar can move down and up with all of its notes on the roll."""
    scale = _fitting(notes)
    low, high = reach(notes)
    down, up = np.zeros((2, notes.bars), np.intp)
    for number, name in enumerate(_FAMILIAR):
        ladder = _ladder(SCALES[name])
        these = scale == number
        down[these] = np.searchsorted(ladder, low[these], side="right") - 1
        up[these] = len(ladder) - 1 - np.searchsorted(ladder, high[these])
    return down, up


def _fitting(notes: NoteTable) -> NDArray[np.intp]:
    """For each bar the scale (an index into the familiar ones) that leaves the fewest notes outside."""
    outside = np.zeros((notes.bars, len(_FAMILIAR)))
    for number, name in enumerate(_FAMILIAR):
        wrong = ~np.isin((notes.row - ROOT_ROW) % 12, SCALES[name])
        np.add.at(outside[:, number], notes.bar, wrong * (notes.end - notes.start))
    return np.asarray(outside.argmin(axis=1), np.intp)


def _ladder(scale: tuple[int, ...]) -> NDArray[np.intp]:
    rows = np.arange(ROWS)
    return np.asarray(rows[np.isin((rows - ROOT_ROW) % 12, scale)], np.intp)
