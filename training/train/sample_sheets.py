"""Pictures of a run, to look at: sheets of sample bars, loss curves, and the sheets in motion."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from perform import atomic_file
from perform.errors import RunFolderError
from perform.music.note import COLUMNS, ROWS
from training.images import new_figure, to_png

CELL = (4, 3)  # pixels
GAP, MARGIN = 12, 24  # pixels between bars, and left of them
INK, PAPER = 40, 245  # of 255
ROOTS = {12: "C3", 24: "C4", 36: "C5"}  # by row


def draw_sheet(rolls: Any, path: Path, columns: int = 4) -> None:
    """A PNG of rolls (n, 48, 64), cells above 0 dark, roots and beats lined."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - comes with matplotlib

    wide, high = COLUMNS * CELL[0], ROWS * CELL[1]
    rows = -(-len(rolls) // columns)
    page = Image.new("RGB", (MARGIN + columns * (wide + GAP), GAP + rows * (high + GAP)), "white")
    pen = ImageDraw.Draw(page)
    for place, roll in enumerate(np.asarray(rolls)):
        left, top = MARGIN + place % columns * (wide + GAP), GAP + place // columns * (high + GAP)
        cells = np.where(roll[::-1] > 0, INK, PAPER).astype(np.uint8)
        page.paste(
            Image.fromarray(cells).resize((wide, high), Image.Resampling.NEAREST), (left, top)
        )
        for beat in range(5):
            x = left + beat * wide // 4
            pen.line((x, top, x, top + high), fill="#c8c8c8")
        for row, name in ROOTS.items():
            y = top + high - row * CELL[1] - CELL[1] // 2
            pen.line((left, y, left + wide, y), fill="#ff7f0e")
            if place % columns == 0:
                pen.text((4, y - 6), name, fill="black")
    held = io.BytesIO()
    page.save(held, "PNG")
    atomic_file.write(path, held.getvalue())


def draw_losses(metrics: Path, path: Path) -> None:
    """A PNG of the losses in a run's metrics.jsonl by step."""
    entries = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    figure = new_figure(6, 2.4)
    axes = figure.add_subplot()
    for name in ("generator", "discriminator"):
        axes.plot(
            [e["step"] for e in entries], [e[name] for e in entries], label=name, linewidth=0.8
        )
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.legend(fontsize=8)
    atomic_file.write(path, to_png(figure, 80))


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
    atomic_file.write(path, moving.getvalue())
