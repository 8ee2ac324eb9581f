"""Pictures of a run, to look at: sheets of sample bars, loss curves, and the sheets in motion."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from perform.errors import RunFolderError
from perform.music.note import COLUMNS, ROWS
from training import files
from training.picture import blank, png

GAP = 6  # cells between bars
ROOTS = (12, 24, 36)  # rows


def draw_sheet(rolls: Any, path: Path, columns: int = 4) -> None:
    """A PNG of rolls (n, 48, 64), cells above 0 dark, roots and beats lined."""
    rows = -(-len(rolls) // columns)
    high, wide = ROWS + GAP, COLUMNS + GAP
    page = np.zeros((rows * high - GAP, columns * wide - GAP))
    figure = blank(3 * columns, 2.2 * rows)
    axes = figure.add_subplot()
    for place, roll in enumerate(np.asarray(rolls)):
        bottom, left = (rows - 1 - place // columns) * high, place % columns * wide
        page[bottom : bottom + ROWS, left : left + COLUMNS] = roll > 0
        edges = left - 0.5, left + COLUMNS - 0.5
        axes.hlines([bottom + root for root in ROOTS], *edges, "tab:orange", linewidth=0.5)
        beats = [left - 0.5 + beat * COLUMNS / 4 for beat in range(5)]
        axes.vlines(beats, bottom - 0.5, bottom + ROWS - 0.5, "0.8", linewidth=0.5)
    axes.imshow(page, origin="lower", aspect="auto", cmap="Blues", interpolation="nearest", vmax=1)
    starts = [row * high for row in range(rows)]
    ticks = [start + root for start in starts for root in ROOTS]
    axes.set_yticks(ticks, labels=["C3", "C4", "C5"] * rows, fontsize=7)
    axes.set_xticks(
        [column * wide for column in range(columns)], labels=["beat 1"] * columns, fontsize=7
    )
    axes.spines[:].set_visible(False)
    files.write(path, png(figure, 80))


def draw_losses(metrics: Path, path: Path) -> None:
    """A PNG of the losses in a run's metrics.jsonl by step."""
    entries = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    figure = blank(6, 2.4)
    axes = figure.add_subplot()
    for name in ("generator", "discriminator"):
        axes.plot(
            [e["step"] for e in entries], [e[name] for e in entries], label=name, linewidth=0.8
        )
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.legend(fontsize=8)
    files.write(path, png(figure, 80))


def animate(sheets: Sequence[Path], path: Path) -> None:
    """A GIF of a run's sheets one after the other, the same noise growing into bars.

    RunFolderError names a sheet that is no picture, or no whole one.
    """
    from PIL import Image  # noqa: PLC0415 - comes with matplotlib

    frames = []
    for sheet in sheets:
        try:
            with Image.open(sheet) as still:
                frames.append(still.convert("P", palette=Image.Palette.ADAPTIVE))
        except (OSError, SyntaxError):
            raise RunFolderError(f"{sheet}: no whole picture; delete it") from None
    each = max(60, min(250, 10_000 // len(frames)))  # ms; ten seconds are enough to watch
    hold = [each] * (len(frames) - 1) + [2000]
    moving = io.BytesIO()
    frames[0].save(
        moving, format="GIF", save_all=True, append_images=frames[1:], duration=hold, loop=0
    )
    files.write(path, moving.getvalue())
