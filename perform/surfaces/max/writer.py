"""A surface as a Max patcher (8 and 9), of standard objects alone, and its help patcher.

Presentation mode is the surface; behind it every control has a lane: what it is told comes in at the top, what it
says goes out at the bottom. `sideman.say` goes to the daemon, `sideman.told` comes from it.
"""

from typing import Any

from perform.surfaces import colours
from perform.surfaces.layout import (
    ASK_AGAIN_MS,
    Item,
    Page,
    Rect,
    Surface,
    cells,
    hint,
    is_black,
    parts,
    placed,
)
from perform.surfaces.max.patcher import Patcher, rgba, written

WIDTH, BAR, PLAY, SHAPE, OPEN, GAP, LINE = 1120.0, 110.0, 500.0, 470.0, 40.0, 5.0, 17.0
SAY, TOLD, UP = "sideman.say", "sideman.told", "sideman.up"


def write(surface: Surface) -> bytes:
    """The patcher as a file."""
    return written(_whole(surface))


def _whole(surface: Surface) -> Patcher:
    play, *shapes = surface.pages
    patcher = Patcher(WIDTH, BAR + PLAY + OPEN)
    _wires(patcher, surface)
    _items(patcher, surface, surface.bar, Rect(0, 0, WIDTH, BAR))
    _items(patcher, surface, play, Rect(0, BAR, WIDTH, PLAY))
    wide = WIDTH / len(shapes)
    for number, page in enumerate(shapes):
        place = Rect(number * wide + GAP, BAR + PLAY + GAP, wide - 2 * GAP, OPEN - 2 * GAP)
        _window(patcher, surface, page, place)
    return patcher


def _wires(patcher: Patcher, surface: Surface) -> None:
    """To and from the daemon. A patcher that holds this one can say and hear everything, too."""
    patcher.lane()
    inlet = patcher.add("inlet", 0, 1, comment="any message for the daemon, as /sideman/tempo 120")
    say = patcher.object(f"r {SAY}", 0, 1)
    asking = [patcher.object("loadmess 1", 1, 1), patcher.object(f"metro {ASK_AGAIN_MS}", 2, 1)]
    ask = patcher.message(f"{surface.prefix}/subscribe/again {surface.back}")
    closing = patcher.object("closebang", 1, 1)
    leave = patcher.message(f"{surface.prefix}/unsubscribe {surface.back}")
    out = patcher.object(f"udpsend {surface.host} {surface.port}", 1, 0)
    patcher.chain(*asking, ask, out)
    patcher.chain(closing, leave, out)
    patcher.cord(say, 0, out)
    patcher.cord(inlet, 0, out)
    patcher.lane()
    heard = patcher.object(f"udpreceive {surface.back}", 1, 1)
    told = patcher.object(f"s {TOLD}", 1, 0)
    outlet = patcher.add("outlet", 1, 0, comment="everything that the daemon tells")
    patcher.cord(heard, 0, told)
    patcher.cord(heard, 0, outlet)


def _window(patcher: Patcher, surface: Surface, page: Page, place: Rect) -> None:
    """A page in a window of its own, and the button that opens it."""
    inside = Patcher(WIDTH, SHAPE)
    inside.lane()
    inside.add("inlet", 0, 1, comment="from pcontrol")
    _items(inside, surface, page, Rect(0, 0, WIDTH, SHAPE))
    patcher.lane()
    button = _button(patcher, f"{page.name} ...", place, "plain", 0, hint="opens a window")
    pressed, opened = patcher.object("sel 1", 2, 2), patcher.message("open")
    control = patcher.object("pcontrol", 1, 1)
    window = patcher.object(f"p {page.name}", 1, 0, patcher=inside.plain())
    patcher.cord(button, 2, pressed)
    patcher.chain(pressed, opened, control, window)


def _items(patcher: Patcher, surface: Surface, page: Page, frame: Rect) -> None:
    for item, rect in placed(page, frame, GAP):
        caption, body, _ = parts(item, rect, LINE)
        if caption is not None and item.kind != "fader":
            patcher.lane()
            patcher.comment(item.label, caption, colours.QUIET, 11.0)
        _made(patcher, surface, item, rect, body)


def _made(patcher: Patcher, surface: Surface, item: Item, rect: Rect, body: Rect) -> None:
    match item.kind:
        case "title":
            patcher.lane()
            colour = colours.TEXT if item.colour == "plain" else colours.bright(item.colour)
            size = 18.0 if item.place.h >= 1 else 11.0
            patcher.comment(item.label, rect, colour, size, textjustification=0)
        case "tap":
            patcher.lane()
            button = _button(patcher, item.label, rect, item.colour, 0, hint(item))
            _says(patcher, button, f"{surface.prefix}{item.address} {item.says}".strip())
        case "switch":
            patcher.lane()
            heard = _heard(patcher, surface, item)
            setting = patcher.object("prepend set", 1, 1)
            button = _button(patcher, item.label, rect, item.colour, 1, hint(item))
            _sent(patcher, surface, item, button)
            patcher.chain(heard, setting, button)
        case "choice" | "pads":
            for option, cell in cells(item, body, GAP):
                _option(patcher, surface, item, option, cell)
        case "latch":
            _latch(patcher, surface, item, rect)
        case "fader":
            _fader(patcher, surface, item, rect)
        case _:
            _followed(patcher, surface, item, rect, body)


def _option(patcher: Patcher, surface: Surface, item: Item, option: str, cell: Rect) -> None:
    """A button that says one thing, and is lit while that is where it stands."""
    patcher.lane()
    heard = _heard(patcher, surface, item)
    matches = patcher.object(f"sel {option}", 2, 2)
    lit, out = patcher.message("set 1"), patcher.message("set 0")
    strength = 0.35 if is_black(item, option) else 0.5
    button = _button(patcher, option, cell, item.colour, 1, hint(item), strength)
    patcher.chain(heard, matches, lit, button)
    patcher.cord(matches, 1, out)
    patcher.cord(out, 0, button)
    patcher.cord(button, 0, lit)  # pressed again, it stays lit
    pressed = _says(patcher, button, f"{surface.prefix}{item.address} {option}", up=True)
    if item.kind == "pads":
        patcher.cord(pressed, 1, patcher.object(f"s {UP}", 1, 0))


def _latch(patcher: Patcher, surface: Surface, item: Item, rect: Rect) -> None:
    """While it is off, a pad that comes up lets the chord go."""
    patcher.lane()
    first, up = patcher.object("loadmess 1", 1, 1), patcher.object(f"r {UP}", 0, 1)
    button = _button(
        patcher, item.label, rect, item.colour, 1, "on: a chord stays when the pad comes up"
    )
    off, gate = patcher.object("== 0", 2, 1), patcher.object("gate 1", 2, 1)
    release = patcher.message(f"{surface.prefix}/chord/release")
    patcher.chain(first, button, off, gate, release, patcher.object(f"s {SAY}", 1, 0))
    patcher.cord(up, 0, gate, 1)


def _fader(patcher: Patcher, surface: Surface, item: Item, rect: Rect) -> None:
    patcher.lane()
    heard, setting = _heard(patcher, surface, item), patcher.object("prepend set", 1, 1)
    low, high, first = item.bounds
    values = {
        "parameter_longname": f"sideman{item.address}", "parameter_shortname": item.label,
        "parameter_type": 0, "parameter_mmin": low, "parameter_mmax": high, "parameter_unitstyle": 1,
        "parameter_initial": [first], "parameter_initial_enable": 0, "parameter_invisible": 2,
    }  # fmt: skip
    slider = patcher.add(
        "live.slider", 1, 2, rect, orientation=int(rect.w > rect.h), parameter_enable=1, hint=hint(item), fontsize=10.0, textcolor=rgba(colours.TEXT),
        slidercolor=rgba(colours.bright(item.colour)), tricolor=rgba(colours.bright(item.colour)),
        trioncolor=rgba(colours.bright(item.colour)), varname=f"sideman{item.address}",
        saved_attribute_attributes={"valueof": values},
    )  # fmt: skip
    _sent(patcher, surface, item, slider)
    patcher.chain(heard, setting, slider)


def _followed(patcher: Patcher, surface: Surface, item: Item, rect: Rect, body: Rect) -> None:
    """What is only looked at."""
    patcher.lane()
    if item.kind == "shown":
        heard, setting = _heard(patcher, surface, item), patcher.object("prepend set", 1, 1)
        first = str(item.control.default) if item.control is not None else ""
        text = patcher.comment(first, body, colours.bright(item.colour), 26.0)
        patcher.chain(heard, setting, text)
        return
    if item.kind == "refused":
        heard, spelled = _heard(patcher, surface, item), patcher.object("sprintf set %s: %s", 2, 1)
        both, logged = patcher.object("unpack s s", 1, 2), patcher.object("print sideman", 1, 0)
        text = patcher.comment("", rect, colours.bright(item.colour), 12.0, textjustification=0)
        patcher.chain(heard, both, spelled, text)
        patcher.cord(both, 1, spelled, 1)
        patcher.cord(heard, 0, logged)
        return
    side = round(min(rect.h, 22.0), 1)
    lamp = Rect(rect.x, round(body.y + (body.h - side) / 2, 1), side, side)
    beside = Rect(rect.x + side, body.y, round(rect.w - side, 1), body.h)
    look = {
        "bgcolor": rgba(colours.PANEL),
        "blinkcolor": rgba(colours.bright(item.colour)),
        "outlinecolor": rgba(colours.PANEL),
    }
    heard = patcher.object(f"r {TOLD}", 0, 1)
    ours = patcher.object(f"route {surface.prefix}{item.address}", 2, 2)
    if item.kind == "beat":
        both = patcher.object("unpack 0 0", 1, 2)
        ones = [patcher.object("+ 1", 2, 1), patcher.object("+ 1", 2, 1)]
        spelled = patcher.object("sprintf set %ld : %ld", 2, 1)
        text = patcher.comment("1 : 1", beside, colours.bright("beat"), 26.0)
        light = patcher.add("button", 1, 1, lamp, **look)
        patcher.chain(heard, ours, both, ones[0], spelled, text)
        patcher.cord(both, 1, ones[1])
        patcher.cord(ones[1], 0, spelled, 1)
        patcher.cord(ours, 0, light)
        return
    voice, both = patcher.object(f"route {item.says}", 2, 2), patcher.object("unpack 0 0", 1, 2)
    ended = patcher.object("sel 0", 2, 2)
    light = patcher.add("button", 1, 1, lamp, **look)
    patcher.chain(heard, ours, voice, both)
    patcher.cord(both, 1, ended)
    patcher.cord(ended, 1, light)
    patcher.comment(item.label, beside, colours.bright(item.colour), 15.0, textjustification=0)


def _heard(patcher: Patcher, surface: Surface, item: Item) -> str:
    """The value that an item follows, at the first outlet of what this returns."""
    told = patcher.object(f"r {TOLD}", 0, 1)
    ours = patcher.object(f"route {surface.prefix}{item.follows}", 2, 2)
    patcher.cord(told, 0, ours)
    return ours


def _sent(patcher: Patcher, surface: Surface, item: Item, source: str) -> None:
    named = patcher.object(f"prepend {surface.prefix}{item.address}", 1, 1)
    patcher.chain(source, named, patcher.object(f"s {SAY}", 1, 0))


def _says(patcher: Patcher, button: str, message: str, *, up: bool = False) -> str:
    """The message that a button says when it goes down; what tells down from up."""
    pressed = patcher.object("sel 1 0", 3, 3) if up else patcher.object("sel 1", 2, 2)
    patcher.cord(button, 2, pressed)
    patcher.chain(pressed, patcher.message(message), patcher.object(f"s {SAY}", 1, 0))
    return pressed


def _button(
    patcher: Patcher, text: str, rect: Rect, colour: str, mode: int, hint: str, strength: float = 0.5
) -> str:  # fmt: skip
    """A textbutton: what it outputs goes out as the mouse goes down."""
    size = min(13.0, round(1.65 * (rect.w - 4) / max(len(text), 3), 1))
    look: dict[str, Any] = {
        "text": text, "texton": text, "mode": mode, "outputmode": 0, "rounded": 8.0, "fontsize": size,
        "bgcolor": rgba(colours.dim(colour, strength)), "bgoncolor": rgba(colours.bright(colour)),
        "textcolor": rgba(colours.TEXT), "textoncolor": rgba(colours.INK), "usebgoncolor": 1,
        "hint": hint, "parameter_enable": 0,
    }  # fmt: skip
    return patcher.add("textbutton", 1, 3, rect, **look)
