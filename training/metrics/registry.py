"""Every metric. A new metric is one file and one line here; reports take their columns from it."""

from training.metrics import (
    copies,
    fid,
    kid,
    memorization,
    mgeval,
    musical,
    playability,
    precision_recall,
)
from training.metrics.base import Column, DistanceMetric, FigureMetric

DISTANCE_METRICS: list[DistanceMetric] = [fid.METRIC, kid.METRIC, precision_recall.METRIC]
FIGURE_METRICS: list[FigureMetric] = [
    copies.METRIC,
    playability.METRIC,
    musical.METRIC,
    mgeval.METRIC,
    memorization.METRIC,
]


def distance_columns() -> list[Column]:
    """The columns of all distances, in the order of the registry, and the floor of the FID."""
    return [column for metric in DISTANCE_METRICS for column in metric.columns] + [fid.FLOOR]


def figure_columns() -> list[Column]:
    """The columns of all figures, in the order of the registry."""
    return [column for metric in FIGURE_METRICS for column in metric.columns]
