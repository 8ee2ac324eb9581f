"""A picture of a surface, as SVG, drawn from what was read back out of its finished file."""

from collections.abc import Iterable
from typing import Literal, NamedTuple
from xml.sax.saxutils import escape

from perform.surfaces import colours
from perform.surfaces.layout import Rect

MOST_PAGES = 3  # in a picture: those of further voices look like the first one's
SPACE, TITLE = 24.0, 34.0
FONT = "Inter, 'Helvetica Neue', Arial, sans-serif"


class DrawnItem(NamedTuple):
    """One thing that is seen. `share`: how far a fader is up, from 0 to 1; `ink` colours its text. A wire goes from
    the upper left corner of its rectangle to the other one, whose height may be negative.
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
    """What is seen at once, and what it is called."""

    title: str
    width: float
    height: float
    seen: tuple[DrawnItem, ...]


def draw(screens: Iterable[Screen]) -> str:
    """All screens below each other, as one SVG document."""
    shown = list(screens)
    wide = max(screen.width for screen in shown) + 2 * SPACE
    body, y = [], SPACE
    for screen in shown:
        body.append(_screen(screen, y))
        y += TITLE + screen.height + SPACE
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {y:g}" font-family="{FONT}">\n'
    return f'{head}<rect width="100%" height="100%" fill="#0a0c0f"/>\n' + "".join(body) + "</svg>\n"


def _screen(screen: Screen, y: float) -> str:
    title = f'<text x="{SPACE:g}" y="{y + 20:g}" font-size="18" fill="{colours.QUIET}">{escape(screen.title)}</text>'
    size = f'width="{screen.width:g}" height="{screen.height:g}"'
    ground = f'<rect {size} rx="10" fill="{colours.GROUND}"/>'
    things = "\n".join(_thing(thing) for thing in screen.seen)
    return (
        f'{title}\n<svg x="{SPACE:g}" y="{y + TITLE:g}" {size}>\n{ground}\n{things}\n</svg>\n'
    )  # fmt: skip


def _thing(thing: DrawnItem) -> str:
    x, y, w, h = thing.rect
    box = f'x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}"'
    match thing.kind:
        case "panel":
            return f'<rect {box} rx="6" fill="{thing.fill}"/>'
        case "button":
            return f'<rect {box} rx="6" fill="{thing.fill}"/>' + _text(thing)
        case "light":
            return (
                f'<circle cx="{x + w / 2:g}" cy="{y + h / 2:g}" r="{min(w, h) / 2:g}" fill="{thing.fill}"/>'
                + _text(thing)
            )
        case "fader":
            return _fader(thing)
        case "wire":
            bend = w / 2
            way = f"M{x:g} {y:g} C{x + bend:g} {y:g} {x + bend:g} {y + h:g} {x + w:g} {y + h:g}"
            return f'<path d="{way}" fill="none" stroke="{thing.fill}" stroke-width="2.5"/>'
        case "text":
            return _text(thing)


def _fader(thing: DrawnItem) -> str:
    """A groove, filled as far as it is up, with a cap: a thumb's width across where it stands."""
    x, y, w, h = thing.rect
    groove = (
        f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="6" fill="{colours.PANEL}"/>'
    )
    if w > h:
        up, cap = w * thing.share, min(max(x + w * thing.share - 3, x), x + w - 6)
        filled = f'<rect x="{x:g}" y="{y:g}" width="{up:g}" height="{h:g}" rx="6" fill="{thing.fill}" opacity="0.45"/>'
        return f'{groove}{filled}<rect x="{cap:g}" y="{y:g}" width="6" height="{h:g}" rx="3" fill="{thing.fill}"/>'
    up = h * thing.share
    top, cap = y + h - up, min(max(y + h - up - 3, y), y + h - 6)
    filled = f'<rect x="{x:g}" y="{top:g}" width="{w:g}" height="{up:g}" rx="6" fill="{thing.fill}" opacity="0.45"/>'
    return f'{groove}{filled}<rect x="{x:g}" y="{cap:g}" width="{w:g}" height="6" rx="3" fill="{thing.fill}"/>'


def _text(thing: DrawnItem) -> str:
    if not thing.text:
        return ""
    x, y, w, h = thing.rect
    across = x + 4 if thing.left else x + w / 2
    anchor = "start" if thing.left else "middle"
    return (
        f'<text x="{across:g}" y="{y + h / 2 + thing.size * 0.35:g}" font-size="{thing.size:g}" '
        f'text-anchor="{anchor}" fill="{thing.ink}">{escape(thing.text)}</text>'
    )
