"""TouchOSC layouts."""

from perform.surfaces.touchosc.reader import read_screens
from perform.surfaces.touchosc.writer import write

__all__ = ["read_screens", "write"]
