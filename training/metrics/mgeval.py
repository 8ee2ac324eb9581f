"""How far two sets of bars differ, bar by bar, as mgeval measures it (Yang and Lerch, 2018)."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist

from perform.music.note import ROOT_ROW
from perform.music.note_table import notes_of
from perform.music.pianoroll import Rolls
from training.metrics.base import Column, FigureMetric, Samples
from training.metrics.musical import divergence, note_moves

GRID_POINTS = 200
MOST_COMPARED = 256  # the number of distances grows with the product of the sizes of both sets
COLUMNS_A_SIXTEENTH = 4  # columns
FEATURES = ("pitches", "rhythm", "count", "range", "interval")
BarValues = NDArray[np.float64]


def compare(rolls: Rolls, reference: Rolls) -> dict[str, float]:
    """For five features of a bar, `NAME_inter_kl` (nats) and `NAME_inter_overlap` (0 to 1).

    It compares two densities (Gaussian kernels): of the distances between bars of both sets, and
    of the distances among the reference's bars. `pitches`: notes by pitch class; `rhythm`: onsets
    by sixteenth; `count`: notes; `range`: highest minus lowest pitch; `interval`: mean size of a
    move. A feature that is the same in every bar has no density and is left out.
    """
    ours, theirs = _features(rolls[:MOST_COMPARED]), _features(reference[:MOST_COMPARED])
    figures = {}
    for name, reference_values in theirs.items():
        within = pdist(reference_values)
        between = cdist(ours[name], reference_values).ravel()
        if len(within) and np.ptp(within) > 0 and np.ptp(between) > 0:
            grid = np.linspace(0, max(within.max(), between.max()), GRID_POINTS)
            p, q = (density(values, grid) for values in (between, within))
            figures[f"{name}_inter_kl"] = divergence(p, q)
            figures[f"{name}_inter_overlap"] = float(np.minimum(p, q).sum())
    return figures


def measure(samples: Samples) -> dict[str, float]:
    """The comparison of the cleaned samples with the training bars."""
    return compare(samples.cleaned, samples.training)


def _features(rolls: Rolls) -> dict[str, BarValues]:
    """By name (bars, numbers): the values between which distances are taken."""
    table, bars = notes_of(rolls), len(rolls)
    count = np.bincount(table.bar, minlength=bars).astype(float)
    pitches, rhythm = np.zeros((bars, 12)), np.zeros((bars, 16))
    np.add.at(pitches, (table.bar, (table.row - ROOT_ROW) % 12), 1)
    np.add.at(rhythm, (table.bar, table.start // COLUMNS_A_SIXTEENTH), 1)
    bar, semitones = note_moves(rolls)
    interval = np.bincount(bar, np.abs(semitones), bars) / np.maximum(count - 1, 1)
    low, high = np.full(bars, 1000.0), np.full(bars, -1.0)
    np.minimum.at(low, table.bar, table.row)
    np.maximum.at(high, table.bar, table.row)
    spread = np.where(count > 0, high - low, 0.0)
    columns = (pitches, rhythm, count[:, None], spread[:, None], interval[:, None])
    return dict(zip(FEATURES, columns, strict=True))


def density(values: BarValues, grid: BarValues) -> BarValues:
    """The density of values (n,) at the points of a grid, which sums to 1.

    Gaussian kernels of Scott's width, as scipy.stats.gaussian_kde has them. Of many distances few
    differ, and each is computed once.
    """
    width = len(values) ** -0.2 * values.std(ddof=1)
    distinct, counts = np.unique(values, return_counts=True)
    found = np.exp(-0.5 * ((grid[:, None] - distinct) / width) ** 2) @ counts
    return np.asarray(found / found.sum())


METRIC = FigureMetric(
    columns=tuple(
        Column(f"{name}_inter_{kind}") for name in FEATURES for kind in ("kl", "overlap")
    ),
    measure=measure,
)
