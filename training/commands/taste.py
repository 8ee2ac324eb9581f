"""The command `taste`: trains what scores the candidates of lines."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perform import atomic_file
from perform.bundles import bundle, catalog
from perform.bundles.network import LineNetwork
from training.data.book import read_book
from training.data.piece import Piece
from training.data.piece_files import OWN_BASS, own_melodies

MELODIES, BASS = "sideman", "bass"  # the bundles whose candidates are scored


def train(output: Path, seed: int) -> None:
    """Write a taste that has learned from the bars of the shipped bundles over our own book."""
    from training.judge import sequence  # noqa: PLC0415 - tensorflow takes seconds
    from training.lines import taste, taste_training  # noqa: PLC0415

    charts = {MELODIES: own_melodies(), BASS: read_book(OWN_BASS)}
    model = sequence.train([piece for pieces in charts.values() for piece in pieces], seed)

    def teacher(lines: Sequence[Piece]) -> list[NDArray[np.float64]]:
        return sequence.note_bits(model, lines)

    parts = []
    for name, pieces in charts.items():
        network = LineNetwork(bundle.load(catalog.find(name)).generator)
        parts.append(taste_training.scored_candidates(network, pieces, teacher, seed))
        print(f"{name}: {len(parts[-1].contexts)} bars", flush=True)
    scored = taste_training.joined(parts)
    made = taste_training.train(scored, seed=seed, report=lambda line: print(line, flush=True))
    atomic_file.write(output, taste.convert(made, network.batch))
    print(f"{output}: the taste")
