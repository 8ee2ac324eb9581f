"""A surface as a session of Open Stage Control (1.26 or later): JSON, with all sizes in per cent.

A widget sends to a control's address, and shows the value below /state by an OSC{} property (see
"advanced syntaxes" in its documentation). A value that arrives so is not sent again, and does not
move a fader that is held.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from perform.surfaces import colours
from perform.surfaces.layout import (
    RENEW_MS,
    Item,
    Page,
    Rect,
    Surface,
    hint,
    is_black,
    place_items,
    split_item,
)

VERSION = "1.26.0"
WIDTH, HEIGHT, BAR, TABS, GAP, LINE = 1280.0, 800.0, 190.0, 30.0, 6.0, 20.0
LETTER = 0.62  # the width of a letter, as a share of the size of its text
SMALL = 9  # pixels
WRAP = "white-space: normal; overflow-wrap: anywhere; padding: 0;"
Widget = dict[str, Any]


def write(surface: Surface) -> bytes:
    """The session as a file."""
    page_height = HEIGHT - BAR - TABS
    tabs = [
        {"type": "tab", "id": f"page_{number}", "label": page.name, "colorBg": colours.GROUND,
         "padding": 0, "widgets": list(_widgets(surface, page, page_height, number))}
        for number, page in enumerate(surface.pages)
    ]  # fmt: skip
    whole = Rect(0, 0, WIDTH, HEIGHT)
    bar = _base("panel", "bar", Rect(0, 0, WIDTH, BAR), whole) | {
        "padding": 0, "scroll": False, "colorBg": colours.PANEL, "alphaStroke": 0,
        "widgets": list(_widgets(surface, surface.bar, BAR, len(tabs))),
    }  # fmt: skip
    pages = _base("panel", "pages", Rect(0, BAR, WIDTH, HEIGHT - BAR), whole) | {
        "padding": 0, "scroll": False, "colorBg": colours.GROUND, "alphaStroke": 0, "tabs": tabs,
    }  # fmt: skip
    root = {
        "type": "root", "id": "root", "colorBg": colours.GROUND, "colorText": colours.TEXT,
        "padding": 0, "scroll": False, "target": [f"{surface.host}:{surface.port}"],
        "onCreate": _on_create(surface), "widgets": [bar, pages],
    }  # fmt: skip
    session = {
        "createdWith": "Open Stage Control", "version": VERSION, "type": "session", "content": root,
    }  # fmt: skip
    return (json.dumps(session, indent=1, ensure_ascii=False) + "\n").encode()


def _on_create(surface: Surface) -> str:
    """The script that subscribes, and renews the subscription every few seconds."""
    subscribe, renew = (
        f"send({json.dumps(surface.prefix + address)})"
        for address in ("/subscribe", "/subscribe/again")
    )
    return f"{subscribe}\nsetInterval('subscribe', () => {{ {renew} }}, {RENEW_MS})\n"


def _on_touch(surface: Surface) -> str:
    """The script that ends a chord with the last finger, unless the latch is on."""
    release = f"send({json.dumps(surface.prefix + '/chord/release')})"
    return (
        "const held = locals.held = locals.held || new Set()\n"
        "if (event.type === 'start') held.add(event.pointerId)\n"
        "if (event.type !== 'stop') return\n"
        "held.delete(event.pointerId)\n"
        f"if (!held.size && !get('latch')) {release}\n"
    )


def _widgets(surface: Surface, page: Page, height: float, number: int) -> Iterator[Widget]:
    frame = Rect(0, 0, WIDTH, height)
    for item, rect in place_items(page, frame, GAP):
        name = re.sub(r"\W+", "_", f"{number}{item.address}_{item.kind}_{item.label}")
        caption, body, figure = split_item(item, rect, LINE)
        if caption is not None:
            yield _text(f"{name}_caption", caption, frame, item.label, colours.QUIET, 12)
        yield _widget(surface, item, name, body, frame)
        if figure is not None:
            fixed = 0 if item.bounds[1] > 1 else 2
            value = f"#{{@{{{name}}} < 0 ? 'free' : @{{{name}}}.toFixed({fixed}) + ' '}}"
            first = f"{item.bounds[2]:.{fixed}f}" if item.bounds[2] >= 0 else "free"
            shown = _text(f"{name}_figure", figure, frame, first, colours.TEXT, 13, 5)
            yield shown | {"value": value}
        if item.kind == "light":
            yield _text(f"{name}_name", rect, frame, item.label, colours.TEXT, 18)


def _widget(surface: Surface, item: Item, name: str, rect: Rect, frame: Rect) -> Widget:
    match item.kind:
        case "title":
            size = 20 if item.grid.h >= 1 else 13
            colour = colours.TEXT if item.colour == "plain" else colours.bright(item.colour)
            return _text(name, rect, frame, item.label, colour, size) | {"align": "left"}
        case "shown":
            shown = _text(name, rect, frame, "", colours.bright(item.colour), 30, 9)
            return shown | {"value": _feedback(surface, item)}
        case "beat":
            value = f"var at = OSC{{{surface.prefix}/beat, 0, false}}; "
            result = "return Array.isArray(at) ? (at[0] + 1) + ' · ' + (at[1] + 1) : '1 · 1'"
            shown = _text(name, rect, frame, "1 · 1", colours.bright("beat"), 30, 8)
            return shown | {"value": f"JS{{{{ {value}{result} }}}}"}
        case "turn":
            whose = f"OSC{{{surface.prefix}{item.feedback}, , false}}"
            band = _text(name, rect, frame, item.label, colours.INK, 40)
            return band | {
                "colorWidget": colours.bright(item.colour), "alphaFillOff": 1,
                "visible": f"JS{{{{ return {whose} === '{item.value}' }}}}",
            }  # fmt: skip
        case "turn bars":
            left = f"OSC{{{surface.prefix}{item.feedback}, 0, false}}"
            shown = _text(name, rect, frame, "", colours.bright(item.colour), 40, 3)
            return shown | {"value": f"JS{{{{ return {left} > 0 ? {left} : '' }}}}"}
        case "refused":
            value = f"var what = OSC{{{surface.prefix}/error, , false}}; "
            result = "return Array.isArray(what) ? what.join(': ') : ''"
            shown = _text(name, rect, frame, "", colours.bright(item.colour), 14, 80)
            return shown | {"align": "left", "value": f"JS{{{{ {value}{result} }}}}"}
        case "light":
            value = f"var note = OSC{{{surface.prefix}/note, 0, true}}; "
            result = "return Array.isArray(note) && note[1] > 0 ? 1 : 0"
            return _base("led", name, rect, frame) | {
                "colorWidget": colours.bright(item.colour), "alphaStroke": 0.4,
                "preArgs": item.value, "bypass": True, "value": f"JS{{{{ {value}{result} }}}}",
            }  # fmt: skip
        case "pads":
            pads = _choice(surface, item, f"{name}_pads", rect, rect)
            return _base("panel", name, rect, frame) | {
                "padding": 0, "scroll": False, "alphaStroke": 0, "widgets": [pads],
                "onTouch": _on_touch(surface),
            }  # fmt: skip
        case "choice":
            return _choice(surface, item, name, rect, frame)
        case _:
            return _touched(surface, item, name, rect, frame)


def _touched(surface: Surface, item: Item, name: str, rect: Rect, frame: Rect) -> Widget:
    """A button or a fader."""
    match item.kind:
        case "tap":
            mode = {"mode": "tap", "on": item.value} if item.value else {"mode": "momentary"}
            return _sender(surface, "button", item, name, rect, frame) | {
                "label": item.label, "css": _button_text(item, rect), **mode,
            }  # fmt: skip
        case "switch":
            return _sender(surface, "button", item, name, rect, frame) | {
                "label": item.label, "mode": "toggle", "on": 1, "off": 0, "typeTags": "i",
                "value": _feedback(surface, item), "css": _button_text(item, rect),
            }  # fmt: skip
        case "latch":
            return _base("button", "latch", rect, frame) | {
                "label": item.label, "mode": "toggle", "on": 1, "off": 0, "default": 1,
                "bypass": True, "colorWidget": colours.bright(item.colour),
                "css": _button_text(item, rect),
            }  # fmt: skip
        case _:
            low, high, first = item.bounds
            return _sender(surface, "fader", item, name, rect, frame) | {
                "range": {"min": low, "max": high}, "default": first, "horizontal": rect.w > rect.h,
                "design": "compact", "decimals": 1 if high > 1 else 3, "typeTags": "f",
                "value": _feedback(surface, item),
            }  # fmt: skip


def _choice(surface: Surface, item: Item, name: str, rect: Rect, frame: Rect) -> Widget:
    darker = "".join(
        f"value:nth-child({number}) {{ filter: brightness(0.7); }}\n"
        for number, option in enumerate(item.options, 1)
        if is_black(item, option)
    )
    rows = -(-len(item.options) // item.columns)
    cell = Rect(0, 0, 0.85 * rect.w / item.columns, 0.9 * rect.h / rows)
    longest = max(map(len, item.options))
    return _sender(surface, "switch", item, name, rect, frame) | {
        "values": list(item.options), "layout": "grid", "gridTemplate": item.columns, "mode": "tap",
        "typeTags": "s", "colorTextOn": colours.INK, "value": _feedback(surface, item),
        "css": f"value {{ {_font(longest, cell, 18)} {WRAP} }}\n{darker}",
    }  # fmt: skip


def _sender(surface: Surface, kind: str, item: Item, name: str, rect: Rect, frame: Rect) -> Widget:
    return _base(kind, name, rect, frame) | {
        "address": surface.prefix + item.address, "target": [f"{surface.host}:{surface.port}"],
        "colorWidget": colours.bright(item.colour), "alphaFillOff": 0.3, "alphaFillOn": 0.9,
        "comments": hint(item),
    }  # fmt: skip


def _button_text(item: Item, rect: Rect) -> str:
    inside = Rect(0, 0, 0.8 * rect.w, 0.88 * rect.h)
    return f"label {{ {_font(len(item.label), inside, 16)} {WRAP} }}"


def _text(
    name: str, rect: Rect, frame: Rect, text: str, colour: str, size: int, letters: int = 0
) -> Widget:
    """A text. `letters`: how many it may have; by default as many as it has."""
    return _base("text", name, rect, frame) | {
        "default": text, "colorText": colour, "alphaStroke": 0, "padding": 0,
        "css": f"label {{ {_font(letters or len(text), rect, size)} {WRAP} }}",
    }  # fmt: skip


def _font(letters: int, rect: Rect, most: int) -> str:
    """The size of a text that fits its rectangle in a window of any shape.

    The rectangle grows and shrinks with the window, a fixed size would not. Two lines are only for
    what is smaller than SMALL in one.
    """
    one = 100 * rect.w / WIDTH / (LETTER * max(letters, 1))
    two = f"min({SMALL}rem, {1.7 * one:.2f}vw, {100 * 0.45 * rect.h / HEIGHT:.2f}vh)"
    high = 100 * 0.8 * rect.h / HEIGHT
    return f"font-size: min({most}rem, max({one:.2f}vw, {two}), {high:.2f}vh); letter-spacing: 0;"


def _feedback(surface: Surface, item: Item) -> str:
    """The property by which a widget shows the value of an address, without sending it again."""
    assert item.control is not None  # noqa: S101 - an item with feedback has one
    first = item.control.default
    return f"OSC{{{surface.prefix}{item.feedback}, {'' if first is None else first}, false}}"


def _base(kind: str, name: str, rect: Rect, frame: Rect) -> Widget:
    def per_cent(part: float, whole: float) -> str:
        return f"{round(100 * part / whole, 3):g}%"

    return {
        "type": kind, "id": name,
        "left": per_cent(rect.x - frame.x, frame.w), "top": per_cent(rect.y - frame.y, frame.h),
        "width": per_cent(rect.w, frame.w), "height": per_cent(rect.h, frame.h),
    }  # fmt: skip
