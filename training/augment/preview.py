"""A picture of bars before and after each strategy."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from perform import atomic_file
from perform.errors import DatasetError
from perform.music.pianoroll import Rolls
from training.augment.pipeline import find_strategy
from training.images import new_figure, to_png

PAIRS = 3


def draw_preview(rolls: Rolls, strategies: Sequence[str], seed: int, path: Path) -> None:
    """Write a PNG with a row for each strategy: three pairs of a bar before and after.

    DatasetError when there is no strategy.
    """
    if not strategies:
        raise DatasetError("--preview shows what strategies do; name one with --stages")
    rng = np.random.default_rng(seed)
    figure = new_figure(4.4 * PAIRS, 1.7 * len(strategies))
    axes = figure.subplots(len(strategies), 2 * PAIRS, squeeze=False, sharex=True, sharey=True)
    for line, name in zip(axes, strategies, strict=True):
        before = rolls[rng.choice(len(rolls), PAIRS, replace=len(rolls) < PAIRS)]
        after = find_strategy(name)(before, rng)
        line[0].set_ylabel(name, fontsize=8)
        for place in range(2 * PAIRS):
            is_after = place % 2
            roll = (after if is_after else before)[place // 2]
            line[place].imshow(
                roll > 0, origin="lower", aspect="auto", cmap="Oranges" if is_after else "Blues"
            )
            line[place].axhline(24, color="grey", linewidth=0.4)
            line[place].set_xticks([0, 16, 32, 48], labels=["1", "2", "3", "4"])
            line[place].set_yticks([12, 24, 36], labels=["C3", "C4", "C5"])
            line[place].tick_params(labelsize=6)
    for place in range(2 * PAIRS):
        axes[0][place].set_title("after" if place % 2 else "before", fontsize=8)
    atomic_file.write(path, to_png(figure, 90))
