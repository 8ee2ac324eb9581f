"""What the front and the connections of a Pure Data patch share."""

from perform.surfaces import colours
from perform.surfaces.layout import Item, is_black

FIGURE = "%.2f"  # the format of the value below a fader


def turn_name(item: Item) -> str:
    """The name at which an item of a turn receives."""
    return f"{item.address}={item.value}:hear" if item.value else f"{item.address}:hear"


def resting(item: Item, option: str) -> str:
    """The colour of an option that is not lit."""
    strength = 0.5 if item.kind == "pads" else 0.4
    return colours.dim(item.colour, 0.3 if is_black(item, option) else strength)
