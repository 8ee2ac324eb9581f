"""How the items of a page lie in windows of three shapes: a tablet, and a phone both ways."""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from perform.surfaces.layout import GridRect, Item, ItemParts, Page, Rect, split_item

TABS = 30.0  # the height of the row of tabs, in pixels of any window
TURN_HEIGHT, ERROR_HEIGHT = 38.0, 16.0  # upright, of the rows below the bar's own
LINE_HEIGHT = 44.0  # upright, of a row of buttons
PADS_SHARE = 0.42  # upright, of the height of a page
SIDEWAYS_ROW = 34.0  # of a phone, of a row below the pads
FOOT_HEIGHT = 104.0  # upright, of the feels and buttons below the faders
FADER_COLUMNS, UPRIGHT_COLUMNS = 5, 3
SIDE_SHARE = 0.22  # of the width, of the feels and buttons beside the faders


class Shape(NamedTuple):
    """A shape of windows, and one of them in pixels: its size, its bar, gaps and lines of text.

    `media`: the condition in CSS; "" where the others do not hold.
    """

    media: str
    width: float
    height: float
    bar: float
    gap: float
    line: float
    header: float  # of a page of parameters

    @property
    def page(self) -> float:
        """The height of a page."""
        return self.height - self.bar - TABS


WIDE = Shape("", 1280.0, 800.0, 190.0, 6.0, 20.0, 126.0)
UPRIGHT = Shape("(max-aspect-ratio: 1/1)", 400.0, 800.0, 160.0, 3.0, 15.0, 140.0)
SIDEWAYS = Shape(
    "(min-aspect-ratio: 1001/1000) and (max-height: 520px)", 720.0, 360.0, 92.0, 3.0, 13.0, 56.0
)
SHAPES = (WIDE, UPRIGHT, SIDEWAYS)


def arranged(page: Page, shape: Shape, height: float) -> Page:
    """The page with its items in the same order, placed in pixels of a window of that shape."""
    if _flow(page):
        rects = _parameters(page, shape)
    elif shape is UPRIGHT:
        rects = _stacked(page, shape, height)
    else:
        rects = _scaled(page, shape, height)
    items = tuple(item._replace(grid=rects[id(item)]) for item in page.items)
    return page._replace(columns=shape.width, rows=height, items=items)


def parts_of(item: Item, rect: Rect, shape: Shape) -> ItemParts:
    """The rectangle of an item, divided; on a phone a fader lies below its caption and value."""
    caption, body, figure = split_item(item, rect, shape.line)
    if caption and figure and shape.media:
        return ItemParts(caption._replace(h=rect.h), rect, figure._replace(h=rect.h))
    return ItemParts(caption, body, figure)


Rects = dict[int, GridRect]  # by the identity of each item: two may be equal


def _moved(items: Sequence[Item], before: GridRect, after: GridRect) -> Rects:
    """Each item where it is when the rectangle `before` becomes `after`."""
    across, down = after.w / before.w, after.h / before.h
    return {
        id(item): GridRect(
            after.x + (item.grid.x - before.x) * across,
            after.y + (item.grid.y - before.y) * down,
            item.grid.w * across,
            item.grid.h * down,
        )
        for item in items
    }


def _scaled(page: Page, shape: Shape, height: float) -> Rects:
    """The page as it is; on a phone the rows below the pads are high enough for a finger."""
    cut = next((it.grid.h for it in page.items if it.kind == "pads"), page.rows)
    below = page.rows - cut
    share = cut / page.rows * height
    top = min(share, height - SIDEWAYS_ROW * below) if shape is SIDEWAYS else share
    upper, lower = (
        [it for it in page.items if (it.grid.y >= cut) is is_low] for is_low in (False, True)
    )
    wide, width = page.columns, shape.width
    rects = _moved(upper, GridRect(0, 0, wide, cut), GridRect(0, 0, width, top))
    if lower:
        room = GridRect(0, top, width, height - top)
        rects |= _moved(lower, GridRect(0, cut, wide, below), room)
    return rects


def _bounds(items: Sequence[Item]) -> GridRect:
    x, y = min(it.grid.x for it in items), min(it.grid.y for it in items)
    right = max(it.grid.x + it.grid.w for it in items)
    return GridRect(x, y, right - x, max(it.grid.y + it.grid.h for it in items) - y)


def _flow(page: Page) -> list[Item]:
    """The faders of a page of parameters with their headings; none on other pages."""
    first = next((it.grid.y for it in page.items if it.kind == "title" and it.grid.y > 0), None)
    if first is None or any(it.kind == "pads" for it in page.items):
        return []
    return [it for it in page.items if it.kind in ("fader", "title") and it.grid.y >= first]


def _parameters(page: Page, shape: Shape) -> Rects:
    """A header, columns of horizontal faders, and the feels and buttons beside or below them."""
    flow = _flow(page)
    head = [it for it in page.items if it.grid.y < flow[0].grid.y]
    rest = [it for it in page.items if it not in flow and it not in head]
    width, top = shape.width, shape.header
    if shape is UPRIGHT:
        middle = round(0.36 * top)
        rects = _in_line(head[:2], GridRect(0, 0, width, middle))
        rects |= _in_line(head[2:], GridRect(0, middle, width, top - middle))
        foot = GridRect(0, shape.page - FOOT_HEIGHT, width, FOOT_HEIGHT)
        faders, columns = GridRect(0, top, width, foot.y - top), UPRIGHT_COLUMNS
        rects |= _halves(rest, foot)
    else:
        side = SIDE_SHARE * width
        rects = _in_line(head, GridRect(0, 0, width, top))
        faders, columns = GridRect(0, top, width - side, shape.page - top), FADER_COLUMNS
        rects |= _moved(rest, _bounds(rest), GridRect(width - side, top, side, shape.page - top))
    return rects | _in_columns(flow, faders, columns)


def _halves(items: Sequence[Item], room: GridRect) -> Rects:
    """The first item in the left half of a room, the others in the right half."""
    left, right = (room._replace(x=room.x + room.w / 2 * half, w=room.w / 2) for half in (0, 1))
    return _moved(items[:1], _bounds(items[:1]), left) | _moved(
        items[1:], _bounds(items[1:]), right
    )


def _in_columns(flow: Sequence[Item], room: GridRect, columns: int) -> Rects:
    """Items down one column after the other; no heading is at the end of one."""
    rows = math.ceil(len(flow) / columns)
    while (places := _places(flow, rows))[-1] >= columns * rows:
        rows += 1
    width, height = room.w / columns, room.h / rows
    corners = (divmod(place, rows) for place in places)
    return {
        id(item): GridRect(room.x + column * width, room.y + row * height, width, height)
        for item, (column, row) in zip(flow, corners, strict=True)
    }


def _places(flow: Sequence[Item], rows: int) -> list[int]:
    places: list[int] = []
    place = 0
    for item in flow:
        place += item.kind == "title" and place % rows == rows - 1
        places.append(place)
        place += 1
    return places


def _stacked(page: Page, shape: Shape, height: float) -> Rects:
    """The pads above each other with what is beside them, and the rows below broken in two."""
    pads = next((it for it in page.items if it.kind == "pads"), None)
    beside = [it for it in page.items if pads and it is not pads and it.grid.y < pads.grid.h]
    below = [it for it in page.items if it is not pads and it not in beside]
    rects, y = {}, 0.0
    if pads:
        y = PADS_SHARE * height
        rects[id(pads)] = GridRect(0, 0, shape.width, y)
    lines = [*_lines(below)]
    heights = [_height(line) for line in lines]
    if beside:
        strips = height - y - sum(heights)
        rects |= _moved(beside, _bounds(beside), GridRect(0, y, shape.width, strips))
        y += strips
    share = (height - y) / sum(heights)
    for line, own in zip(lines, heights, strict=True):
        rects |= _in_line(line, GridRect(0, y, shape.width, own * share))
        y += own * share
    return rects


def _height(line: Sequence[Item]) -> float:
    special = {"turn": TURN_HEIGHT, "refused": ERROR_HEIGHT}
    return special.get(line[0].kind, LINE_HEIGHT)


def _lines(items: Sequence[Item]) -> Iterator[list[Item]]:
    """The rows of a page; a row of more than three items becomes two."""
    for y in sorted({it.grid.y for it in items}):
        row = [it for it in items if it.grid.y == y]
        if len(row) <= 3:
            yield row
            continue
        sums = [*itertools.accumulate(it.grid.w for it in row)]
        cut = min(range(1, len(row)), key=lambda count: abs(sums[count - 1] - sums[-1] / 2))
        yield row[:cut]
        yield row[cut:]


def _in_line(items: Sequence[Item], room: GridRect) -> Rects:
    """Items side by side over the whole width, in proportion to their own widths."""
    across = room.w / sum(it.grid.w for it in items)
    rects, x = {}, room.x
    for item in items:
        rects[id(item)] = GridRect(x, room.y, item.grid.w * across, room.h)
        x += item.grid.w * across
    return rects
