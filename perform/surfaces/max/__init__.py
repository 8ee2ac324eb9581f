"""Max patches."""

from perform.surfaces.max.help_patch import write as write_help
from perform.surfaces.max.reader import read_screens
from perform.surfaces.max.writer import write

__all__ = ["read_screens", "write", "write_help"]
