"""A surface as a TouchOSC layout (.tosc): XML, compressed with zlib, as TouchOSC 1.5 writes it.

The structure comes from Hexler's manual and from published layouts (file version 6): a node has
properties, values, messages and children. Faders, switches and labels get their values by their own
messages; the root's script lights buttons.
"""

import uuid
import zlib
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from perform.surfaces import colours
from perform.surfaces.layout import (
    Item,
    Page,
    Rect,
    Surface,
    is_black,
    option_cells,
    place_items,
    split_item,
)
from perform.surfaces.touchosc.lua import fader_script, pad_script, root_script

WIDTH, HEIGHT, BAR, TABS, GAP, LINE = 1280.0, 800.0, 190.0, 48.0, 6.0, 20.0
VERSION = "6"
CONNECTIONS = "1" * 10
_IDS = uuid.UUID("6f1c1d2a-6f0e-5d0a-9c43-51de3a9d0a11")
_LETTER = 0.6  # the mean width of a letter, as a share of its height
_COMMON: dict[str, object] = {
    "background": True, "cornerRadius": 4.0, "grabFocus": True, "interactive": True,
    "locked": False, "orientation": 0, "outline": False, "outlineStyle": 0, "pointerPriority": 0,
    "shape": 1, "visible": True,
}  # fmt: skip
_OF_TYPE: dict[str, dict[str, object]] = {
    "GROUP": {"grabFocus": False, "interactive": False},
    "BOX": {"interactive": False},
    "LABEL": {"interactive": False, "background": False, "font": 0, "textAlignH": 2,
              "textAlignV": 2, "textClip": True, "textLength": 0},
    "BUTTON": {"buttonType": 0, "press": True, "release": True, "valuePosition": False},
    "FADER": {"bar": True, "barDisplay": 0, "cursor": True, "cursorDisplay": 0, "grid": False,
              "gridSteps": 10, "gridColor": "#000000", "response": 0, "responseFactor": 100},
    "PAGER": {"background": False, "grabFocus": False, "tabLabels": True, "tabbar": True,
              "tabbarDoubleTap": False, "tabbarSize": int(TABS), "textSizeOff": 18,
              "textSizeOn": 18},
}  # fmt: skip
Properties = dict[str, object]


def write(surface: Surface) -> bytes:
    """The layout as a file."""
    return zlib.compress(document(surface).encode(), 9)


def document(surface: Surface) -> str:
    """The layout as the XML that the file holds."""
    bar, pager = Rect(0, 0, WIDTH, BAR), Rect(0, BAR, WIDTH, HEIGHT - BAR)
    pages = "".join(
        _page(surface, page, Rect(0, TABS, WIDTH, pager.h - TABS)) for page in surface.pages
    )
    children = _node("GROUP", "bar", bar, {"color": colours.PANEL, "cornerRadius": 0.0},
                     children=_items(surface, surface.bar, bar)) + _node(
        "PAGER", "pages", pager, {"color": colours.GROUND, "cornerRadius": 0.0},
        values={"page": 0, "touch": False}, children=pages)  # fmt: skip
    root = _node(
        "GROUP", "Sideman", Rect(0, 0, WIDTH, HEIGHT),
        {"color": colours.GROUND, "cornerRadius": 0.0, "script": root_script(surface)},
        children=children, includes=True,
    )  # fmt: skip
    return f"<?xml version='1.0' encoding='UTF-8'?><lexml version='{VERSION}'>{root}</lexml>"


def _page(surface: Surface, page: Page, frame: Rect) -> str:
    tab: Properties = {
        "color": colours.GROUND, "cornerRadius": 0.0, "tabLabel": page.name,
        "tabColorOff": colours.PANEL, "tabColorOn": colours.dim("time", 0.5),
        "textColorOff": colours.QUIET, "textColorOn": colours.TEXT,
    }  # fmt: skip
    return _node(
        "GROUP",
        f"page {surface.pages.index(page)}",
        frame,
        tab,
        children=_items(surface, page, frame),
    )


def _items(surface: Surface, page: Page, frame: Rect) -> str:
    inside = Rect(GAP, GAP, frame.w - 2 * GAP, frame.h - 2 * GAP)
    return "".join(
        node
        for item, rect in place_items(page, inside, GAP)
        for node in _item(surface, page, item, rect)
    )


def _item(surface: Surface, page: Page, item: Item, rect: Rect) -> Iterator[str]:
    at = surface.pages.index(page) if page in surface.pages else "bar"
    name = f"{at} {item.label} {item.address}"
    split = split_item(item, rect, LINE)
    if split.caption is not None and item.kind != "fader":
        yield _text(f"{name} caption", split.caption, item.label, colours.QUIET, 13)
    if item.kind in ("tap", "switch", "latch", "choice", "pads"):
        yield from _pressed(surface, name, item, rect, split.body)
    else:
        yield _displayed(surface, name, item, rect, split.body)


def _pressed(surface: Surface, name: str, item: Item, rect: Rect, body: Rect) -> Iterator[str]:
    """What a finger presses: buttons, each with its text in front."""
    accent: Properties = {"color": colours.dim(item.colour, 0.8)}
    match item.kind:
        case "tap":
            yield _button(name, rect, accent, _message(surface, item, item.value))
            yield _text(f"{name} text", rect, item.label, colours.TEXT, 20)
        case "switch":
            moved = _osc(surface, item.address, [("VALUE", "INTEGER", "x", 0.0, 1.0)], "ANY")
            feedback = _osc(surface, item.feedback, [("VALUE", "FLOAT", "x", 0.0, 1.0)])
            yield _button(name, rect, {"color": colours.bright(item.colour)}, moved + feedback, 2)
            yield _text(f"{name} text", rect, item.label, colours.TEXT, 19)
        case "latch":
            yield _button("latch", rect, {"color": colours.dim(item.colour, 0.75)}, "", 2, first=1)
            yield _text("latch text", rect, item.label, colours.TEXT, 19)
        case _:
            longest = max(item.options, key=len)
            lit: Properties = {"color": colours.bright(item.colour)}
            for option, cell in option_cells(item, body, GAP):
                strength = 0.5 if is_black(item, option) else 0.8
                shade: Properties = {"color": colours.dim(item.colour, strength)}
                if item.kind == "pads":
                    shade["script"] = pad_script(option)
                yield _button(f"{name} {option}", cell, shade, _message(surface, item, option))
                size = _fits(cell, longest, 24)  # the same for all of them
                yield _text(f"{item.address}={option}", cell, option, colours.TEXT, size, lit)


def _displayed(surface: Surface, name: str, item: Item, rect: Rect, body: Rect) -> str:
    """Texts, lights and faders."""
    lit: Properties = {"color": colours.bright(item.colour)}
    match item.kind:
        case "title":
            left: Properties = {"textAlignH": 1}
            colour = colours.TEXT if item.colour == "plain" else colours.bright(item.colour)
            return _text(name, rect, item.label, colour, 26 if item.grid.h >= 1 else 14, left)
        case "shown":
            feedback = _osc(surface, item.feedback, [("VALUE", "STRING", "text", 0.0, 1.0)])
            return _text(
                name, body, item.first_text, colours.bright(item.colour), 40, messages=feedback
            )
        case "beat":
            return _text("beat", body, "1.1", colours.TEXT, 40, lit)
        case "turn":
            band: Properties = {**lit, "background": True, "visible": False}
            return _text(f"{item.address}={item.value}", rect, item.label, colours.INK, 40, band)
        case "turn bars":
            return _text(item.address, rect, "", colours.bright(item.colour), 40)
        case "refused":
            return _text("refused", rect, "", colours.bright(item.colour), 14, {"textAlignH": 1})
        case "light":
            look = {**lit, "textAlignH": 1}
            return _text(f"light {item.value}", rect, f" {item.label}", colours.TEXT, 22, look)
        case _:
            return _fader(surface, name, item, rect)


def _fader(surface: Surface, name: str, item: Item, rect: Rect) -> str:
    low, high, first = item.bounds
    caption, body, figure = split_item(item, Rect(0, 0, rect.w, rect.h), LINE)
    assert caption is not None  # noqa: S101 - a fader has all three
    assert figure is not None  # noqa: S101
    script = fader_script(item)
    fader: Properties = {"color": colours.bright(item.colour), "script": script, "orientation": 0}
    if body.w > body.h:
        fader["orientation"] = 1
    moved = _osc(surface, item.address, [("VALUE", "FLOAT", "x", low, high)], "ANY")
    feedback = _osc(surface, item.feedback, [("VALUE", "FLOAT", "x", low, high)])
    value = f"{first:.0f}" if high > 1 else f"{first:.2f}"
    if item.can_be_unset and first < 0:
        value = "free"
    start: Properties = {"x": round((first - low) / (high - low), 4), "touch": False}
    inside = (
        _text(f"{name} caption", caption, item.label, colours.QUIET, 12)
        + _node("FADER", "fader", body, fader, start, moved + feedback, path=name)
        + _text("figure", figure, value, colours.TEXT, 15, path=name)
    )  # fmt: skip
    return _node(
        "GROUP", name, rect, {"background": False, "color": colours.GROUND}, children=inside
    )


def _button(
    name: str, rect: Rect, properties: Properties, messages: str, kind: int = 0, first: int = 0
) -> str:
    return _node(
        "BUTTON", f"{name} button" if name != "latch" else name, rect,
        {**properties, "buttonType": kind}, {"x": first, "touch": False}, messages,
    )  # fmt: skip


def _text(
    name: str, rect: Rect, text: str, colour: str, size: int, properties: Properties | None = None,
    messages: str = "", path: str = "",
) -> str:  # fmt: skip
    look: Properties = {
        "color": colours.GROUND,
        "textColor": colour,
        "textSize": _fits(rect, text, size),
    }
    values = {"text": text, "touch": False}
    return _node("LABEL", name, rect, {**look, **(properties or {})}, values, messages, path=path)


def _fits(rect: Rect, text: str, size: int) -> int:
    """The font size at which a text fits, at most `size`."""
    fitting = (rect.w - 6) / (_LETTER * max(len(text), 3))
    return max(min(size, int(fitting), int(rect.h * 0.8)), 10)


def _message(surface: Surface, item: Item, value: str) -> str:
    arguments = [("CONSTANT", "STRING", value, 0.0, 1.0)] if value else []
    return _osc(surface, item.address, arguments, "RISE")


Partial = tuple[str, str, str, float, float]


def _osc(surface: Surface, address: str, arguments: Iterable[Partial], trigger: str = "") -> str:
    """A message. With `trigger` it is sent when x changes so; without, it is received.

    TouchOSC's editor writes path and arguments always, and triggers only where there are any.
    """
    if not address:
        return ""
    sends = int(bool(trigger))
    condition = f"<trigger><var>{_data('x')}</var><condition>{trigger}</condition></trigger>"
    path = _partial(("CONSTANT", "STRING", surface.prefix + address, 0.0, 1.0))
    given = "".join(_partial(argument) for argument in arguments)
    return (
        f"<osc><enabled>1</enabled><send>{sends}</send><receive>{1 - sends}</receive>"
        "<feedback>0</feedback><noDuplicates>0</noDuplicates>"
        f"<connections>{CONNECTIONS}</connections>"
        + (f"<triggers>{condition}</triggers>" if trigger else "")
        + f"<path>{path}</path>"
        + f"<arguments>{given}</arguments>"
        + "</osc>"
    )


def _partial(partial: Partial) -> str:
    kind, conversion, value, low, high = partial
    return (
        f"<partial><type>{kind}</type><conversion>{conversion}</conversion>"
        f"<value>{_data(value)}</value>"
        f"<scaleMin>{low:g}</scaleMin><scaleMax>{high:g}</scaleMax></partial>"
    )


def _node(
    kind: str, name: str, rect: Rect, properties: Properties,
    values: dict[str, object] | None = None, messages: str = "", children: str = "",
    path: str = "", *, includes: bool = False,
) -> str:  # fmt: skip
    identity = uuid.uuid5(_IDS, f"{kind} {path} {name}")
    every = {**_COMMON, **_OF_TYPE[kind], **properties, "name": name, "frame": rect}
    written = "".join(_property(key, every[key]) for key in sorted(every))
    held = "".join(_value(key, first) for key, first in (values or {"touch": False}).items())
    return (
        f"<node ID={quoteattr(str(identity))} type='{kind}'>"
        + ("<includes></includes>" if includes else "")
        + f"<properties>{written}</properties><values>{held}</values>"
        + (f"<messages>{messages}</messages>" if messages else "")
        + (f"<children>{children}</children>" if children else "")
        + "</node>"
    )


def _property(key: str, value: object) -> str:
    match value:
        case bool():
            kind, inside = "b", str(int(value))
        case int():
            kind, inside = "i", str(value)
        case float():
            kind, inside = "f", f"{value:g}"
        case Rect():
            sides = value._asdict().items()
            kind, inside = "r", "".join(f"<{side}>{size:g}</{side}>" for side, size in sides)
        case str() if "olor" in key:
            parts_of = zip("rgba", (*colours.shares(value), 1), strict=True)
            kind, inside = "c", "".join(f"<{part}>{share:g}</{part}>" for part, share in parts_of)
        case _:
            kind, inside = "s", _data(str(value))
    return f"<property type='{kind}'><key>{_data(key)}</key><value>{inside}</value></property>"


def _value(key: str, first: object) -> str:
    default = str(first).lower() if isinstance(first, bool) else str(first)
    return (
        f"<value><key>{_data(key)}</key><locked>0</locked>"
        "<lockedDefaultCurrent>0</lockedDefaultCurrent>"
        f"<default>{_data(default)}</default><defaultPull>0</defaultPull></value>"
    )


def _data(text: str) -> str:
    return f"<![CDATA[{text}]]>" if "]]>" not in text else escape(text)
