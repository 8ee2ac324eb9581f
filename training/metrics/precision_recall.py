"""Precision and recall, density and coverage: how two sets of features lie among each other."""

import numpy as np

from training.metrics.base import Column, DistanceMetric, Features

NEIGHBOURS = 5
TIE = 1e-9  # of a squared feature: a smaller difference comes from the order of summation


def measure(samples: Features, reference: Features, k: int = NEIGHBOURS) -> dict[str, float]:
    """Precision and recall (Kynkaanniemi et al., 2019), density and coverage (Naeem et al., 2020).

    They compare samples (m, d) with the k-nearest-neighbour balls of a reference (n, d), and the
    other way round. All are 0 to 1; only density may exceed 1. A bar that equals another lies in
    its ball, even if that ball has no radius because k others equal it too.
    """
    between = _distances(reference, samples)
    radius = _radius(reference, k)
    same = between == 0
    in_reference = same | (between < radius[:, None])
    in_samples = same | (between < _radius(samples, k)[None, :])
    return {
        "precision": float(in_reference.any(axis=0).mean()),
        "recall": float(in_samples.any(axis=1).mean()),
        "density": float(in_reference.sum(axis=0).mean() / k),
        "coverage": float(in_reference.any(axis=1).mean()),
    }


def _radius(features: Features, k: int) -> Features:
    """The distance of each to its k-th neighbour, without itself."""
    return np.sort(_distances(features, features), axis=1)[:, k]


def _distances(a: Features, b: Features) -> Features:
    """From each to each, (n, m); exactly 0 between equal ones."""
    lengths = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :]
    squares = lengths - 2 * a @ b.T
    return np.asarray(np.sqrt(np.where(squares <= TIE * lengths, 0, squares)))


METRIC = DistanceMetric(
    columns=(
        Column("precision"),
        Column("recall"),
        Column("density"),
        Column("coverage", better="higher"),
    ),
    measure=measure,
)
