"""How far two sets of bars differ, bar by bar, as mgeval measures it (Yang and Lerch, 2018)."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist
from scipy.stats import gaussian_kde

from perform.music.note import ROOT_ROW
from perform.music.note_table import notes_of
from perform.music.pianoroll import Rolls
from training.metrics.musical import divergence, moves

STEPS = 200
MOST = 256  # distances between sets grow with the product of their sizes
COLUMNS_A_STEP = 4
Values = NDArray[np.float64]


def compare(rolls: Rolls, reference: Rolls) -> dict[str, float]:
    """For five features of a bar, `NAME_inter_kl` (nats) and `NAME_inter_overlap` (0 to 1).

    The distances between the bars of both sets are held against those among the reference's own:
    each becomes a density (Gaussian kernels), and the two densities are compared. `pitches`: notes by
    pitch class; `rhythm`: onsets by sixteenth; `count`: notes; `range`: highest less lowest pitch;
    `interval`: mean size of a step. A feature that is the same in every bar has no density and is
    left out.
    """
    ours, theirs = _features(rolls[:MOST]), _features(reference[:MOST])
    figures = {}
    for name, known in theirs.items():
        within, between = pdist(known), cdist(ours[name], known).ravel()
        if len(within) and np.ptp(within) > 0 and np.ptp(between) > 0:
            grid = np.linspace(0, max(within.max(), between.max()), STEPS)
            p, q = (_density(values, grid) for values in (between, within))
            figures[f"{name}_inter_kl"] = divergence(p, q)
            figures[f"{name}_inter_overlap"] = float(np.minimum(p, q).sum())
    return figures


def _features(rolls: Rolls) -> dict[str, Values]:
    """By name (bars, numbers): what the distances are taken between."""
    table, bars = notes_of(rolls), len(rolls)
    count = np.bincount(table.bar, minlength=bars).astype(float)
    pitches, rhythm = np.zeros((bars, 12)), np.zeros((bars, 16))
    np.add.at(pitches, (table.bar, (table.row - ROOT_ROW) % 12), 1)
    np.add.at(rhythm, (table.bar, table.start // COLUMNS_A_STEP), 1)
    mover, steps = moves(rolls)
    interval = np.bincount(mover, np.abs(steps), bars) / np.maximum(count - 1, 1)
    low, high = np.full(bars, 1000.0), np.full(bars, -1.0)
    np.minimum.at(low, table.bar, table.row)
    np.maximum.at(high, table.bar, table.row)
    spread = np.where(count > 0, high - low, 0.0)
    return {
        "pitches": pitches,
        "rhythm": rhythm,
        "count": count[:, None],
        "range": spread[:, None],
        "interval": interval[:, None],
    }


def _density(values: Values, grid: Values) -> Values:
    found = gaussian_kde(values)(grid)
    return np.asarray(found / found.sum())
