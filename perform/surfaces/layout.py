"""A surface in no format yet: pages of items on a grid, and where each item is in pixels."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from perform.control.registry import STATE, Control
from perform.engine.parameters import UNSET

ItemKind = Literal[
    "title",
    "tap",
    "switch",
    "fader",
    "choice",
    "pads",
    "shown",
    "beat",
    "light",
    "latch",
    "refused",
    "turn",
    "turn bars",
]
RENEW_MS = 5000  # between two /subscribe/again: a daemon that restarted has no subscriptions


class GridRect(NamedTuple):
    """A rectangle on a page, in cells of the page's grid, from the page's upper left corner."""

    x: float
    y: float
    w: float
    h: float


class Item(NamedTuple):
    """One element of a page. `kind`: how it looks and what a touch does.

    `address`: where it sends, or what it shows, below the prefix. `value`: what it sends, where
    that is always the same; a turn is seen while its address has that value. `options`: the values
    of a choice or of the pads, in rows of `columns`.
    """

    kind: ItemKind
    label: str
    grid: GridRect
    colour: str = "plain"
    address: str = ""
    value: str = ""
    control: Control | None = None
    options: tuple[str, ...] = ()
    columns: int = 1

    @property
    def feedback(self) -> str:
        """The address, below the prefix, at which the item gets its value; "" for none."""
        if self.kind in ("beat", "light", "refused"):
            return self.address
        if self.kind in ("turn", "turn bars"):
            return f"{STATE}{self.address}"
        published = self.control is not None and self.control.published
        return f"{STATE}{self.address}" if published else ""

    @property
    def bounds(self) -> tuple[float, float, float]:
        """The lowest, the highest and the first value of a fader."""
        assert self.control is not None  # noqa: S101 - every fader has one
        low, high, first = self.control.low, self.control.high, self.control.default
        assert low is not None  # noqa: S101 - as every number of the registry
        assert high is not None  # noqa: S101
        return low, high, float(first or 0.0)

    @property
    def first_text(self) -> str:
        """What a shown value is before it is known."""
        first = self.control.default if self.control is not None else None
        return "" if first is None else str(first)

    @property
    def can_be_unset(self) -> bool:
        """Whether the lowest value of a fader means that no target is set."""
        return self.kind == "fader" and self.bounds[0] == UNSET


class Page(NamedTuple):
    """What is visible at once: a grid of `columns` by `rows` cells, with items on it."""

    name: str
    columns: float
    rows: float
    items: tuple[Item, ...]


class Surface(NamedTuple):
    """A whole surface: a bar that is always visible, and pages.

    The pages: chord pads with a strip of each voice, the parameters of all voices at once, then the
    parameters of each voice. `host`, `port`: where the daemon listens. `feedback_port`: where the
    surface listens.
    """

    prefix: str
    host: str
    port: int
    feedback_port: int
    voices: tuple[str, ...]
    models: tuple[str, ...]
    bar: Page
    pages: tuple[Page, ...]

    def items(self) -> Iterator[Item]:
        """Every item of every page."""
        for page in (self.bar, *self.pages):
            yield from page.items


class Rect(NamedTuple):
    """A rectangle in pixels."""

    x: float
    y: float
    w: float
    h: float


def place_items(page: Page, frame: Rect, gap: float) -> Iterator[tuple[Item, Rect]]:
    """Each item with its pixels, when the page fills a frame; `gap`: pixels between neighbours."""
    width, height = frame.w / page.columns, frame.h / page.rows
    for item in page.items:
        x, y, w, h = item.grid
        yield (
            item,
            Rect(
                round(frame.x + x * width + gap / 2, 1),
                round(frame.y + y * height + gap / 2, 1),
                round(w * width - gap, 1),
                round(h * height - gap, 1),
            ),
        )


def option_cells(item: Item, rect: Rect, gap: float) -> Iterator[tuple[str, Rect]]:
    """Each option of a choice, or each pad, with its pixels."""
    rows = -(-len(item.options) // item.columns)
    width, height = (rect.w + gap) / item.columns, (rect.h + gap) / rows
    for number, option in enumerate(item.options):
        row, column = divmod(number, item.columns)
        corner = (round(rect.x + column * width, 1), round(rect.y + row * height, 1))
        yield option, Rect(*corner, round(width - gap, 1), round(height - gap, 1))


def is_black(item: Item, option: str) -> bool:
    """Whether a pad's root is a black key; those pads are darker, as on a keyboard."""
    return item.kind == "pads" and option[1:2] in ("b", "#")


class ItemParts(NamedTuple):
    """The rectangles of an item: its caption, its body and its value as text; None without one."""

    caption: Rect | None
    body: Rect
    figure: Rect | None


def split_item(item: Item, rect: Rect, line: float) -> ItemParts:
    """The rectangle of an item, divided. `line`: the height of a line of small text, in pixels."""
    x, y, w, h = rect
    if item.kind == "fader":
        body = Rect(x, y + line, w, round(h - 2 * line, 1))
        if w > h:  # horizontal: the value is beside the caption, above the fader
            name = round(0.62 * w, 1)
            horizontal = Rect(x, y + line, w, round(h - line, 1))
            value = Rect(round(x + name, 1), y, round(w - name, 1), line)
            return ItemParts(Rect(x, y, name, line), horizontal, value)
        return ItemParts(Rect(x, y, w, line), body, Rect(x, round(y + h - line, 1), w, line))
    if item.kind in ("choice", "shown", "beat"):
        return ItemParts(Rect(x, y, w, line), Rect(x, y + line, w, round(h - line, 1)), None)
    return ItemParts(None, rect, None)


def hint(item: Item) -> str:
    """One line of help for an item, from the registry."""
    return item.control.help.removeprefix("of one voice: ") if item.control is not None else ""
