"""Sheets of sample bars, to look at."""

from pathlib import Path
from typing import Any

import numpy as np


def draw_sheet(rolls: Any, path: Path, columns: int = 4) -> None:
    """A PNG of rolls (n, 48, 64), cells above 0 dark, roots and beats lined."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import, and seldom needed

    rows = -(-len(rolls) // columns)
    figure = Figure(figsize=(3.2 * columns, 2.4 * rows), layout="tight")
    for place, roll in enumerate(np.asarray(rolls)):
        axes = figure.add_subplot(rows, columns, place + 1)
        axes.imshow(roll > 0, origin="lower", aspect="auto", cmap="Blues", interpolation="nearest")
        for root in (12, 24, 36):
            axes.axhline(root, color="tab:orange", linewidth=0.5)
        axes.set_xticks([0, 16, 32, 48], labels=["1", "2", "3", "4"])
        axes.set_yticks([12, 24, 36], labels=["C3", "C4", "C5"])
        axes.tick_params(labelsize=6)
    figure.savefig(path, dpi=80)
