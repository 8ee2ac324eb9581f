"""A picture of a surface as SVG, drawn from what a reader finds in the surface's file."""

from collections.abc import Iterable
from typing import Literal, NamedTuple
from xml.sax.saxutils import escape

from perform.surfaces import colours
from perform.surfaces.layout import Rect

MOST_PAGES = 3  # in a picture: the pages of further voices look like the first one's
SPACE, TITLE = 24.0, 34.0
FONT = "Inter, 'Helvetica Neue', Arial, sans-serif"


class DrawnItem(NamedTuple):
    """One element of a picture. `share`: the position of a fader, 0 to 1. `ink`: the text's colour.

    A wire goes from the upper left corner of its rectangle to the lower right one; its height may
    be negative.
    """

    kind: Literal["panel", "button", "fader", "text", "light", "wire"]
    rect: Rect
    text: str = ""
    fill: str = colours.PANEL
    ink: str = colours.TEXT
    size: float = 14.0
    share: float = 0.0
    left: bool = False


class Screen(NamedTuple):
    """What a program shows at once, with a title; sizes in pixels."""

    title: str
    width: float
    height: float
    items: tuple[DrawnItem, ...]


def draw(screens: Iterable[Screen]) -> str:
    """All screens below each other, as one SVG document."""
    every = list(screens)
    width = max(screen.width for screen in every) + 2 * SPACE
    body, y = [], SPACE
    for screen in every:
        body.append(_screen(screen, y))
        y += TITLE + screen.height + SPACE
    view = f'viewBox="0 0 {width:g} {y:g}" font-family="{FONT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {view}>\n'
    return f'{head}<rect width="100%" height="100%" fill="#0a0c0f"/>\n' + "".join(body) + "</svg>\n"


def _screen(screen: Screen, y: float) -> str:
    at = f'x="{SPACE:g}" y="{y + 20:g}"'
    title = f'<text {at} font-size="18" fill="{colours.QUIET}">{escape(screen.title)}</text>'
    size = f'width="{screen.width:g}" height="{screen.height:g}"'
    ground = f'<rect {size} rx="10" fill="{colours.GROUND}"/>'
    elements = "\n".join(_element(item) for item in screen.items)
    at = f'x="{SPACE:g}" y="{y + TITLE:g}"'
    return f"{title}\n<svg {at} {size}>\n{ground}\n{elements}\n</svg>\n"


def _element(item: DrawnItem) -> str:
    x, y, w, h = item.rect
    match item.kind:
        case "panel":
            return _box(item.rect, item.fill)
        case "button":
            return _box(item.rect, item.fill) + _text(item)
        case "light":
            centre = f'cx="{x + w / 2:g}" cy="{y + h / 2:g}" r="{min(w, h) / 2:g}"'
            return f'<circle {centre} fill="{item.fill}"/>' + _text(item)
        case "fader":
            return _fader(item)
        case "wire":
            bend = w / 2
            path = f"M{x:g} {y:g} C{x + bend:g} {y:g} {x + bend:g} {y + h:g} {x + w:g} {y + h:g}"
            return f'<path d="{path}" fill="none" stroke="{item.fill}" stroke-width="2.5"/>'
        case "text":
            return _text(item)


def _box(rect: Rect, fill: str, radius: int = 6, more: str = "") -> str:
    x, y, w, h = rect
    at = f'x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}"'
    return f'<rect {at} rx="{radius}" fill="{fill}"{more}/>'


def _fader(item: DrawnItem) -> str:
    """A groove, filled up to the fader's position, with a cap there."""
    x, y, w, h = item.rect
    if w > h:
        length = w * item.share
        filled = Rect(x, y, length, h)
        cap = Rect(min(max(x + length - 3, x), x + w - 6), y, 6, h)
    else:
        length = h * item.share
        top = y + h - length
        filled = Rect(x, top, w, length)
        cap = Rect(x, min(max(top - 3, y), y + h - 6), w, 6)
    groove = _box(item.rect, colours.PANEL)
    return groove + _box(filled, item.fill, more=' opacity="0.45"') + _box(cap, item.fill, 3)


def _text(item: DrawnItem) -> str:
    if not item.text:
        return ""
    x, y, w, h = item.rect
    across = x + 4 if item.left else x + w / 2
    anchor = "start" if item.left else "middle"
    at = f'x="{across:g}" y="{y + h / 2 + item.size * 0.35:g}"'
    return (
        f'<text {at} font-size="{item.size:g}" text-anchor="{anchor}" fill="{item.ink}">'
        f"{escape(item.text)}</text>"
    )
