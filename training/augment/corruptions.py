"""Six corruptions of bars, each by a strength from 0 (unchanged) to 1.

The extractor learns to recognise them, and a distance has to grow with their strength.
"""

from collections.abc import Callable

import numpy as np

from perform.music.note import COLUMNS
from perform.music.note_table import NoteTable, notes_of, rolls_of
from perform.music.pianoroll import Rolls
from training.augment.base import select

Corruption = Callable[[Rolls, float, np.random.Generator], Rolls]
JITTER_COLUMNS = 4.0
WRONG_SEMITONES = (-3, -2, -1, 1, 2, 3)
OTHER_ROOTS = (-7, -5, -4, -2, 2, 3, 5, 7)
ADDED_NOTES = 6.0


def time_jitter(rolls: Rolls, strength: float, rng: np.random.Generator) -> Rolls:
    """Bars whose notes begin early or late, by 4 columns (a sixteenth, rms) at full strength."""
    notes = notes_of(rolls)
    shift = np.rint(rng.normal(0, JITTER_COLUMNS * strength, len(notes.bar))).astype(int)
    start = np.clip(notes.start + shift, 0, COLUMNS - 1)
    return rolls_of(notes._replace(start=start, end=start + notes.end - notes.start))


def pitch_noise(rolls: Rolls, strength: float, rng: np.random.Generator) -> Rolls:
    """Bars in which a share of the notes is wrong by one to three semitones."""
    notes = notes_of(rolls)
    wrong = rng.random(len(notes.bar)) < strength
    return rolls_of(
        notes._replace(row=notes.row + wrong * rng.choice(WRONG_SEMITONES, len(notes.bar)))
    )


def note_deletion(rolls: Rolls, strength: float, rng: np.random.Generator) -> Rolls:
    """Bars without a share of their notes (80 % at full strength); a bar's first note stays."""
    notes = notes_of(rolls)
    first = np.r_[True, notes.bar[1:] != notes.bar[:-1]]
    return rolls_of(select(notes, first | (rng.random(len(notes.bar)) >= 0.8 * strength)))


def note_addition(rolls: Rolls, strength: float, rng: np.random.Generator) -> Rolls:
    """Bars with random notes added, six a bar on average at full strength."""
    count = rng.poisson(ADDED_NOTES * strength, len(rolls))
    bar = np.repeat(np.arange(len(rolls)), count)
    start = rng.integers(0, COLUMNS - 2, len(bar))
    end = np.minimum(start + rng.integers(2, 9, len(bar)), COLUMNS)
    added = NoteTable(len(rolls), bar, rng.integers(12, 44, len(bar)), start, end)
    return np.maximum(rolls, rolls_of(added))


def bar_swap(rolls: Rolls, strength: float, rng: np.random.Generator) -> Rolls:
    """Bars of which a share stands on the wrong root, as if swapped with bars of other chords."""
    notes = notes_of(rolls)
    moved = (rng.random(len(rolls)) < strength) * rng.choice(OTHER_ROOTS, len(rolls))
    return rolls_of(notes._replace(row=notes.row + moved[notes.bar]))


def duration_blur(rolls: Rolls, strength: float, rng: np.random.Generator) -> Rolls:
    """Bars whose notes are too long or short: by a factor of e (rms) at full strength."""
    notes = notes_of(rolls)
    factor = np.exp(rng.normal(0, strength, len(notes.bar)))
    length = np.maximum(1, np.rint((notes.end - notes.start) * factor)).astype(int)
    return rolls_of(notes._replace(end=notes.start + length))


CORRUPTIONS: dict[str, Corruption] = {
    "time jitter": time_jitter,
    "pitch noise": pitch_noise,
    "note deletion": note_deletion,
    "note addition": note_addition,
    "bar swap": bar_swap,
    "duration blur": duration_blur,
}
