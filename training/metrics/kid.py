"""The kernel distance (Binkowski et al., 2018), which is unbiased at any number of samples."""

import numpy as np

from training.metrics.base import Column, DistanceMetric, Features


def kernel_distance(a: Features, b: Features) -> float:
    """The unbiased squared MMD of features (n, d) and (m, d) under (x.y / d + 1)^3.

    It may fall below 0.
    """

    def kernel(x: Features, y: Features) -> Features:
        return np.asarray((x @ y.T / x.shape[1] + 1) ** 3, np.float64)

    def within(x: Features) -> float:
        values = kernel(x, x)
        return float((values.sum() - np.trace(values)) / (len(x) * (len(x) - 1)))

    return within(a) + within(b) - 2 * float(kernel(a, b).mean())


METRIC = DistanceMetric(
    columns=(Column("kid"),),
    measure=lambda samples, reference: {"kid": kernel_distance(samples, reference)},
)
