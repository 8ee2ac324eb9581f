"""Musical figures of samples, and how far they are from those of the training bars."""

import numpy as np
from numpy.typing import NDArray

from perform.music.note import COLUMNS, ROOT_ROW
from perform.music.note_table import notes_of
from perform.music.pianoroll import Rolls
from perform.music.scale import CHORD_TONES
from training.metrics.base import Column, FigureMetric, Samples

SMOOTH = 1e-3  # added to every bin, so that an empty bin costs much but not infinitely much


def describe(rolls: Rolls, reference: Rolls) -> dict[str, float]:
    """Figures of rolls (n, 48, 64) against those of reference bars.

    `polyphony`: mean number of notes that sound together, where any sounds.
    `chord_tone_share`: notes that are root, third, fifth or seventh.
    `scale_share`: notes whose pitch class is at least 1 % of the reference's notes.
    `pitch_class_kl`, `onset_kl`: Kullback-Leibler divergence (nats) of the histograms from those
    of the reference; `pitch_class_overlap`, `onset_overlap`: the area that they share (after Yang
    and Lerch, 2018).
    `groove`: mean similarity of the onset patterns to the reference's: 1 - the share of columns
    in which exactly one of two bars has an onset (Wu and Yang, 2020).
    """
    pitch, onset = pitch_class_shares(rolls), onset_shares(rolls)
    reference_pitch, reference_onset = pitch_class_shares(reference), onset_shares(reference)
    sounding = (rolls > 0).sum(axis=1)
    table = notes_of(rolls)
    classes = (table.row - ROOT_ROW) % 12
    usual = np.flatnonzero(reference_pitch >= 0.01)
    return {
        "polyphony": float(sounding[sounding > 0].mean()) if (sounding > 0).any() else 0.0,
        "chord_tone_share": float(np.isin(classes, CHORD_TONES).mean()) if len(classes) else 0.0,
        "scale_share": float(np.isin(classes, usual).mean()) if len(classes) else 0.0,
        "pitch_class_kl": divergence(pitch, reference_pitch),
        "pitch_class_overlap": float(np.minimum(pitch, reference_pitch).sum()),
        "onset_kl": divergence(onset, reference_onset),
        "onset_overlap": float(np.minimum(onset, reference_onset).sum()),
        "groove": _groove(rolls, reference),
    }


def measure(samples: Samples) -> dict[str, float]:
    """The figures of the cleaned samples against the training bars."""
    return describe(samples.cleaned, samples.training)


def pitch_class_shares(rolls: Rolls) -> NDArray[np.float64]:
    """The share of notes on each pitch class above the root, (12,)."""
    return _shares((notes_of(rolls).row - ROOT_ROW) % 12, 12)


def onset_shares(rolls: Rolls) -> NDArray[np.float64]:
    """The share of notes that begin in each column, (64,)."""
    return _shares(notes_of(rolls).start, COLUMNS)


def note_moves(rolls: Rolls) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The bar and the semitones of each move from a note to the next of its bar, (moves,) each.

    Of notes that begin together the lower comes first.
    """
    table = notes_of(rolls)
    order = np.lexsort((table.row, table.start, table.bar))
    bar, row = table.bar[order], table.row[order]
    same = np.diff(bar) == 0
    return bar[1:][same], np.diff(row)[same]


def divergence(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """The Kullback-Leibler divergence of shares p from q in nats, both smoothed; 0 when equal."""
    smooth_p, smooth_q = (p + SMOOTH) / (p + SMOOTH).sum(), (q + SMOOTH) / (q + SMOOTH).sum()
    return float((smooth_p * np.log(smooth_p / smooth_q)).sum())


def _groove(rolls: Rolls, reference: Rolls) -> float:
    one, other = _onset_patterns(rolls), _onset_patterns(reference)
    both = one @ other.T
    only = one.sum(axis=1)[:, None] + other.sum(axis=1)[None, :] - 2 * both
    return float(1 - only.mean() / COLUMNS)


def _onset_patterns(rolls: Rolls) -> NDArray[np.float64]:
    """1 in each column of a bar in which a note begins, else 0; (bars, 64)."""
    table = notes_of(rolls)
    patterns = np.zeros((len(rolls), COLUMNS))
    patterns[table.bar, table.start] = 1
    return patterns


def _shares(values: NDArray[np.intp], size: int) -> NDArray[np.float64]:
    counts = np.bincount(values, minlength=size)
    return np.asarray(counts / max(1, int(counts.sum())), np.float64)


METRIC = FigureMetric(
    columns=(
        Column("polyphony"),
        Column("chord_tone_share"),
        Column("scale_share"),
        Column("pitch_class_kl"),
        Column("pitch_class_overlap"),
        Column("onset_kl"),
        Column("onset_overlap"),
        Column("groove"),
    ),
    measure=measure,
)
