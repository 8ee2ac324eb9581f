"""A surface as a session of Open Stage Control (1.26 or later): JSON, with all sizes in per cent.

Each widget has its place and the size of its text for three shapes of windows: in its properties,
and in its CSS for the two shapes of a phone.

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
)
from perform.surfaces.open_stage_control.arrangement import SHAPES, Shape, arranged, parts_of

VERSION = "1.26.0"
LETTER = 0.62  # the width of a letter, as a share of the size of its text
CAPITAL = 0.2  # by so much a capital letter is wider than others
SMALL = 9  # pixels
WRAP = "white-space: normal; overflow-wrap: anywhere; padding: 0;"
# what moves a widget: a property of CSS, and the property of the widget that gives it
SIDES = (*((side, side) for side in ("left", "top", "width", "height")),
         ("min-width", "width"), ("min-height", "height"))  # fmt: skip
# of a text over a fader, whatever the fader's value
OVER = f" color: {colours.TEXT}; text-shadow: {', '.join([f'0 0 2rem {colours.GROUND}'] * 3)};"
Widget = dict[str, Any]


def write(surface: Surface) -> bytes:
    """The session as a file."""
    wide, *others = (_panels(_Widgets(surface, shape)) for shape in SHAPES)
    root = {
        "type": "root", "id": "root", "colorBg": colours.GROUND, "colorText": colours.TEXT,
        "padding": 0, "scroll": False, "target": [f"{surface.host}:{surface.port}"],
        "onCreate": _on_create(surface), "widgets": _merged(wide, others),
    }  # fmt: skip
    session = {
        "createdWith": "Open Stage Control", "version": VERSION, "type": "session", "content": root,
    }  # fmt: skip
    return (json.dumps(session, indent=1, ensure_ascii=False) + "\n").encode()


def _panels(widgets: "_Widgets") -> list[Widget]:
    """The bar, and the panel with a tab for each page."""
    surface, shape = widgets.surface, widgets.shape
    tabs = [
        {"type": "tab", "id": f"page_{number}", "label": page.name, "colorBg": colours.GROUND,
         "padding": 0, "widgets": list(widgets.of_page(page, shape.page, number))}
        for number, page in enumerate(surface.pages)
    ]  # fmt: skip
    whole = Rect(0, 0, shape.width, shape.height)
    bar = _base("panel", "bar", whole._replace(h=shape.bar), whole) | {
        "padding": 0, "scroll": False, "colorBg": colours.PANEL, "alphaStroke": 0,
        "widgets": list(widgets.of_page(surface.bar, shape.bar, len(tabs))),
    }  # fmt: skip
    below = Rect(0, shape.bar, shape.width, shape.height - shape.bar)
    pages = _base("panel", "pages", below, whole) | {
        "padding": 0, "scroll": False, "colorBg": colours.GROUND, "alphaStroke": 0, "tabs": tabs,
    }  # fmt: skip
    return [bar, pages]


def _merged(wide: list[Widget], others: list[list[Widget]]) -> list[Widget]:
    """The widgets for the first shape of windows, with CSS that moves them for the others."""
    return [_one(one, rest) for one, *rest in zip(wide, *others, strict=True)]


def _one(wide: Widget, others: list[Widget]) -> Widget:
    inside = {
        kind: _merged(wide[kind], [other[kind] for other in others])
        for kind in ("widgets", "tabs")
        if kind in wide
    }
    if wide["type"] == "tab":
        return wide | inside
    rules = [wide.get("css", "")]
    for shape, other in zip(SHAPES[1:], others, strict=True):
        place = "".join(f"{side}: {other[of]} !important; " for side, of in SIDES)
        # the program takes a line that begins otherwise, and has a colon, for a property
        rules.append(f"@media {shape.media} {{ :host {{ {place}}} {other.get('css', '')} }}")
    return wide | {"css": "\n".join(filter(None, rules))} | inside


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


class _Widgets:
    """Makes the widgets of pages for windows of one shape."""

    def __init__(self, surface: Surface, shape: Shape) -> None:
        self.surface, self.shape = surface, shape

    def of_page(self, page: Page, height: float, number: int) -> Iterator[Widget]:
        """The widgets of a page of that height; `number`: of the page."""
        frame = Rect(0, 0, self.shape.width, height)
        placed = arranged(page, self.shape, height)
        for item, rect in place_items(placed, frame, self.shape.gap):
            name = re.sub(r"\W+", "_", f"{number}{item.address}_{item.kind}_{item.label}")
            caption, body, figure = parts_of(item, rect, self.shape)
            yield self._widget(item, name, body, frame)
            over = OVER if figure is not None and self.shape.media else ""
            if caption is not None:
                yield self._text(
                    f"{name}_caption", caption, frame, item.label, colours.QUIET, 12, more=over
                )
            if figure is not None:
                fixed = 0 if item.bounds[1] > 1 else 2
                value = f"#{{@{{{name}}} < 0 ? 'free' : @{{{name}}}.toFixed({fixed}) + ' '}}"
                first = f"{item.bounds[2]:.{fixed}f}" if item.bounds[2] >= 0 else "free"
                shown = self._text(
                    f"{name}_figure", figure, frame, first, colours.TEXT, 13, 5, more=over
                )
                yield shown | {"value": value}
            if item.kind == "light":
                yield self._text(f"{name}_name", rect, frame, item.label, colours.TEXT, 18)

    def _widget(self, item: Item, name: str, rect: Rect, frame: Rect) -> Widget:
        match item.kind:
            case "title":
                size = 20 if item.grid.h >= 1 else 13
                colour = colours.TEXT if item.colour == "plain" else colours.bright(item.colour)
                return self._text(name, rect, frame, item.label, colour, size) | {"align": "left"}
            case "shown":
                shown = self._text(name, rect, frame, "", colours.bright(item.colour), 30, 9)
                return shown | {"value": _feedback(self.surface, item)}
            case "beat":
                value = f"var at = OSC{{{self.surface.prefix}/beat, 0, false}}; "
                bar = "(at[0] < 0 ? 'in' : at[0] + 1)"
                result = f"return Array.isArray(at) ? {bar} + ' · ' + (at[1] + 1) : '1 · 1'"
                shown = self._text(name, rect, frame, "1 · 1", colours.bright("beat"), 30, 8)
                return shown | {"value": f"JS{{{{ {value}{result} }}}}"}
            case "turn":
                whose = f"OSC{{{self.surface.prefix}{item.feedback}, , false}}"
                band = self._text(name, rect, frame, item.label, colours.INK, 40)
                return band | {
                    "colorWidget": colours.bright(item.colour), "alphaFillOff": 1,
                    "visible": f"JS{{{{ return {whose} === '{item.value}' }}}}",
                }  # fmt: skip
            case "turn bars":
                left = f"OSC{{{self.surface.prefix}{item.feedback}, 0, false}}"
                shown = self._text(name, rect, frame, "", colours.bright(item.colour), 40, 3)
                return shown | {"value": f"JS{{{{ return {left} > 0 ? {left} : '' }}}}"}
            case "refused":
                value = f"var what = OSC{{{self.surface.prefix}/error, , false}}; "
                result = "return Array.isArray(what) ? what.join(': ') : ''"
                shown = self._text(name, rect, frame, "", colours.bright(item.colour), 14, 80)
                return shown | {"align": "left", "value": f"JS{{{{ {value}{result} }}}}"}
            case "light":
                value = f"var note = OSC{{{self.surface.prefix}/note, 0, true}}; "
                result = "return Array.isArray(note) && note[1] > 0 ? 1 : 0"
                return _base("led", name, rect, frame) | {
                    "colorWidget": colours.bright(item.colour), "alphaStroke": 0.4,
                    "preArgs": item.value, "bypass": True, "value": f"JS{{{{ {value}{result} }}}}",
                }  # fmt: skip
            case "pads":
                pads = self._choice(item, f"{name}_pads", rect, rect)
                return _base("panel", name, rect, frame) | {
                    "padding": 0, "scroll": False, "alphaStroke": 0, "widgets": [pads],
                    "onTouch": _on_touch(self.surface),
                }  # fmt: skip
            case "choice":
                return self._choice(item, name, rect, frame)
            case _:
                return self._touched(item, name, rect, frame)

    def _touched(self, item: Item, name: str, rect: Rect, frame: Rect) -> Widget:
        """A button or a fader."""
        match item.kind:
            case "tap":
                mode = {"mode": "tap", "on": item.value} if item.value else {"mode": "momentary"}
                return self._sender("button", item, name, rect, frame) | {
                    "label": item.label, "css": self._button_text(item, rect), **mode,
                }  # fmt: skip
            case "switch":
                return self._sender("button", item, name, rect, frame) | {
                    "label": item.label, "mode": "toggle", "on": 1, "off": 0, "typeTags": "i",
                    "value": _feedback(self.surface, item), "css": self._button_text(item, rect),
                }  # fmt: skip
            case "latch":
                return _base("button", "latch", rect, frame) | {
                    "label": item.label, "mode": "toggle", "on": 1, "off": 0, "default": 1,
                    "bypass": True, "colorWidget": colours.bright(item.colour),
                    "css": self._button_text(item, rect),
                }  # fmt: skip
            case _:
                low, high, first = item.bounds
                return self._sender("fader", item, name, rect, frame) | {
                    "range": {"min": low, "max": high}, "default": first,
                    "horizontal": rect.w > rect.h,
                    "design": "compact", "decimals": 1 if high > 1 else 3, "typeTags": "f",
                    "value": _feedback(self.surface, item),
                }  # fmt: skip

    def _choice(self, item: Item, name: str, rect: Rect, frame: Rect) -> Widget:
        darker = "".join(
            f"value:nth-child({number}) {{ filter: brightness(0.7); }}\n"
            for number, option in enumerate(item.options, 1)
            if is_black(item, option) and not self.shape.media
        )
        rows = -(-len(item.options) // item.columns)
        cell = Rect(0, 0, 0.85 * rect.w / item.columns, 0.9 * rect.h / rows)
        longest = max(map(len, item.options))
        return self._sender("switch", item, name, rect, frame) | {
            "values": list(item.options), "layout": "grid", "gridTemplate": item.columns,
            "mode": "tap",
            "typeTags": "s", "colorTextOn": colours.INK, "value": _feedback(self.surface, item),
            "css": f"value {{ {self._font(longest, cell, 18)} {WRAP} }}\n{darker}",
        }  # fmt: skip

    def _sender(self, kind: str, item: Item, name: str, rect: Rect, frame: Rect) -> Widget:
        return _base(kind, name, rect, frame) | {
            "address": self.surface.prefix + item.address,
            "target": [f"{self.surface.host}:{self.surface.port}"],
            "colorWidget": colours.bright(item.colour), "alphaFillOff": 0.3, "alphaFillOn": 0.9,
            "comments": hint(item),
        }  # fmt: skip

    def _button_text(self, item: Item, rect: Rect) -> str:
        inside = Rect(0, 0, 0.8 * rect.w, 0.88 * rect.h)
        return f"label {{ {self._font(_letters(item.label), inside, 16)} {WRAP} }}"

    def _text(
        self,
        name: str,
        rect: Rect,
        frame: Rect,
        text: str,
        colour: str,
        size: int,
        letters: int = 0,
        more: str = "",
    ) -> Widget:
        """A text. `letters`: how many it may have; by default as many as it has. `more`: CSS."""
        return _base("text", name, rect, frame) | {
            "default": text, "colorText": colour, "alphaStroke": 0, "padding": 0,
            "css": f"label {{ {self._font(letters or _letters(text), rect, size)} {WRAP}{more} }}",
        }  # fmt: skip

    def _font(self, letters: float, rect: Rect, most: int) -> str:
        """The size of a text that fits its rectangle in a window of any shape.

        The rectangle grows and shrinks with the window, a fixed size would not. Two lines are only
        for what is smaller than SMALL in one.
        """
        one = 100 * rect.w / self.shape.width / (LETTER * max(letters, 1))
        two = f"min({SMALL}rem, {1.7 * one:.2f}vw, {100 * 0.45 * rect.h / self.shape.height:.2f}vh)"
        high = 100 * 0.8 * rect.h / self.shape.height
        return (
            f"font-size: min({most}rem, max({one:.2f}vw, {two}), {high:.2f}vh); letter-spacing: 0;"
        )


def _letters(text: str) -> float:
    """How many letters of usual width are as wide as a text; capital ones are wider."""
    return len(text) + CAPITAL * sum(map(str.isupper, text))


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
