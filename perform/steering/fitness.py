"""Fitness functions: each gives every candidate bar of a population a value from 0 to 1.

The table `FITNESS_FUNCTIONS` drives everything that names a weight: addresses, the rig, `perform
controls`. The paper leaves the functions of its figure 1 open; this module defines them.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.music.note import (
    BEATS_PER_BAR,
    COLUMNS,
    LOWEST_PITCH,
    ROOT_PITCH,
    ROWS,
    TICKS_PER_COLUMN,
    Phrase,
)
from perform.music.note_table import NoteTable, notes_of
from perform.music.pianoroll import Rolls
from perform.music.steering import Steering

BEAT_COLUMNS = COLUMNS // BEATS_PER_BAR
SIXTEENTH_COLUMNS = BEAT_COLUMNS // 4
MAX_NOTES = 16
Values = NDArray[np.float64]


class Traits(NamedTuple):
    """The notes of a population, in the order of bar and time: the input of all fitness functions.

    `sizes`: notes in each bar. `pitches`: the MIDI pitch of each note as the voice will play it.
    `moves`: semitones from each note to the next of its bar; `move_bars`: the bar of each move.
    """

    notes: NoteTable
    sizes: Values
    pitches: Values
    moves: Values
    move_bars: NDArray[np.intp]
    steering: Steering

    def share(self, selected: NDArray[np.bool_]) -> Values:
        """The share of each bar's notes that are `selected` (notes,); 0 for a bar without notes."""
        found = np.bincount(self.notes.bar, selected, self.notes.bars)
        return np.asarray(found / np.maximum(self.sizes, 1))


class FitnessFunction(NamedTuple):
    """A fitness function. `help`: what 1 means. `measure`: the values of a population, (bars,)."""

    name: str
    help: str
    measure: Callable[[Traits], Values]


def traits_of(rolls: Rolls, steering: Steering) -> Traits:
    """The traits of a population (n, 48, 64), without the columns that will not be heard."""
    table = notes_of(rolls[:, :, : steering.columns])
    order = np.argsort((table.bar * COLUMNS + table.start) * ROWS + table.row)
    notes = NoteTable(table.bars, *(column[order] for column in table[1:]))
    pitches = _row_pitches(steering)[notes.row]
    same = notes.bar[1:] == notes.bar[:-1]
    return Traits(
        notes,
        np.bincount(notes.bar, minlength=notes.bars).astype(float),
        pitches,
        np.diff(pitches)[same],
        notes.bar[1:][same],
        steering,
    )


def fitness_values(traits: Traits, names: tuple[str, ...] | None = None) -> Values:
    """The values of a population, (names, bars), each 0 to 1; of all functions without names."""
    return np.stack([_BY_NAME[name].measure(traits) for name in names or NAMES])


def _chord_tones(traits: Traits) -> Values:
    return traits.share(_rows_of(traits.steering.tones)[traits.notes.row])


def _on_beat(traits: Traits) -> Values:
    start = traits.notes.start
    # where beats do not divide the bar, the last is long: in 7/8 no beat is on the last quaver
    return traits.share(
        (start % BEAT_COLUMNS == 0) & (start + BEAT_COLUMNS <= traits.steering.columns)
    )


def _density(traits: Traits) -> Values:
    most = MAX_NOTES * traits.steering.columns / COLUMNS
    target = 1 + (most - 1) * traits.steering.density
    return np.asarray(np.clip(1 - np.abs(traits.sizes - target) / (most / 2), 0, 1))


def _variety(traits: Traits) -> Values:
    notes = traits.notes
    different = np.unique(notes.bar * ROWS + notes.row) // ROWS
    found = np.bincount(different, minlength=notes.bars) / np.clip(traits.sizes, 1, 7)
    return np.minimum(found, 1.0)


def _single(traits: Traits) -> Values:
    notes, width = traits.notes, COLUMNS + 1
    size = notes.bars * width
    edges = np.bincount(notes.bar * width + notes.start, minlength=size)
    edges -= np.bincount(notes.bar * width + notes.end, minlength=size)
    sounding = edges.reshape(notes.bars, width).cumsum(axis=1)
    doubled = (sounding > 1).sum(axis=1)
    return np.asarray(1 - doubled / np.maximum((sounding > 0).sum(axis=1), 1))


def _outside(traits: Traits) -> Values:
    return traits.share(~_rows_of(traits.steering.scale)[traits.notes.row])


def _repetition(traits: Traits) -> Values:
    """Half for onsets, half for notes that come again one or two beats later."""
    notes = traits.notes
    onset = notes.bar * COLUMNS + notes.start
    found = np.zeros(notes.bars)
    for key, last in ((onset, COLUMNS), (onset * ROWS + notes.row, COLUMNS * ROWS)):
        there = np.zeros(notes.bars * last + last, bool)
        there[key] = True
        best = np.zeros(notes.bars)
        for lag in (BEAT_COLUMNS, 2 * BEAT_COLUMNS):
            early = notes.start < traits.steering.columns - lag
            again = early & there[np.where(early, key + lag * (last // COLUMNS), 0)]
            whole = np.maximum(np.bincount(notes.bar, early, notes.bars), 1)
            best = np.maximum(best, np.bincount(notes.bar, again, notes.bars) / whole)
        found += best / 2
    return found


def _steps(traits: Traits) -> Values:
    """The share of steps among all moves: a repeated note is no step. The middle without a move."""
    size, bars = np.abs(traits.moves), traits.notes.bars
    near = np.bincount(traits.move_bars, (size > 0) & (size <= 2), bars)
    moves = np.bincount(traits.move_bars, minlength=bars)
    return np.asarray(np.where(moves > 0, near / np.maximum(moves, 1), 0.5))


def _register(traits: Traits) -> Values:
    steering = traits.steering
    target = steering.low + steering.register * (steering.high - steering.low)
    total = np.bincount(traits.notes.bar, traits.pitches, traits.notes.bars)
    distance = np.abs(total / np.maximum(traits.sizes, 1) - target)
    return np.asarray(np.clip(1 - distance / max(12, steering.high - steering.low), 0, 1))


def _syncopation(traits: Traits) -> Values:
    notes = traits.notes
    next_beat = (notes.start // BEAT_COLUMNS + 1) * BEAT_COLUMNS
    return traits.share((notes.start % BEAT_COLUMNS != 0) & (notes.end > next_beat))


def _contour(traits: Traits) -> Values:
    """How near the correlation of time and pitch (-1 falls, 1 rises) is to the target."""
    bar, bars = traits.notes.bar, traits.notes.bars
    count = np.maximum(traits.sizes, 1)
    time, pitch = traits.notes.start.astype(float), traits.pitches
    time = time - (np.bincount(bar, time, bars) / count)[bar]
    pitch = pitch - (np.bincount(bar, pitch, bars) / count)[bar]
    both = np.bincount(bar, time * pitch, bars)
    spread = np.bincount(bar, time**2, bars) * np.bincount(bar, pitch**2, bars)
    slope = np.where(spread > 0, both / np.sqrt(np.maximum(spread, 1e-9)), 0.0)
    return np.asarray(1 - np.abs(slope - (2 * traits.steering.contour - 1)) / 2)


def _last(traits: Traits) -> Values:
    return likeness(traits, traits.steering.last)


def _player(traits: Traits) -> Values:
    return likeness(traits, traits.steering.player)


def likeness(traits: Traits, other: Phrase) -> Values:
    """The likeness (bars,) of each bar to a phrase (pitches over C), 0 to 1; 0 for an empty one.

    The mean of two numbers: the Jaccard index of onsets by sixteenth, and the overlap of
    pitch-class histograms. Columns that will not be heard do not count.
    """
    notes, bars = traits.notes, traits.notes.bars
    until = traits.steering.columns * TICKS_PER_COLUMN
    other = tuple(note for note in other if note.start < until)
    if not other:
        return np.zeros(bars)
    onsets = np.zeros((bars, COLUMNS // SIXTEENTH_COLUMNS), bool)
    onsets[notes.bar, notes.start // SIXTEENTH_COLUMNS] = True
    others = np.zeros(COLUMNS // SIXTEENTH_COLUMNS, bool)
    sixteenth = SIXTEENTH_COLUMNS * TICKS_PER_COLUMN
    others[[note.start // sixteenth for note in other]] = True
    rhythm = (onsets & others).sum(axis=1) / (onsets | others).sum(axis=1)
    classes = np.bincount(notes.bar * 12 + notes.row % 12, minlength=bars * 12).reshape(bars, 12)
    shares = classes / np.maximum(traits.sizes, 1)[:, None]
    known = np.bincount([(note.pitch - ROOT_PITCH) % 12 for note in other], minlength=12)
    pitches = np.minimum(shares, known / known.sum()).sum(axis=1)
    return np.asarray((rhythm + pitches) / 2)


def _row_pitches(steering: Steering) -> Values:
    """The MIDI pitch of each of the 48 rows over the chord, folded into the voice's range."""
    pitch = np.arange(ROWS) + LOWEST_PITCH + steering.shift
    below = np.maximum(0, -((pitch - steering.low) // 12)) * (pitch < steering.low)
    above = np.maximum(0, -((steering.high - pitch) // 12)) * (pitch > steering.high)
    folded = pitch + 12 * below - 12 * above
    return np.asarray(np.clip(folded, steering.low, steering.high), np.float64)


def _rows_of(classes: tuple[int, ...]) -> NDArray[np.bool_]:
    """For each of the 48 rows whether it has one of these pitch classes above the root."""
    return np.isin(np.arange(ROWS) % 12, classes)


FITNESS_FUNCTIONS: tuple[FitnessFunction, ...] = (
    FitnessFunction("chord-tones", "share of notes that belong to the chord", _chord_tones),
    FitnessFunction("on-beat", "share of notes that begin on a beat", _on_beat),
    FitnessFunction("density", "as many notes as the density target says", _density),
    FitnessFunction("variety", "different pitches among up to seven notes", _variety),
    FitnessFunction("single", "share of the sounding time with one note alone", _single),
    FitnessFunction("outside", "share of notes outside the scale; lowers the fitness", _outside),
    FitnessFunction(
        "repetition", "share of notes that come again one or two beats later", _repetition
    ),
    FitnessFunction("steps", "share of moves that are steps, not leaps or repeats", _steps),
    FitnessFunction("register", "as high as the register target says", _register),
    FitnessFunction(
        "syncopation", "share of notes held from off the beat over the next", _syncopation
    ),
    FitnessFunction("contour", "falls, stays or rises as the contour target says", _contour),
    FitnessFunction("last", "like the bar before, in rhythm and pitches", _last),
    FitnessFunction("player", "like the bar that the player played", _player),
)
_BY_NAME = {function.name: function for function in FITNESS_FUNCTIONS}
OPINION = "opinion"  # the discriminator's, where the bundle has one; the source measures it
NAMES = tuple(_BY_NAME)
WEIGHTS = (*NAMES, OPINION)
PENALTY = "outside"  # the one function that lowers the fitness
