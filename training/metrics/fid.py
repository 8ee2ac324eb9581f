"""The Frechet distance of two sets of features (paper, equation 1)."""

from typing import NamedTuple

import numpy as np

from training.metrics.base import Column, DistanceMetric, Features

# How far other real bars are from a reference. No model that generalises gets below it.
FLOOR = Column("floor")


class Statistics(NamedTuple):
    """Mean (d,) and covariance (d, d) of features, float64."""

    mean: Features
    covariance: Features


def statistics(features: Features) -> Statistics:
    """Mean and unbiased covariance of features (n, d), n at least 2."""
    exact = np.asarray(features, np.float64)
    return Statistics(exact.mean(axis=0), np.atleast_2d(np.cov(exact, rowvar=False)))


def distance(a: Statistics, b: Statistics) -> float:
    """Equation (1), never below 0.

    The trace of the root of C C' is the sum of the roots of the eigenvalues of sqrt(C) C' sqrt(C).
    That matrix is symmetric, so its eigenvalues are real and rounding loses none.
    """
    values, vectors = np.linalg.eigh(a.covariance)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    shared = np.linalg.eigvalsh(root @ b.covariance @ root)
    gap = a.mean - b.mean
    spread = np.trace(a.covariance) + np.trace(b.covariance)
    return max(0.0, float(gap @ gap + spread - 2 * np.sqrt(np.clip(shared, 0, None)).sum()))


def frechet(a: Features, b: Features) -> float:
    """The Frechet distance between features (n, d) and (m, d)."""
    return distance(statistics(a), statistics(b))


METRIC = DistanceMetric(
    columns=(Column("fid", title="FID", in_table_1=True, better="lower"),),
    measure=lambda samples, reference: {"fid": frechet(samples, reference)},
)
