"""Pictures of a run, to look at: sheets of sample bars, loss curves, and the sheets in motion."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from perform.errors import RunFolderError
from training import files
from training.picture import blank, png


def draw_sheet(rolls: Any, path: Path, columns: int = 4) -> None:
    """A PNG of rolls (n, 48, 64), cells above 0 dark, roots and beats lined."""
    rows = -(-len(rolls) // columns)
    figure = blank(3.2 * columns, 2.4 * rows, "tight")
    for place, roll in enumerate(np.asarray(rolls)):
        axes = figure.add_subplot(rows, columns, place + 1)
        axes.imshow(roll > 0, origin="lower", aspect="auto", cmap="Blues", interpolation="nearest")
        for root in (12, 24, 36):
            axes.axhline(root, color="tab:orange", linewidth=0.5)
        axes.set_xticks([0, 16, 32, 48], labels=["1", "2", "3", "4"])
        axes.set_yticks([12, 24, 36], labels=["C3", "C4", "C5"])
        axes.tick_params(labelsize=6)
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
    hold = [250] * (len(frames) - 1) + [2000]
    moving = io.BytesIO()
    frames[0].save(
        moving, format="GIF", save_all=True, append_images=frames[1:], duration=hold, loop=0
    )
    files.write(path, moving.getvalue())
