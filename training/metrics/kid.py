"""The kernel distance (Binkowski et al., 2018): unbiased at any sample count."""

import numpy as np

from training.metrics.fid import Features


def kid(a: Features, b: Features) -> float:
    """The unbiased squared MMD of features (n, d) and (m, d) under (x.y / d + 1)^3; may fall below 0."""

    def kernel(x: Features, y: Features) -> Features:
        return np.asarray((x @ y.T / x.shape[1] + 1) ** 3, np.float64)

    def within(x: Features) -> float:
        values = kernel(x, x)
        return float((values.sum() - np.trace(values)) / (len(x) * (len(x) - 1)))

    return within(a) + within(b) - 2 * float(kernel(a, b).mean())
