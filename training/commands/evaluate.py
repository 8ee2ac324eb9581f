"""The commands on distances: `fid` and `teach`."""

import json
from collections.abc import Sequence
from pathlib import Path

from perform.errors import DatasetError
from training.evaluation.samples import load_pair
from training.features.registry import open_extractor


def measure_distance(
    one: Path,
    other: Path,
    extractor: str,
    weights: Path | None,
    samples: int,
    seed: int,
    chord: str | None,
    *,
    as_json: bool,
) -> None:
    """Print every distance between the bars of two sources."""
    from training.evaluation.score import FEWEST_BARS, mean_distances  # noqa: PLC0415 - slow

    features = open_extractor(extractor, weights)
    pair = load_pair(one, other, samples, chord, seed)
    count = len(pair[0])
    if count < FEWEST_BARS:
        raise DatasetError(
            f"{count} bars on one side, a distance needs {FEWEST_BARS}; give more bars"
        )
    first, second = map(features.features, pair)
    distances = mean_distances([first], second)
    if as_json:
        source = {"extractor": features.name, "sha256": features.digest, "count": count}
        print(json.dumps({**distances, **source}))
        return
    for name, value in distances.items():
        print(f"{name:10} {value:.4f}")
    print(f"{count} bars of each, extractor {features.name} {features.digest[:12]}")


def teach(folder: Path, corpus: Sequence[str] | None, epochs: int) -> None:
    """Train the feature extractor, and print the distances that it gives to corrupted bars."""
    from training.data.corpus import (  # noqa: PLC0415 - music21 takes seconds
        extractor_corpus,
        import_corpus,
    )
    from training.train.extractor import is_rising, make_extractor  # noqa: PLC0415 - tensorflow

    bars = import_corpus(corpus) if corpus else extractor_corpus()
    manifest = make_extractor(bars, folder, epochs)
    for name, levels in manifest.proof.items():
        verdict = "rises" if is_rising(levels) else "DOES NOT RISE"
        print(f"{name:14} {' '.join(f'{level:6.2f}' for level in levels)}  {verdict}")
