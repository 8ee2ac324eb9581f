"""TouchOSC layouts."""

from perform.surfaces.touchosc.reader import screens
from perform.surfaces.touchosc.writer import write

__all__ = ["screens", "write"]
