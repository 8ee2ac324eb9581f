"""How much of the real bars is met, and how much of what is met is real."""

from typing import NamedTuple

import numpy as np

from training.metrics.fid import Features

TIE = 1e-9  # of the square of a feature: what differs by less is the same bar, summed in another order


class Neighbourhood(NamedTuple):
    """Precision and recall (Kynkaanniemi et al., 2019), density and coverage (Naeem et al., 2020).

    All 0 to 1 but density, which may exceed 1.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def neighbourhood(real: Features, fake: Features, k: int = 5) -> Neighbourhood:
    """How `fake` features (m, d) lie among the k-nearest-neighbour balls of `real` ones (n, d), and back.

    A bar that equals another lies in its ball, also where k others do as well and the ball has no width.
    """
    between = _distances(real, fake)
    real_radius = _radius(real, k)
    same = between == 0
    inside_real = same | (between < real_radius[:, None])
    inside_fake = same | (between < _radius(fake, k)[None, :])
    return Neighbourhood(
        precision=float(inside_real.any(axis=0).mean()),
        recall=float(inside_fake.any(axis=1).mean()),
        density=float(inside_real.sum(axis=0).mean() / k),
        coverage=float(inside_real.any(axis=1).mean()),
    )


def _radius(features: Features, k: int) -> Features:
    """The distance of each to its k-th neighbour, itself not counted."""
    return np.sort(_distances(features, features), axis=1)[:, k]


def _distances(a: Features, b: Features) -> Features:
    """From each to each, (n, m); exactly 0 between equal ones."""
    lengths = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :]
    squares = lengths - 2 * a @ b.T
    return np.asarray(np.sqrt(np.where(squares <= TIE * lengths, 0, squares)))
