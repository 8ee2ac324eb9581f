"""The subpatch behind a Pure Data surface: from the controls' names to OSC, and from OSC back."""

from collections.abc import Iterable
from typing import Any

from perform.control.published import FEEDBACK
from perform.control.registry import NAME
from perform.surfaces import colours
from perform.surfaces.layout import RENEW_MS, Item, Surface
from perform.surfaces.pd.canvas import Canvas, Raw, is_number, word
from perform.surfaces.pd.style import FIGURE, resting, turn_name

OUT = "sideman:out"
Tree = dict[str, Any]


def connections(surface: Surface) -> Canvas:
    """The subpatch, as a canvas."""
    canvas = Canvas(900, 600, "wires")
    _to_daemon(canvas, surface)
    items = list(surface.items())
    _set_faders(canvas, items)
    done = set()
    for item in items:
        key = (item.kind, item.address, item.value)
        if item.address and key not in done:  # an address may have two items
            done.add(key)
            _send(canvas, surface, item)
    _receive(canvas, surface, items)
    return canvas


def _to_daemon(canvas: Canvas, surface: Surface) -> None:
    canvas.lane()
    loaded, order = canvas.obj("loadbang"), canvas.obj("t", "b", "b", "b")
    connect = canvas.msg("connect", surface.host, surface.port)
    canvas.chain(
        loaded,
        order,
        canvas.msg(1),
        canvas.obj("metro", RENEW_MS),
        _subscribe(canvas, surface, "/subscribe/again"),
    )
    canvas.cord(order, 1, _subscribe(canvas, surface, "/subscribe"))
    canvas.lane()
    message, sent = canvas.obj("r", OUT), canvas.obj("list", "prepend", "send")
    trimmed, udp = canvas.obj("list", "trim"), canvas.obj("netsend", "-u", "-b")
    canvas.chain(message, sent, trimmed, udp)
    canvas.cord(order, 2, connect)
    canvas.cord(connect, 0, udp)


def _subscribe(canvas: Canvas, surface: Surface, address: str) -> int:
    """The object to bang, which sends `address` with the port where the patch listens."""
    canvas.lane()
    port = canvas.msg(surface.feedback_port)
    form = canvas.obj("oscformat", "-f", "i", *map(word, _path(surface, address)))
    canvas.chain(port, form, canvas.obj("s", OUT))
    return port


def _set_faders(canvas: Canvas, items: Iterable[Item]) -> None:
    """Set the first values of the faders from the registry.

    "set" moves a fader without sending. A fader that stores its first value would send it.
    """
    canvas.lane()
    first = dict.fromkeys((it.address, it.bounds[2]) for it in items if it.kind == "fader")
    parts = [
        part for address, value in first for part in (Raw("\\;"), f"{address}:hear", "set", value)
    ]
    canvas.chain(canvas.obj("loadbang"), canvas.msg(*parts))


def _send(canvas: Canvas, surface: Surface, item: Item) -> None:
    """From the name that a control sends to, to the daemon."""
    path = [word(part) for part in _path(surface, item.address)]
    match item.kind:
        case "fader" | "switch":
            canvas.lane()
            control = canvas.obj("r", f"{item.address}:say")
            form = canvas.obj("oscformat", "-f", "f" if item.kind == "fader" else "i", *path)
            canvas.chain(control, form, canvas.obj("s", OUT))
            if item.kind == "fader":
                canvas.chain(control, _number_label(canvas, f"{item.address}:figure", FIGURE))
        case "tap":
            canvas.lane()
            if item.value:
                _send_symbol(canvas, f"{item.address}={item.value}", item.value, path)
            else:
                control = canvas.obj("r", f"{item.address}:say")
                canvas.chain(control, canvas.obj("oscformat", *path), canvas.obj("s", OUT))
        case "choice" | "pads":
            for option in item.options:
                canvas.lane()
                _send_symbol(canvas, f"{item.address}={option}", option, path)
        case _:
            pass


def _send_symbol(canvas: Canvas, name: str, value: str, path: list[Raw]) -> None:
    control, symbol = canvas.obj("r", name), canvas.msg("symbol", word(value))
    form = canvas.obj("oscformat", "-f", "s", *path)
    canvas.chain(control, symbol, form, canvas.obj("s", OUT))


def _receive(canvas: Canvas, surface: Surface, items: Iterable[Item]) -> None:
    """From the daemon to the names that controls receive at, by the parts of the address."""
    canvas.lane()
    received = canvas.obj("netreceive", "-u", "-b", surface.feedback_port)
    parsed = canvas.obj("oscparse")
    trimmed = canvas.obj("list", "trim")
    canvas.chain(received, parsed, trimmed)
    tree: Tree = {}
    for item in items:
        if item.feedback:
            voice = [item.value] if item.kind == "light" else []
            _add_path(tree, [*_path(surface, item.feedback), *voice], item)
    for message in FEEDBACK:
        for name in surface.voices:
            _add_longer(tree, _path(surface, message.address.replace(NAME, name)))
    _branch(canvas, trimmed, 0, tree)


def _add_path(tree: Tree, path: list[str], item: Item) -> None:
    *inner, last = path
    for part in inner:
        tree = tree.setdefault(part, {})
    tree.setdefault(last, {}).setdefault("", []).append(item)


def _add_longer(tree: Tree, path: list[str]) -> None:
    """Add the part behind an address of the tree that a longer address has.

    So the longer one, which nothing shows, is no value of the shorter: /mode/bars of /mode.
    """
    for place, part in enumerate(path):
        if "" in tree:
            for other in path[place:]:
                tree = tree.setdefault(other, {})
            return
        if part not in tree:
            return
        tree = tree[part]


def _branch(canvas: Canvas, source: int, outlet: int, tree: Tree) -> None:
    """Objects that route by the parts of the addresses in a tree.

    Some versions of Pure Data receive a part that looks like a number as a symbol, others as a
    number; such a part has a route for each.
    """
    canvas.lane()
    words = [part for part in tree if part and not is_number(part)]
    rest = source, outlet
    if words:
        route = canvas.obj("route", *words)
        canvas.cord(source, outlet, route)
        rest = route, len(words)
        for number, part in enumerate(words):
            _branch(canvas, route, number, tree[part])
    for item in {(item.kind, item.value): item for item in tree.get("", [])}.values():
        _leaf(canvas, *rest, item)
    for part in filter(is_number, tree):
        both = canvas.obj("t", "a")
        for form in (part, word(part)):
            route = canvas.obj("route", form)
            canvas.cord(source, outlet, route)
            canvas.cord(route, 0, both)
        _branch(canvas, both, 0, tree[part])


def _leaf(canvas: Canvas, source: int, outlet: int, item: Item) -> None:
    """From a received value to the control that shows it."""
    if item.kind in ("fader", "switch"):
        setting = canvas.msg("set", Raw(r"\$1"))
        canvas.cord(source, outlet, setting)
        canvas.chain(setting, canvas.obj("s", f"{item.address}:hear"))
        if item.kind == "fader":
            canvas.cord(source, outlet, _number_label(canvas, f"{item.address}:figure", FIGURE))
    elif item.kind in ("choice", "pads"):
        value = _symbol(canvas, source, outlet)
        for option in item.options:
            canvas.lane()
            _light_option(canvas, value, item, option)
    else:
        _show(canvas, source, outlet, item)


def _show(canvas: Canvas, source: int, outlet: int, item: Item) -> None:
    """From a received value to an item that only shows it."""
    if item.kind == "shown":
        label = canvas.msg("label", Raw(r"\$1"))
        canvas.chain(
            _symbol(canvas, source, outlet), label, canvas.obj("s", f"{item.address}:hear")
        )
    elif item.kind == "turn":
        _light_turn(canvas, _symbol(canvas, source, outlet), item)
    elif item.kind == "turn bars":
        _turn_bars(canvas, source, outlet, item)
    elif item.kind == "refused":
        _error(canvas, source, outlet, item)
    elif item.kind == "beat":
        both = canvas.obj("unpack")
        canvas.cord(source, outlet, both)
        for number, part in enumerate(("bar", "beat")):
            one = canvas.obj("+", 1)
            canvas.cord(both, number, one)
            canvas.chain(one, _number_label(canvas, f"/beat:{part}", "%g"))
        _flash(canvas, both, 1, "/beat:light")
    elif item.kind == "light":
        both, note_on = canvas.obj("unpack"), canvas.obj("moses", 1)
        canvas.cord(source, outlet, both)
        canvas.cord(both, 1, note_on)
        _flash(canvas, note_on, 1, f"/note/{item.value}:light")


def _error(canvas: Canvas, source: int, outlet: int, item: Item) -> None:
    """The last error reply: the address and the reason, as a label and in Pd's window."""
    both, letters = canvas.obj("unpack", "s", "s"), [canvas.obj("list", "fromsymbol") for _ in "12"]
    colon, whole = canvas.obj("list", "append", *map(ord, ": ")), canvas.obj("list", "append")
    canvas.cord(source, outlet, both)
    canvas.chain(both, letters[0], colon, whole)
    canvas.cord(both, 1, letters[1])
    canvas.cord(letters[1], 0, whole, 1)
    joined, label = canvas.obj("list", "tosymbol"), canvas.msg("label", Raw(r"\$1"))
    canvas.chain(whole, joined, label, canvas.obj("s", f"{item.address}:hear"))
    # Pd prints a symbol with its spaces escaped, but not the selector of a message
    canvas.chain(joined, canvas.obj("list", "trim"), canvas.obj("print", "sideman"))


def _number_label(canvas: Canvas, name: str, form: str) -> int:
    """The object whose input number becomes the label of a canvas."""
    joined = canvas.obj("makefilename", form)
    canvas.chain(joined, canvas.msg("label", Raw(r"\$1")), canvas.obj("s", name))
    return joined


def _symbol(canvas: Canvas, source: int, outlet: int) -> int:
    """The object that gives a received value as a symbol; it arrives as a selector."""
    plain, symbol = canvas.obj("list", "append"), canvas.msg("symbol", Raw(r"\$1"))
    canvas.cord(source, outlet, plain)
    canvas.chain(plain, symbol)
    return symbol


def _light_option(canvas: Canvas, value: int, item: Item, option: str) -> None:
    """An option, bright while the control has its value."""
    which = canvas.obj("sel", word(option))
    pressed = colours.bright("on")
    # only the label of a pad is on the button; that of a choice is below it, on the background
    ink = colours.INK if item.kind == "pads" else colours.TEXT
    bright = canvas.msg("color", colours.bright(item.colour), pressed, ink)
    dark = canvas.msg("color", resting(item, option), pressed, colours.TEXT)
    hear = canvas.obj("s", f"{item.address}={option}:hear")
    canvas.chain(value, which, bright, hear)
    canvas.cord(which, 1, dark)
    canvas.cord(dark, 0, hear)


def _light_turn(canvas: Canvas, value: int, item: Item) -> None:
    """A band in the colour of whose turn it is; without a turn it is not seen."""
    bright, rest = colours.bright(item.colour), colours.GROUND
    which, hear = canvas.obj("sel", word(item.value)), canvas.obj("s", turn_name(item))
    lit = canvas.msg("color", bright, bright, colours.INK)
    dark = canvas.msg("color", rest, rest, rest)
    canvas.chain(value, which, lit, hear)
    canvas.cord(which, 1, dark)
    canvas.cord(dark, 0, hear)


def _turn_bars(canvas: Canvas, source: int, outlet: int, item: Item) -> None:
    """The bars until a turn ends, as a label; none for 0."""
    which, name = canvas.obj("sel", 0), turn_name(item)
    canvas.cord(source, outlet, which)
    none = canvas.msg("label", "empty")
    canvas.chain(which, none, canvas.obj("s", name))
    canvas.cord(which, 1, _number_label(canvas, name, "%g"))


def _flash(canvas: Canvas, source: int, outlet: int, name: str) -> None:
    flash = canvas.obj("t", "b")
    canvas.cord(source, outlet, flash)
    canvas.chain(flash, canvas.obj("s", name))


def _path(surface: Surface, address: str) -> list[str]:
    return [part for part in (surface.prefix + address).split("/") if part]
