"""Pure Data patches."""

from perform.surfaces.pd.reader import screens
from perform.surfaces.pd.writer import write

__all__ = ["screens", "write"]
