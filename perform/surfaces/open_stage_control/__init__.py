"""Open Stage Control layouts."""

from perform.surfaces.open_stage_control.reader import read_screens
from perform.surfaces.open_stage_control.writer import write

__all__ = ["read_screens", "write"]
