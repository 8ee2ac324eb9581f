"""Max patches."""

from perform.surfaces.max.help_patch import write as write_help
from perform.surfaces.max.reader import screens
from perform.surfaces.max.writer import write

__all__ = ["screens", "write", "write_help"]
