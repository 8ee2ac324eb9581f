"""What a finished session of Open Stage Control shows."""

import json
import re
from collections.abc import Iterator
from typing import Any

from perform.surfaces import colours
from perform.surfaces.layout import Rect
from perform.surfaces.svg import MOST_PAGES, DrawnItem, Screen

WIDTH, HEIGHT, TABS = 1280.0, 800.0, 30.0
Widget = dict[str, Any]


def screens(data: bytes) -> list[Screen]:
    """The session with its first tab open, then the tabs that follow, alone; at the size of a tablet."""
    root = json.loads(data)["content"]
    whole = Rect(0, 0, WIDTH, HEIGHT)
    found = [Screen("Sideman", WIDTH, HEIGHT, tuple(_inside(root, whole)))]
    pages = next(widget for widget in root["widgets"] if "tabs" in widget)
    high = _rect(pages, whole).h - TABS
    for tab in pages["tabs"][1:MOST_PAGES]:
        page = Rect(0, 0, WIDTH, high)
        found.append(Screen(f"tab: {tab['label']}", WIDTH, high, tuple(_inside(tab, page))))
    return found


def _inside(widget: Widget, rect: Rect) -> Iterator[DrawnItem]:
    for child in widget.get("widgets", []):
        yield from _seen(child, _rect(child, rect))
    tabs = widget.get("tabs", [])
    for number, tab in enumerate(tabs):
        wide = rect.w / len(tabs)
        place = Rect(rect.x + number * wide + 1, rect.y + 1, wide - 2, TABS - 2)
        fill = colours.PANEL if number else colours.dim("time", 0.5)
        yield DrawnItem("button", place, tab["label"], fill, colours.TEXT, 13)
    if tabs:
        yield from _inside(tabs[0], Rect(rect.x, rect.y + TABS, rect.w, rect.h - TABS))


def _seen(widget: Widget, rect: Rect) -> Iterator[DrawnItem]:
    bright = widget.get("colorWidget", colours.QUIET)
    resting = colours.mixed(bright, 0.4)
    match widget["type"]:
        case "panel":
            if "widgets" in widget and widget.get("colorBg"):
                yield DrawnItem("panel", rect, fill=widget["colorBg"])
            yield from _inside(widget, rect)
        case "text":
            size = float(re.findall(r"font-size: (\d+)", widget["css"])[0])
            first = re.findall(r"OSC\{\S+, (.*), false\}", widget.get("value", ""))
            text = widget["default"] or (first[0] if first else "")
            left = widget.get("align") == "left"
            yield DrawnItem("text", rect, text, ink=widget["colorText"], size=size, left=left)
        case "button":
            on = widget.get("default") == widget.get("on", 1)
            yield DrawnItem("button", rect, widget["label"], bright if on else resting, size=16)
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
    wide, high = rect.w / columns, rect.h / rows
    for number, option in enumerate(widget["values"]):
        row, column = divmod(number, columns)
        place = Rect(rect.x + column * wide + 1, rect.y + row * high + 1, wide - 2, high - 2)
        darker = f"nth-child({number + 1})" in widget["css"]
        fill = colours.mixed(resting, 0.7) if darker else resting
        yield DrawnItem(
            "button",
            place,
            option,
            fill,
            size=min(18.0, wide / max(map(len, widget["values"])) / 0.6),
        )


def _rect(widget: Widget, frame: Rect) -> Rect:
    def share(side: str) -> float:
        return float(widget[side].rstrip("%")) / 100

    return Rect(
        frame.x + share("left") * frame.w, frame.y + share("top") * frame.h,
        share("width") * frame.w, share("height") * frame.h,
    )  # fmt: skip
