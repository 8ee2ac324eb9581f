"""The labels of training bars: the values by which a conditional generator is asked."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.music.chord import parse_chord
from perform.music.condition import DENSITY, QUALITY_CLASSES, REGISTER, quality_class
from perform.music.note_table import notes_of
from perform.music.pianoroll import Rolls

QUALITY_DROPOUT = 0.1  # share of bars whose quality is hidden, so that "any" is learned too


class Labels(NamedTuple):
    """A column for each condition: its name, and its value for each bar, float32 (bars, columns).

    `constant`: the conditions that are the same in every bar. Nothing can be learned of them, so
    they have no columns.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    constant: tuple[str, ...]


def make_labels(rolls: Rolls, chords: Sequence[str], conditions: Sequence[str]) -> Labels:
    """The labels of bars (n, 48, 64) over these chords.

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
    varying = {name: column for name, column in columns.items() if np.ptp(column) > 0}
    labelled = {"quality" if name in QUALITY_CLASSES else name for name in varying}
    values = np.stack([*varying.values()], axis=1) if varying else np.zeros((len(rolls), 0))
    constant = tuple(name for name in conditions if name not in labelled)
    return Labels(tuple(varying), values.astype(np.float32), constant)


def quality_columns(names: Sequence[str]) -> NDArray[np.bool_]:
    """Which label columns belong to the quality, (columns,)."""
    return np.array([name in QUALITY_CLASSES for name in names], bool)


def _ranks(values: NDArray[np.float64] | NDArray[np.intp]) -> NDArray[np.float64]:
    from scipy.stats import rankdata  # noqa: PLC0415 - half a second

    return np.asarray((rankdata(values) - 0.5) / len(values), np.float64)
