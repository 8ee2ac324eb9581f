"""Everything that is measured of invented bars, in one call, against every reference alike."""

from typing import Any

import msgspec
import numpy as np

from perform.errors import DatasetError
from perform.music.pianoroll import Rolls, clean
from training.features.base import Extractor
from training.metrics.coverage import TIE, Neighbourhood, neighbourhood
from training.metrics.fid import Features, frechet
from training.metrics.kid import kid
from training.metrics.musical import describe
from training.metrics.playability import measure
from training.metrics.sets import compare

FEWEST = 12
NEIGHBOURS = 5
MOST_DRAWS = 16


class Distances(msgspec.Struct, frozen=True):
    """How far invented bars are from a reference. `floor`: how far other real bars are, as many of them:
    training bars from held-out ones and the other way round. No model that generalises gets below it.
    """

    fid: float
    kid: float
    precision: float
    recall: float
    density: float
    coverage: float
    floor: float


class Scores(msgspec.Struct, frozen=True):
    """Distances by reference, all from `count` bars on either side, and musical figures.

    Among the figures, `remembered` is the share of samples nearer to a training bar than to a held-out
    one of as many: 0.5 where nothing is remembered.
    """

    references: dict[str, Distances]
    figures: dict[str, float]
    count: int


def score(
    samples: Rolls,
    references: dict[str, Rolls],
    training: Rolls,
    extractor: Extractor,
    most: int = 100,
    seed: int = 0,
    seen: Rolls | None = None,
) -> Scores:
    """The scores of raw samples (n, 48, 64). `seen`: see `measure`.

    Distances are those of the cleaned bars, which is what is played. A Frechet distance falls with the
    number of samples, so every reference gives the same number of bars and so do the samples: `count`,
    the smallest set, `most` at most. Up to 16 draws of `count` samples that share none are scored and
    averaged, since one draw of so few is noisy. DatasetError when a set is too small.
    """
    sizes = {"samples": len(samples), **{name: len(rolls) for name, rolls in references.items()}}
    count = min(most, *sizes.values())
    if count < FEWEST:
        short = min(sizes, key=lambda name: sizes[name])
        raise DatasetError(
            f"{short}: {min(most, sizes[short])} bars, a distance needs {FEWEST}; give more bars"
        )
    cleaned = clean(samples)
    features = extractor.features(cleaned)
    order = np.random.default_rng(seed).permutation(len(samples))
    draws = [
        features[order[start : start + count]]
        for start in range(0, min(len(order) // count, MOST_DRAWS) * count, count)
    ]
    # what a reference's floor is measured with: real bars that are not in it
    apart = references.get("held_out", training)
    real = {
        name: extractor.features(training if name == "held_out" else apart) for name in references
    }
    measured = {}
    for name, rolls in references.items():
        measured[name] = _distances(
            draws,
            extractor.features(_some(rolls, count, seed)),
            _some(real[name], count, seed),
        )
    figures = {
        **msgspec.to_builtins(measure(samples, training, seen)),
        **describe(cleaned, training),
        **compare(cleaned, training),
    }
    if "held_out" in references:
        figures["remembered"] = _remembered(
            features, extractor.features(training), extractor.features(apart), seed
        )
    return Scores(measured, {name: float(value) for name, value in figures.items()}, count)


def between(samples: Features, reference: Features) -> dict[str, float]:
    """The distances of features (n, d) from others (m, d), without averaging and without a floor."""
    near = neighbourhood(reference, samples, NEIGHBOURS)
    return {"fid": frechet(samples, reference), "kid": kid(samples, reference), **near._asdict()}


def _some(those: Any, count: int, seed: int) -> Any:
    """`count` of those, the same for the same seed whatever else is drawn."""
    return those[np.random.default_rng(seed).permutation(len(those))[:count]]


def _remembered(features: Features, taught: Features, held: Features, seed: int) -> float:
    """The share of samples whose nearest real bar was trained on, among as many that were not.

    0.5 where training bars are no nearer than others of the style, 1 where all is remembered. Where one of each is
    as near, as bars that both have are, that is half.
    """
    count = min(len(taught), len(held))
    real = np.concatenate([_some(taught, count, seed), _some(held, count, seed)])
    squares = (real**2).sum(axis=1)[None, :] - 2 * features @ real.T
    nearer = squares[:, count:].min(axis=1) - squares[:, :count].min(axis=1)
    close = np.abs(nearer) <= TIE * (real**2).sum(axis=1).max()
    return float(np.where(close, 0.5, nearer > 0).mean())


def _distances(draws: list[Features], reference: Features, real: Features) -> Distances:
    near = Neighbourhood(
        *np.mean([neighbourhood(reference, draw, NEIGHBOURS) for draw in draws], axis=0).tolist()
    )
    return Distances(
        fid=float(np.mean([frechet(draw, reference) for draw in draws])),
        kid=float(np.mean([kid(draw, reference) for draw in draws])),
        precision=near.precision,
        recall=near.recall,
        density=near.density,
        coverage=near.coverage,
        floor=frechet(real, reference),
    )
