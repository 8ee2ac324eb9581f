"""Whether samples are new: near-copies of the bars that the network saw, and repetitions."""

import numpy as np
from numpy.typing import NDArray

from perform.music.pianoroll import Rolls
from training.metrics.base import Column, FigureMetric, Samples

COPY_CELLS = 10
BLOCK = 8192  # bars that are compared in one product


def measure(samples: Samples) -> dict[str, float]:
    """`copies`: share of samples within 10 cells of a bar that the network saw.

    `distinct`: different bars, as a share of all. Both are 0 to 1 and of cleaned samples.
    """
    rolls = samples.cleaned
    near = nearest_distance(rolls, samples.trained_on) <= COPY_CELLS
    return {
        "copies": float(near.mean()),
        "distinct": len({roll.tobytes() for roll in rolls}) / len(rolls),
    }


def nearest_distance(rolls: Rolls, others: Rolls) -> NDArray[np.int64]:
    """For each roll the number of cells (0 to 3072) in which the nearest other roll differs."""
    flat = rolls.reshape(len(rolls), -1).astype(np.float32)
    nearest = np.full(len(rolls), float(flat.shape[1]))
    for start in range(0, len(others), BLOCK):
        block = others[start : start + BLOCK].reshape(-1, flat.shape[1]).astype(np.float32)
        same_minus_different = flat @ block.T
        nearest = np.minimum(nearest, ((flat.shape[1] - same_minus_different) / 2).min(axis=1))
    return np.asarray(nearest, np.int64)


METRIC = FigureMetric(
    columns=(
        Column(
            "copies",
            title="Near-copies",
            sentence="near-copies of training bars",
            in_table_1=True,
            beside_tests=True,
        ),
        Column("distinct"),
    ),
    measure=measure,
)
