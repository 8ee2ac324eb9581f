"""The scores of a model's samples: every metric of the registry, against every reference."""

import msgspec
import numpy as np

from perform.errors import DatasetError
from perform.music.pianoroll import Rolls
from training.features.base import Extractor
from training.metrics import registry
from training.metrics.base import Features, choose, clean_samples
from training.metrics.fid import FLOOR, frechet

FEWEST_BARS = 12
MOST_DRAWS = 16
HELD_OUT = "held_out"


class Scores(msgspec.Struct, frozen=True):
    """The scores of samples.

    `references`: by reference, the distances of the samples from it; each set has `count` bars.
    Their `floor` is the FID of other real bars: training bars for held-out ones, and the other
    way round. `figures`: of the samples alone or against the training bars.
    """

    references: dict[str, dict[str, float]]
    figures: dict[str, float]
    count: int


def score(
    raw: Rolls,
    references: dict[str, Rolls],
    training: Rolls,
    extractor: Extractor,
    limit: int = 100,
    seed: int = 0,
    trained_on: Rolls | None = None,
) -> Scores:
    """The scores of raw samples (n, 48, 64). `trained_on`: see `training.metrics.base.Samples`.

    Distances are those of the cleaned bars, which are what is played. A Frechet distance falls
    with the number of samples, so every set gives the same number of bars: `count`, the size of
    the smallest set, at most `limit`. One draw of so few samples is noisy, so the distances are
    means over up to 16 draws that share no sample. DatasetError when a set is too small.
    """
    count = _draw_size(len(raw), references, limit)
    samples = clean_samples(raw, training, trained_on)
    features = extractor.features(samples.cleaned)
    training_features = extractor.features(training)
    held_out = extractor.features(references[HELD_OUT]) if HELD_OUT in references else None
    samples = samples._replace(
        features=features,
        training_features=training_features,
        held_out_features=held_out,
        seed=seed,
    )
    order = np.random.default_rng(seed).permutation(len(features))
    draws = [
        features[order[start : start + count]]
        for start in range(0, min(len(order) // count, MOST_DRAWS) * count, count)
    ]
    measured = {}
    for name, rolls in references.items():
        reference = extractor.features(choose(rolls, count, seed))
        # the floor is measured with real bars that are not in the reference
        others = training_features if name == HELD_OUT or held_out is None else held_out
        floor = frechet(choose(others, count, seed), reference)
        measured[name] = {**mean_distances(draws, reference), FLOOR.key: floor}
    figures: dict[str, float] = {}
    for metric in registry.FIGURE_METRICS:
        figures |= metric.measure(samples)
    return Scores(measured, {name: float(value) for name, value in figures.items()}, count)


def mean_distances(draws: list[Features], reference: Features) -> dict[str, float]:
    """Every distance of the registry from a reference (m, d), as means over draws (n, d)."""
    means: dict[str, float] = {}
    for metric in registry.DISTANCE_METRICS:
        keys = [column.key for column in metric.columns]
        measured = [metric.measure(draw, reference) for draw in draws]
        table = [[distances[key] for key in keys] for distances in measured]
        means |= zip(keys, np.mean(table, axis=0).tolist(), strict=True)
    return means


def _draw_size(samples: int, references: dict[str, Rolls], limit: int) -> int:
    """How many bars each set gives; DatasetError when a set has too few."""
    sizes = {"samples": samples, **{name: len(rolls) for name, rolls in references.items()}}
    count = min(limit, *sizes.values())
    if count < FEWEST_BARS:
        smallest = min(sizes, key=lambda name: sizes[name])
        raise DatasetError(
            f"{smallest}: {min(limit, sizes[smallest])} bars, a distance needs {FEWEST_BARS}; "
            "give more bars"
        )
    return count
