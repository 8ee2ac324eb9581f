"""How much of the real bars is met, and how much of what is met is real."""

from typing import NamedTuple

import numpy as np

from training.metrics.fid import Features


class Neighbourhood(NamedTuple):
    """Precision and recall (Kynkaanniemi et al., 2019), density and coverage (Naeem et al., 2020).

    All 0 to 1 but density, which may exceed 1.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def neighbourhood(real: Features, fake: Features, k: int = 5) -> Neighbourhood:
    """How `fake` features (m, d) lie among the k-nearest-neighbour balls of `real` ones (n, d), and back."""
    between = _distances(real, fake)
    real_radius = _radius(real, k)
    inside_real = between < real_radius[:, None]
    inside_fake = between < _radius(fake, k)[None, :]
    return Neighbourhood(
        precision=float(inside_real.any(axis=0).mean()),
        recall=float(inside_fake.any(axis=1).mean()),
        density=float(inside_real.sum(axis=0).mean() / k),
        coverage=float((between.min(axis=1) < real_radius).mean()),
    )


def _radius(features: Features, k: int) -> Features:
    """The distance of each to its k-th neighbour, itself not counted."""
    return np.sort(_distances(features, features), axis=1)[:, k]


def _distances(a: Features, b: Features) -> Features:
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2 * a @ b.T
    return np.asarray(np.sqrt(np.clip(squares, 0, None)))
