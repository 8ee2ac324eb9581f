"""What a session of Open Stage Control shows."""

import json
import re
from collections.abc import Iterator
from typing import Any

from perform.surfaces import colours
from perform.surfaces.layout import Rect
from perform.surfaces.svg import MOST_PAGES, DrawnItem, Screen

WIDTH, HEIGHT, TABS = 1280.0, 800.0, 30.0
Widget = dict[str, Any]


def read_screens(data: bytes) -> list[Screen]:
    """The session with its first tab open, then each further tab alone; at the size of a tablet."""
    root = json.loads(data)["content"]
    whole = Rect(0, 0, WIDTH, HEIGHT)
    found = [Screen("Sideman", WIDTH, HEIGHT, tuple(_inside(root, whole)))]
    pages = next(widget for widget in root["widgets"] if "tabs" in widget)
    height = _rect(pages, whole).h - TABS
    for tab in pages["tabs"][1:MOST_PAGES]:
        page = Rect(0, 0, WIDTH, height)
        found.append(Screen(f"tab: {tab['label']}", WIDTH, height, tuple(_inside(tab, page))))
    return found


def _inside(widget: Widget, rect: Rect) -> Iterator[DrawnItem]:
    for child in widget.get("widgets", []):
        yield from _items(child, _rect(child, rect))
    tabs = widget.get("tabs", [])
    for number, tab in enumerate(tabs):
        width = rect.w / len(tabs)
        tab_rect = Rect(rect.x + number * width + 1, rect.y + 1, width - 2, TABS - 2)
        fill = colours.PANEL if number else colours.dim("time", 0.5)
        yield DrawnItem("button", tab_rect, tab["label"], fill, colours.TEXT, 13)
    if tabs:
        yield from _inside(tabs[0], Rect(rect.x, rect.y + TABS, rect.w, rect.h - TABS))


def _items(widget: Widget, rect: Rect) -> Iterator[DrawnItem]:
    if "visible" in widget:  # it depends on a value that has not come yet
        return
    bright = widget.get("colorWidget", colours.QUIET)
    resting = colours.mixed(bright, 0.4)
    match widget["type"]:
        case "panel":
            if "widgets" in widget and widget.get("colorBg"):
                yield DrawnItem("panel", rect, fill=widget["colorBg"])
            yield from _inside(widget, rect)
        case "text":
            size = _size(widget)
            first = re.findall(r"OSC\{\S+, (.*), false\}", widget.get("value", ""))
            text = widget["default"] or (first[0] if first else "")
            left = widget.get("align") == "left"
            yield DrawnItem("text", rect, text, ink=widget["colorText"], size=size, left=left)
        case "button":
            on = widget.get("default") == widget.get("on", 1)
            fill = bright if on else resting
            yield DrawnItem("button", rect, widget["label"], fill, size=_size(widget))
        case "led":
            yield DrawnItem("button", rect, fill=colours.mixed(bright, 0.15))
        case "fader":
            low, high = widget["range"]["min"], widget["range"]["max"]
            share = (widget["default"] - low) / (high - low)
            yield DrawnItem("fader", rect, fill=bright, share=share)
        case "switch":
            yield from _options(widget, rect, resting)


def _options(widget: Widget, rect: Rect, resting: str) -> Iterator[DrawnItem]:
    columns = widget["gridTemplate"]
    rows = -(-len(widget["values"]) // columns)
    width, height = rect.w / columns, rect.h / rows
    for number, option in enumerate(widget["values"]):
        row, column = divmod(number, columns)
        cell = Rect(rect.x + column * width + 1, rect.y + row * height + 1, width - 2, height - 2)
        darker = f"nth-child({number + 1})" in widget["css"]
        fill = colours.mixed(resting, 0.7) if darker else resting
        yield DrawnItem(
            "button",
            cell,
            option,
            fill,
            size=_size(widget),
        )


def _size(widget: Widget) -> float:
    """The size of a widget's text in a window of WIDTH by HEIGHT."""
    return text_size(widget["css"], WIDTH, HEIGHT)


def text_size(css: str, width: float, height: float) -> float:
    """The size of a text, in pixels, in a window of this size."""
    numbers = re.findall(r"([\d.]+)(?:rem|vw|vh)", css)
    most, one, small, two, half, high = (float(number) for number in numbers[:6])
    across, down = width / 100, height / 100
    return min(most, max(one * across, min(small, two * across, half * down)), high * down)


def _rect(widget: Widget, frame: Rect) -> Rect:
    def share(side: str) -> float:
        return float(widget[side].rstrip("%")) / 100

    return Rect(
        frame.x + share("left") * frame.w, frame.y + share("top") * frame.h,
        share("width") * frame.w, share("height") * frame.h,
    )  # fmt: skip
