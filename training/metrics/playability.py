"""Whether samples can be played, and how they move."""

import numpy as np
from numpy.typing import NDArray

from perform.music.pianoroll import Rolls, decode, unplayable
from training.metrics.base import Column, FigureMetric, Samples
from training.metrics.musical import note_moves

OCTAVE = 12


def measure(samples: Samples) -> dict[str, float]:
    """Shares (0 to 1) of the cleaned samples, unless the line says otherwise.

    `samples`: their number.
    `unplayable_raw`, `unplayable_cleaned`: bars that no player can play, before and after the
    clean-up.
    `notes_a_bar`: mean number of notes.
    `onsets_in_style`: onsets in columns where training bars have onsets; low values mean a loose
    rhythm.
    `leaps`: moves from note to note wider than an octave.
    `overlapping`: bars in which two notes sound together for more than one column.
    """
    cleaned = samples.cleaned
    onsets = _onsets(cleaned)
    in_style = _onsets(samples.training) > 0
    together = ((cleaned > 0).sum(axis=1) > 1).sum(axis=1)
    return {
        "samples": len(samples.raw),
        "unplayable_raw": float(unplayable(samples.raw).mean()),
        "unplayable_cleaned": float(unplayable(cleaned).mean()),
        "notes_a_bar": float(np.mean([len(decode(roll)) for roll in cleaned])),
        "onsets_in_style": float(onsets[in_style].sum() / max(1, int(onsets.sum()))),
        "leaps": leaps(cleaned),
        "overlapping": float((together > 1).mean()),
    }


def leaps(rolls: Rolls) -> float:
    """The share of moves from note to note, in bars (n, 48, 64), that are wider than an octave."""
    wide = np.abs(note_moves(rolls)[1]) > OCTAVE
    return float(wide.mean()) if len(wide) else 0.0


def _onsets(rolls: Rolls) -> NDArray[np.int64]:
    """How many notes begin in each of the 64 columns."""
    on = rolls > 0
    starts = on & ~np.pad(on, ((0, 0), (0, 0), (1, 0)))[:, :, :-1]
    return np.asarray(starts.sum(axis=(0, 1)), np.int64)


METRIC = FigureMetric(
    columns=(
        Column("samples"),
        Column(
            "unplayable_raw",
            title="Unplayable, raw",
            sentence="bars that no player can play, before they are cleaned",
            in_table_1=True,
            beside_tests=True,
        ),
        Column("unplayable_cleaned", title="Unplayable, cleaned", in_table_1=True),
        Column("notes_a_bar"),
        Column("onsets_in_style", sentence="onsets in columns where training bars have onsets"),
        Column("leaps", sentence="moves wider than an octave"),
        Column("overlapping"),
    ),
    measure=measure,
)
