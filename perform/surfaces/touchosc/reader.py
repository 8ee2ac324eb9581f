"""What a TouchOSC layout shows."""

import zlib
from collections.abc import Iterator
from xml.etree.ElementTree import Element, fromstring

from perform.surfaces import colours
from perform.surfaces.layout import Rect
from perform.surfaces.svg import MOST_PAGES, DrawnItem, Screen

AT_REST = 0.62  # the share of its colour that a button has when it is not pressed


def read_screens(data: bytes) -> list[Screen]:
    """The layout with its first page open, then each further page alone."""
    root = next(iter(fromstring(zlib.decompress(data))))  # noqa: S314 - our own file, just written
    frame = _rect(root)
    pages = [
        page
        for pager in root.iter("node")
        if pager.get("type") == "PAGER"
        for page in _children(pager)
    ]
    whole = tuple(_items(root, 0, 0))
    found = [Screen(_text(root, "name"), frame.w, frame.h, whole)]
    for page in pages[1:MOST_PAGES]:
        size = _rect(page)
        found.append(
            Screen(
                f"page: {_text(page, 'tabLabel')}",
                size.w,
                size.h,
                tuple(_items(page, -size.x, -size.y)),
            )
        )
    return found


def _items(node: Element, x: float, y: float) -> Iterator[DrawnItem]:
    frame = _rect(node)
    rect = Rect(frame.x + x, frame.y + y, frame.w, frame.h)
    fill = _colour(node, "color")
    if _text(node, "visible") != "1":
        return
    match node.get("type"):
        case "GROUP":
            if _text(node, "background") == "1":
                yield DrawnItem("panel", rect, fill=fill)
            for child in _children(node):
                yield from _items(child, rect.x, rect.y)
        case "PAGER":
            yield from _tabs(node, rect)
            yield from _items(_children(node)[0], rect.x, rect.y)
        case "BUTTON":
            pressed = _default(node, "x") == "1"
            yield DrawnItem("button", rect, fill=fill if pressed else colours.mixed(fill, AT_REST))
        case "LABEL":
            size = float(_text(node, "textSize"))
            left = _text(node, "textAlignH") == "1"
            ink = _colour(node, "textColor")
            yield DrawnItem("text", rect, _default(node, "text"), fill, ink, size, left=left)
        case "FADER":
            yield DrawnItem("fader", rect, fill=fill, share=float(_default(node, "x")))


def _tabs(pager: Element, rect: Rect) -> Iterator[DrawnItem]:
    pages = _children(pager)
    width, height = rect.w / len(pages), float(_text(pager, "tabbarSize"))
    for number, page in enumerate(pages):
        state = "Off" if number else "On"
        yield DrawnItem(
            "button", Rect(rect.x + number * width + 1, rect.y + 1, width - 2, height - 2),
            _text(page, "tabLabel"), _colour(page, f"tabColor{state}"),
            _colour(page, f"textColor{state}"), float(_text(pager, f"textSize{state}")),
        )  # fmt: skip


def _children(node: Element) -> list[Element]:
    return node.findall("children/node")


def _property(node: Element, key: str) -> Element:
    for found in node.iterfind("properties/property"):
        if found.findtext("key") == key:
            value = found.find("value")
            assert value is not None  # noqa: S101 - a property without one is no property
            return value
    raise KeyError(key)


def _text(node: Element, key: str) -> str:
    return _property(node, key).text or ""


def _rect(node: Element) -> Rect:
    return Rect(*(float(side.text or 0) for side in _property(node, "frame")))


def _colour(node: Element, key: str) -> str:
    red, green, blue = (
        round(float(part.text or 0) * 255) for part in list(_property(node, key))[:3]
    )
    return f"#{red:02x}{green:02x}{blue:02x}"


def _default(node: Element, key: str) -> str:
    for value in node.iterfind("values/value"):
        if value.findtext("key") == key:
            return value.findtext("default") or ""
    raise KeyError(key)
