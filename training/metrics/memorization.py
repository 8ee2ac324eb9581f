"""Whether a model remembers its training bars rather than their style."""

import numpy as np

from training.metrics.base import Column, Features, FigureMetric, Samples, choose
from training.metrics.precision_recall import TIE


def measure(samples: Samples) -> dict[str, float]:
    """`remembered`: the share of samples nearer to a training bar than to a held-out bar.

    As many bars of both are compared. Without features of held-out bars there is no figure.
    """
    features, training = samples.features, samples.training_features
    held_out = samples.held_out_features
    if features is None or training is None or held_out is None:
        return {}
    return {"remembered": remembered(features, training, held_out, samples.seed)}


def remembered(features: Features, training: Features, held_out: Features, seed: int) -> float:
    """The share (0 to 1) of features whose nearest real bar is a training bar.

    0.5 where training bars are no nearer than other bars of the style; 1 where everything is
    remembered. A tie, as between a training bar and an equal held-out bar, counts half.
    """
    count = min(len(training), len(held_out))
    real = np.concatenate([choose(training, count, seed), choose(held_out, count, seed)])
    squares = (real**2).sum(axis=1)[None, :] - 2 * features @ real.T
    nearer = squares[:, count:].min(axis=1) - squares[:, :count].min(axis=1)
    tie = np.abs(nearer) <= TIE * (real**2).sum(axis=1).max()
    return float(np.where(tie, 0.5, nearer > 0).mean())


METRIC = FigureMetric(columns=(Column("remembered"),), measure=measure)
