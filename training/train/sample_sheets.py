"""Images of a run: sheets of sample bars, loss curves, and an animation of the sheets."""

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
DARK, LIGHT = 40, 245  # of 255
ROOTS = {12: "C3", 24: "C4", 36: "C5"}  # by row


def draw_sheet(rolls: Any, path: Path, columns: int = 4) -> None:
    """Write a PNG of rolls (n, 48, 64): cells above 0 are dark, roots and beats have lines."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - comes with matplotlib

    width, height = COLUMNS * CELL[0], ROWS * CELL[1]
    rows = -(-len(rolls) // columns)
    size = (MARGIN + columns * (width + GAP), GAP + rows * (height + GAP))
    page = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(page)
    for place, roll in enumerate(np.asarray(rolls)):
        left, top = (
            MARGIN + place % columns * (width + GAP),
            GAP + place // columns * (height + GAP),
        )
        cells = np.where(roll[::-1] > 0, DARK, LIGHT).astype(np.uint8)
        page.paste(
            Image.fromarray(cells).resize((width, height), Image.Resampling.NEAREST), (left, top)
        )
        for beat in range(5):
            x = left + beat * width // 4
            pen.line((x, top, x, top + height), fill="#c8c8c8")
        for row, name in ROOTS.items():
            y = top + height - row * CELL[1] - CELL[1] // 2
            pen.line((left, y, left + width, y), fill="#ff7f0e")
            if place % columns == 0:
                pen.text((4, y - 6), name, fill="black")
    file = io.BytesIO()
    page.save(file, "PNG")
    atomic_file.write(path, file.getvalue())


def draw_losses(metrics: Path, path: Path) -> None:
    """Write a PNG of the losses by step, from a run's metrics.jsonl."""
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
    """Write a GIF of a run's sheets in turn: the same noise at each stage of the training.

    RunFolderError names a sheet that is not a complete image.
    """
    from PIL import Image  # noqa: PLC0415 - comes with matplotlib

    frames = []
    for sheet in sheets:
        try:
            with Image.open(sheet) as image:
                frames.append(image.convert("P", palette=Image.Palette.ADAPTIVE))
        except (OSError, SyntaxError):
            raise RunFolderError(f"{sheet}: not a complete image; delete it") from None
    each = max(60, min(250, 10_000 // len(frames)))  # ms; about ten seconds in all
    durations = [each] * (len(frames) - 1) + [2000]
    file = io.BytesIO()
    frames[0].save(
        file, format="GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0
    )
    atomic_file.write(path, file.getvalue())
