"""Matplotlib figures without a screen, and their PNG bytes."""

import io
from typing import Any, Literal

from matplotlib.figure import Figure


def new_figure(
    width: float, height: float, layout: Literal["constrained", "tight"] = "constrained"
) -> Any:
    """An empty matplotlib figure; width and height are inches."""
    return Figure(figsize=(width, height), layout=layout)


def to_png(figure: Any, dpi: int = 100) -> bytes:
    """The figure as PNG. The same figure always gives the same bytes."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()
