"""What training bars are, in the words that a conditional generator is asked with."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from perform.music.chord import parse_chord
from perform.music.condition import DENSITY, QUALITY_CLASSES, REGISTER, quality_class
from perform.music.note_table import notes_of
from perform.music.pianoroll import Rolls

FORGOTTEN = 0.1  # how often a bar's quality is hidden, so that "any" is taught too


class Labels(NamedTuple):
    """A column for each condition: its name, and its value for each bar, float32 (bars, columns).

    `constant`: the conditions that were asked for and are the same in every bar, so that nothing could
    be learnt of them; they have no columns.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    constant: tuple[str, ...]


def label(rolls: Rolls, chords: Sequence[str], conditions: Sequence[str]) -> Labels:
    """The labels of bars (n, 48, 64) played over these chords.

    Density and register are ranks among the bars, 0 to 1, so that 0.5 asks for the median.
    """
    columns: dict[str, NDArray[np.float64]] = {}
    for name in conditions:
        if name == "quality":
            classes = [quality_class(parse_chord(symbol)) for symbol in chords]
            columns |= {it: np.array([it == c for c in classes], float) for it in QUALITY_CLASSES}
        elif name == DENSITY:
            table = notes_of(rolls)
            columns[DENSITY] = _ranks(np.bincount(table.bar, minlength=len(rolls)))
        elif name == REGISTER:
            table = notes_of(rolls)
            count = np.bincount(table.bar, minlength=len(rolls))
            heights = np.bincount(table.bar, weights=table.row, minlength=len(rolls))
            columns[REGISTER] = _ranks(heights / np.maximum(count, 1))
    kept = {name: column for name, column in columns.items() if np.ptp(column) > 0}
    varied = {"quality" if name in QUALITY_CLASSES else name for name in kept}
    values = np.stack([*kept.values()], axis=1) if kept else np.zeros((len(rolls), 0))
    constant = tuple(name for name in conditions if name not in varied)
    return Labels(tuple(kept), values.astype(np.float32), constant)


def hidden(names: Sequence[str]) -> NDArray[np.bool_]:
    """Which columns are hidden now and then: those of the quality."""
    return np.array([name in QUALITY_CLASSES for name in names], bool)


def _ranks(values: NDArray[np.float64] | NDArray[np.intp]) -> NDArray[np.float64]:
    return np.asarray((rankdata(values) - 0.5) / len(values), np.float64)
