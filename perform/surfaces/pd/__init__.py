"""Pure Data patches."""

from perform.surfaces.pd.reader import read_screens
from perform.surfaces.pd.writer import write

__all__ = ["read_screens", "write"]
