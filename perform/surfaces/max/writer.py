"""A surface as a Max patcher (Max 8 and 9), made of standard objects only.

Presentation mode is the surface. In patching mode each control has a lane: feedback comes in at the
top, messages go out at the bottom. The send name `sideman.say` leads to the daemon, `sideman.told`
carries what the daemon publishes.
"""

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
    option_cells,
    place_items,
    split_item,
)
from perform.surfaces.max.patcher import Patcher, rgba, to_file

# heights in pixels: of the bar, the play page, a window and its button; a gap, a line of text
WIDTH, BAR, PLAY, PARAMETERS, OPEN, GAP, LINE = 1120.0, 156.0, 500.0, 470.0, 40.0, 5.0, 17.0
TURN = 28.0  # the size of the letters that say whose turn it is
TO_DAEMON, FROM_DAEMON, PAD_UP = "sideman.say", "sideman.told", "sideman.up"


def write(surface: Surface) -> bytes:
    """The patcher as a file."""
    return to_file(_patcher(surface))


def _patcher(surface: Surface) -> Patcher:
    play, *others = surface.pages
    patcher = Patcher(WIDTH, BAR + PLAY + OPEN)
    _connect_daemon(patcher, surface)
    _items(patcher, surface, surface.bar, Rect(0, 0, WIDTH, BAR))
    _items(patcher, surface, play, Rect(0, BAR, WIDTH, PLAY))
    width = WIDTH / len(others)
    for number, page in enumerate(others):
        button = Rect(number * width + GAP, BAR + PLAY + GAP, width - 2 * GAP, OPEN - 2 * GAP)
        _window(patcher, surface, page, button)
    return patcher


def _connect_daemon(patcher: Patcher, surface: Surface) -> None:
    """The connection to the daemon, an inlet and an outlet for a patcher around it."""
    patcher.lane()
    inlet = patcher.add(
        "inlet", 0, 1, comment="any message for the daemon, like /sideman/tempo 120"
    )
    messages = patcher.object(f"r {TO_DAEMON}", 0, 1)
    timer = [patcher.object("loadmess 1", 1, 1), patcher.object(f"metro {RENEW_MS}", 2, 1)]
    subscribe = patcher.message(f"{surface.prefix}/subscribe/again {surface.feedback_port}")
    closing = patcher.object("closebang", 1, 1)
    unsubscribe = patcher.message(f"{surface.prefix}/unsubscribe {surface.feedback_port}")
    out = patcher.object(f"udpsend {surface.host} {surface.port}", 1, 0)
    patcher.chain(*timer, subscribe, out)
    patcher.chain(closing, unsubscribe, out)
    patcher.cord(messages, 0, out)
    patcher.cord(inlet, 0, out)
    patcher.lane()
    received = patcher.object(f"udpreceive {surface.feedback_port}", 1, 1)
    feedback = patcher.object(f"s {FROM_DAEMON}", 1, 0)
    outlet = patcher.add("outlet", 1, 0, comment="everything that the daemon publishes")
    patcher.cord(received, 0, feedback)
    patcher.cord(received, 0, outlet)


def _window(patcher: Patcher, surface: Surface, page: Page, rect: Rect) -> None:
    """A page in its own window, and the button that opens the window."""
    inside = Patcher(WIDTH, PARAMETERS)
    inside.lane()
    inside.add("inlet", 0, 1, comment="from pcontrol")
    _items(inside, surface, page, Rect(0, 0, WIDTH, PARAMETERS))
    patcher.lane()
    button = _button(patcher, f"{page.name} ...", rect, "plain", 0, hint="opens a window")
    pressed, opened = patcher.object("sel 1", 2, 2), patcher.message("open")
    control = patcher.object("pcontrol", 1, 1)
    window = patcher.object(f"p {page.name}", 1, 0, patcher=inside.as_dict())
    patcher.cord(button, 2, pressed)
    patcher.chain(pressed, opened, control, window)


def _items(patcher: Patcher, surface: Surface, page: Page, frame: Rect) -> None:
    for item, rect in place_items(page, frame, GAP):
        caption, body, _ = split_item(item, rect, LINE)
        if caption is not None and item.kind != "fader":
            patcher.lane()
            patcher.comment(item.label, caption, colours.QUIET, 11.0)
        _add_item(patcher, surface, item, rect, body)


def _add_item(patcher: Patcher, surface: Surface, item: Item, rect: Rect, body: Rect) -> None:
    match item.kind:
        case "title":
            patcher.lane()
            colour = colours.TEXT if item.colour == "plain" else colours.bright(item.colour)
            size = 18.0 if item.grid.h >= 1 else 11.0
            patcher.comment(item.label, rect, colour, size, textjustification=0)
        case "tap":
            patcher.lane()
            button = _button(patcher, item.label, rect, item.colour, 0, hint(item))
            _send_message(patcher, button, f"{surface.prefix}{item.address} {item.value}".strip())
        case "switch":
            patcher.lane()
            value = _feedback(patcher, surface, item)
            setting = patcher.object("prepend set", 1, 1)
            button = _button(patcher, item.label, rect, item.colour, 1, hint(item))
            _send_value(patcher, surface, item, button)
            patcher.chain(value, setting, button)
        case "choice" | "pads":
            for option, cell in option_cells(item, body, GAP):
                _option(patcher, surface, item, option, cell)
        case "latch":
            _latch(patcher, surface, item, rect)
        case "fader":
            _fader(patcher, surface, item, rect)
        case _:
            _display(patcher, surface, item, rect, body)


def _option(patcher: Patcher, surface: Surface, item: Item, option: str, cell: Rect) -> None:
    """A button that sends one value, and is lit while the control has that value."""
    patcher.lane()
    value = _feedback(patcher, surface, item)
    matches = patcher.object(f"sel {option}", 2, 2)
    lit, dark = patcher.message("set 1"), patcher.message("set 0")
    strength = 0.35 if is_black(item, option) else 0.5
    button = _button(patcher, option, cell, item.colour, 1, hint(item), strength)
    patcher.chain(value, matches, lit, button)
    patcher.cord(matches, 1, dark)
    patcher.cord(dark, 0, button)
    patcher.cord(button, 0, lit)  # a second press leaves it lit
    pressed = _send_message(patcher, button, f"{surface.prefix}{item.address} {option}", up=True)
    if item.kind == "pads":
        patcher.cord(pressed, 1, patcher.object(f"s {PAD_UP}", 1, 0))


def _latch(patcher: Patcher, surface: Surface, item: Item, rect: Rect) -> None:
    """A switch: while it is off, the release of a pad ends the chord."""
    patcher.lane()
    first, up = patcher.object("loadmess 1", 1, 1), patcher.object(f"r {PAD_UP}", 0, 1)
    button = _button(
        patcher, item.label, rect, item.colour, 1, "on: a chord stays when the pad is released"
    )
    off, gate = patcher.object("== 0", 2, 1), patcher.object("gate 1", 2, 1)
    release = patcher.message(f"{surface.prefix}/chord/release")
    patcher.chain(first, button, off, gate, release, patcher.object(f"s {TO_DAEMON}", 1, 0))
    patcher.cord(up, 0, gate, 1)


def _fader(patcher: Patcher, surface: Surface, item: Item, rect: Rect) -> None:
    patcher.lane()
    value, setting = _feedback(patcher, surface, item), patcher.object("prepend set", 1, 1)
    low, high, first = item.bounds
    values = {
        "parameter_longname": f"sideman{item.address}", "parameter_shortname": item.label,
        "parameter_type": 0, "parameter_mmin": low, "parameter_mmax": high,
        "parameter_unitstyle": 1, "parameter_initial": [first], "parameter_initial_enable": 0,
        "parameter_invisible": 2,
    }  # fmt: skip
    bright = rgba(colours.bright(item.colour))
    slider = patcher.add(
        "live.slider", 1, 2, rect, orientation=int(rect.w > rect.h), parameter_enable=1,
        hint=hint(item), fontsize=10.0, textcolor=rgba(colours.TEXT), slidercolor=bright,
        tricolor=bright, trioncolor=bright, varname=f"sideman{item.address}",
        saved_attribute_attributes={"valueof": values},
    )  # fmt: skip
    _send_value(patcher, surface, item, slider)
    patcher.chain(value, setting, slider)


def _display(patcher: Patcher, surface: Surface, item: Item, rect: Rect, body: Rect) -> None:
    """An item that only shows something."""
    patcher.lane()
    match item.kind:
        case "shown":
            value = _feedback(patcher, surface, item)
            setting = patcher.object("prepend set", 1, 1)
            text = patcher.comment(item.first_text, body, colours.bright(item.colour), 26.0)
            patcher.chain(value, setting, text)
        case "turn":
            _turn(patcher, surface, item, rect)
        case "turn bars":
            value, which = _feedback(patcher, surface, item), patcher.object("sel 0", 2, 2)
            none, setting = patcher.message("set"), patcher.object("prepend set", 1, 1)
            text = patcher.comment("", rect, colours.bright(item.colour), TURN)
            patcher.chain(value, which, none, text)
            patcher.cord(which, 1, setting)
            patcher.cord(setting, 0, text)
        case "refused":
            _error(patcher, surface, item, rect)
        case _:
            _lamp(patcher, surface, item, rect, body)


def _turn(patcher: Patcher, surface: Surface, item: Item, rect: Rect) -> None:
    """A band in the colour of whose turn it is; without a turn it is not seen."""
    value, which = _feedback(patcher, surface, item), patcher.object(f"sel {item.value}", 2, 2)
    lit, dark = patcher.message("set 1"), patcher.message("set 0")
    look: dict[str, Any] = {
        "fontsize": TURN,
        "bgcolor": rgba(colours.GROUND),
        "textcolor": rgba(colours.GROUND),
    }
    band = _button(patcher, item.label, rect, item.colour, 1, "", **look, ignoreclick=1)
    patcher.chain(value, which, lit, band)
    patcher.cord(which, 1, dark)
    patcher.cord(dark, 0, band)


def _error(patcher: Patcher, surface: Surface, item: Item, rect: Rect) -> None:
    """The last error reply, as a text and in the Max console."""
    value, joined = _feedback(patcher, surface, item), patcher.object("sprintf set %s: %s", 2, 1)
    both, logged = patcher.object("unpack s s", 1, 2), patcher.object("print sideman", 1, 0)
    text = patcher.comment("", rect, colours.bright(item.colour), 12.0, textjustification=0)
    patcher.chain(value, both, joined, text)
    patcher.cord(both, 1, joined, 1)
    patcher.cord(value, 0, logged)


def _lamp(patcher: Patcher, surface: Surface, item: Item, rect: Rect, body: Rect) -> None:
    """A lamp that flashes on each beat, or on each note of a voice, with a text beside it."""
    side = round(min(rect.h, 22.0), 1)
    lamp = Rect(rect.x, round(body.y + (body.h - side) / 2, 1), side, side)
    beside = Rect(rect.x + side, body.y, round(rect.w - side, 1), body.h)
    look = {
        "bgcolor": rgba(colours.PANEL),
        "blinkcolor": rgba(colours.bright(item.colour)),
        "outlinecolor": rgba(colours.PANEL),
    }
    value = patcher.object(f"r {FROM_DAEMON}", 0, 1)
    route = patcher.object(f"route {surface.prefix}{item.address}", 2, 2)
    if item.kind == "beat":
        both = patcher.object("unpack 0 0", 1, 2)
        from_one = [patcher.object("+ 1", 2, 1), patcher.object("+ 1", 2, 1)]
        joined = patcher.object("sprintf set %ld : %ld", 2, 1)
        text = patcher.comment("1 : 1", beside, colours.bright("beat"), 26.0)
        light = patcher.add("button", 1, 1, lamp, **look)
        patcher.chain(value, route, both, from_one[0], joined, text)
        patcher.cord(both, 1, from_one[1])
        patcher.cord(from_one[1], 0, joined, 1)
        patcher.cord(route, 0, light)
        return
    voice, both = patcher.object(f"route {item.value}", 2, 2), patcher.object("unpack 0 0", 1, 2)
    note_off = patcher.object("sel 0", 2, 2)
    light = patcher.add("button", 1, 1, lamp, **look)
    patcher.chain(value, route, voice, both)
    patcher.cord(both, 1, note_off)
    patcher.cord(note_off, 1, light)
    patcher.comment(item.label, beside, colours.bright(item.colour), 15.0, textjustification=0)


def _feedback(patcher: Patcher, surface: Surface, item: Item) -> str:
    """The name of a box; the value that an item shows comes from its first outlet."""
    published = patcher.object(f"r {FROM_DAEMON}", 0, 1)
    route = patcher.object(f"route {surface.prefix}{item.feedback}", 2, 2)
    patcher.cord(published, 0, route)
    return route


def _send_value(patcher: Patcher, surface: Surface, item: Item, source: str) -> None:
    named = patcher.object(f"prepend {surface.prefix}{item.address}", 1, 1)
    patcher.chain(source, named, patcher.object(f"s {TO_DAEMON}", 1, 0))


def _send_message(patcher: Patcher, button: str, message: str, *, up: bool = False) -> str:
    """The name of a box that separates press from release; the press sends the message."""
    pressed = patcher.object("sel 1 0", 3, 3) if up else patcher.object("sel 1", 2, 2)
    patcher.cord(button, 2, pressed)
    patcher.chain(pressed, patcher.message(message), patcher.object(f"s {TO_DAEMON}", 1, 0))
    return pressed


def _button(
    patcher: Patcher, text: str, rect: Rect, colour: str, mode: int, hint: str,
    strength: float = 0.5, **more: Any,
) -> str:  # fmt: skip
    """A textbutton that outputs when the mouse button goes down."""
    size = min(13.0, round(1.65 * (rect.w - 4) / max(len(text), 3), 1))
    look: dict[str, Any] = {
        "text": text, "texton": text, "mode": mode, "outputmode": 0, "rounded": 8.0,
        "fontsize": size,
        "bgcolor": rgba(colours.dim(colour, strength)), "bgoncolor": rgba(colours.bright(colour)),
        "textcolor": rgba(colours.TEXT), "textoncolor": rgba(colours.INK), "usebgoncolor": 1,
        "hint": hint, "parameter_enable": 0,
    }  # fmt: skip
    return patcher.add("textbutton", 1, 3, rect, **look | more)
