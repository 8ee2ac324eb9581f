"""What the front and the connections of a Pure Data patch share."""

from perform.surfaces import colours
from perform.surfaces.layout import Item, is_black

FIGURE = "%.2f"  # the format of the value below a fader


def resting(item: Item, option: str) -> str:
    """The colour of an option that is not lit."""
    strength = 0.5 if item.kind == "pads" else 0.4
    return colours.dim(item.colour, 0.3 if is_black(item, option) else strength)
