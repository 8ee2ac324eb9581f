"""What a Max patcher shows in presentation mode."""

import json
from collections.abc import Iterator
from typing import Any

from perform.surfaces.layout import Rect
from perform.surfaces.svg import MOST_PAGES, DrawnItem, Screen


def read_screens(data: bytes) -> list[Screen]:
    """The patcher's window, then the windows that it opens."""
    whole = json.loads(data)["patcher"]
    inner = [
        (box["box"]["text"], box["box"]["patcher"])
        for box in whole["boxes"]
        if "patcher" in box["box"]
    ]
    windows = [("Sideman", whole), *inner[: MOST_PAGES - 1]]
    found = []
    for title, patcher in windows:
        _, _, width, height = patcher["rect"]
        found.append(Screen(title, width, height, tuple(_items(patcher))))
    return found


def _items(patcher: dict[str, Any]) -> Iterator[DrawnItem]:
    for holder in patcher["boxes"]:
        box = holder["box"]
        if not box.get("presentation"):
            continue
        rect = Rect(*box["presentation_rect"])
        match box["maxclass"]:
            case "comment":
                left = box["textjustification"] == 0
                yield DrawnItem(
                    "text",
                    rect,
                    box["text"],
                    ink=_colour(box["textcolor"]),
                    size=box["fontsize"],
                    left=left,
                )
            case "textbutton":
                yield DrawnItem(
                    "button",
                    rect,
                    box["text"],
                    _colour(box["bgcolor"]),
                    _colour(box["textcolor"]),
                    box["fontsize"],
                )
            case "button":
                yield DrawnItem("light", rect, fill=_colour(box["bgcolor"]))
            case "live.slider":
                yield from _slider(box, rect)


def _slider(box: dict[str, Any], rect: Rect) -> Iterator[DrawnItem]:
    """A fader with its name above and its value below, as live.slider draws them."""
    values = box["saved_attribute_attributes"]["valueof"]
    low, high, first = (
        values["parameter_mmin"],
        values["parameter_mmax"],
        values["parameter_initial"][0],
    )
    line, ink, size = 16.0, _colour(box["textcolor"]), box["fontsize"]
    body = Rect(rect.x, rect.y + line, rect.w, rect.h - 2 * line)
    yield DrawnItem(
        "text", rect._replace(h=line), values["parameter_shortname"], ink=ink, size=size
    )
    yield DrawnItem(
        "fader", body, fill=_colour(box["slidercolor"]), share=(first - low) / (high - low)
    )
    below = rect._replace(y=rect.y + rect.h - line, h=line)
    yield DrawnItem("text", below, f"{first:.2f}", ink=ink, size=size)


def _colour(shares: list[float]) -> str:
    red, green, blue = (round(share * 255) for share in shares[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"
