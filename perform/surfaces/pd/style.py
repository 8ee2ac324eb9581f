"""What the front and the wires of a Pure Data patch must agree on."""

from perform.surfaces import colours
from perform.surfaces.layout import Item, is_black

FIGURE = "%.2f"  # how the figure below a fader is spelled


def resting(item: Item, option: str) -> str:
    """The colour of an option that is not lit."""
    strength = 0.5 if item.kind == "pads" else 0.4
    return colours.dim(item.colour, 0.3 if is_black(item, option) else strength)
