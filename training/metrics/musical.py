"""What a musician would count in bars, and how far two sets of bars differ in it."""

import numpy as np
from numpy.typing import NDArray

from perform.music.note import COLUMNS, ROOT_ROW
from perform.music.note_table import notes_of
from perform.music.pianoroll import Rolls

CHORD_TONES = (0, 3, 4, 7, 10, 11)
SMOOTH = 1e-3  # added to every bin, so that an unused one costs much and not everything


def describe(rolls: Rolls, reference: Rolls) -> dict[str, float]:
    """Figures of rolls (n, 48, 64) beside those of reference bars.

    `polyphony`: notes that sound at once, where any does. `chord_tone_share`: notes that are root,
    third, fifth or seventh. `scale_share`: notes whose pitch class the reference uses for at least
    one note in a hundred. `pitch_class_kl`, `onset_kl`: Kullback-Leibler divergence (nats) of the
    histograms from the reference's, and `..._overlap` the area they share (after Yang and Lerch,
    2018). `groove`: mean similarity of onset patterns to the reference's, 1 - the share of columns
    in which just one of the two has an onset (Wu and Yang, 2020).
    """
    pitch, onset = pitch_classes(rolls), onsets(rolls)
    known_pitch, known_onset = pitch_classes(reference), onsets(reference)
    sounding = (rolls > 0).sum(axis=1)
    table = notes_of(rolls)
    classes = (table.row - ROOT_ROW) % 12
    usual = np.flatnonzero(known_pitch >= 0.01)
    return {
        "polyphony": float(sounding[sounding > 0].mean()) if (sounding > 0).any() else 0.0,
        "chord_tone_share": float(np.isin(classes, CHORD_TONES).mean()) if len(classes) else 0.0,
        "scale_share": float(np.isin(classes, usual).mean()) if len(classes) else 0.0,
        "pitch_class_kl": divergence(pitch, known_pitch),
        "pitch_class_overlap": float(np.minimum(pitch, known_pitch).sum()),
        "onset_kl": divergence(onset, known_onset),
        "onset_overlap": float(np.minimum(onset, known_onset).sum()),
        "groove": _groove(rolls, reference),
    }


def pitch_classes(rolls: Rolls) -> NDArray[np.float64]:
    """The share of notes on each pitch class above the root, (12,)."""
    return _shares((notes_of(rolls).row - ROOT_ROW) % 12, 12)


def onsets(rolls: Rolls) -> NDArray[np.float64]:
    """The share of notes that begin on each column, (64,)."""
    return _shares(notes_of(rolls).start, COLUMNS)


def moves(rolls: Rolls) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """From each note to the next of its bar: the bar, and the semitones, (moves,) each; of two notes that begin
    together the lower comes first.
    """
    table = notes_of(rolls)
    order = np.lexsort((table.row, table.start, table.bar))
    bar, row = table.bar[order], table.row[order]
    same = np.diff(bar) == 0
    return bar[1:][same], np.diff(row)[same]


def divergence(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """The Kullback-Leibler divergence of shares p from q in nats, both smoothed; 0 when they agree."""
    smooth_p, smooth_q = (p + SMOOTH) / (p + SMOOTH).sum(), (q + SMOOTH) / (q + SMOOTH).sum()
    return float((smooth_p * np.log(smooth_p / smooth_q)).sum())


def _groove(rolls: Rolls, reference: Rolls) -> float:
    one, other = _patterns(rolls), _patterns(reference)
    both = one @ other.T
    only = one.sum(axis=1)[:, None] + other.sum(axis=1)[None, :] - 2 * both
    return float(1 - only.mean() / COLUMNS)


def _patterns(rolls: Rolls) -> NDArray[np.float64]:
    table = notes_of(rolls)
    struck = np.zeros((len(rolls), COLUMNS))
    struck[table.bar, table.start] = 1
    return struck


def _shares(values: NDArray[np.intp], size: int) -> NDArray[np.float64]:
    counts = np.bincount(values, minlength=size)
    return np.asarray(counts / max(1, counts.sum()), np.float64)
