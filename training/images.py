"""Pictures, drawn without a screen and kept as PNG bytes."""

import io
from typing import Any, Literal

from matplotlib.figure import Figure


def blank(
    width: float, height: float, layout: Literal["constrained", "tight"] = "constrained"
) -> Any:
    """An empty matplotlib figure of so many inches."""
    return Figure(figsize=(width, height), layout=layout)


def png(figure: Any, dpi: int = 100) -> bytes:
    """A figure as PNG; the same figure gives the same bytes."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()
