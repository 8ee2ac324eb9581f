"""The wires behind a Pure Data surface: from the knobs' names to OSC, and from OSC back to the names."""

from collections.abc import Iterable
from typing import Any

from perform.surfaces import colours
from perform.surfaces.layout import ASK_AGAIN_MS, Item, Surface
from perform.surfaces.pd.canvas import Canvas, Raw, is_number, word
from perform.surfaces.pd.style import FIGURE, resting

OUT = "sideman:out"
Tree = dict[str, Any]


def wires(surface: Surface) -> Canvas:
    """The subpatch."""
    canvas = Canvas(900, 600, "wires")
    _to_daemon(canvas, surface)
    items = list(surface.items())
    _stood(canvas, items)
    named = set()
    for item in items:
        if (
            item.address and (item.kind, item.address, item.says) not in named
        ):  # each knob may be seen twice
            named.add((item.kind, item.address, item.says))
            _said(canvas, surface, item)
    _told(canvas, surface, items)
    return canvas


def _to_daemon(canvas: Canvas, surface: Surface) -> None:
    canvas.lane()
    begun, order = canvas.obj("loadbang"), canvas.obj("t", "b", "b", "b")
    connect = canvas.msg("connect", surface.host, surface.port)
    canvas.chain(
        begun,
        order,
        canvas.msg(1),
        canvas.obj("metro", ASK_AGAIN_MS),
        _asked(canvas, surface, "/subscribe/again"),
    )
    canvas.cord(order, 1, _asked(canvas, surface, "/subscribe"))
    canvas.lane()
    heard, sent = canvas.obj("r", OUT), canvas.obj("list", "prepend", "send")
    trimmed, udp = canvas.obj("list", "trim"), canvas.obj("netsend", "-u", "-b")
    canvas.chain(heard, sent, trimmed, udp)
    canvas.cord(order, 2, connect)
    canvas.cord(connect, 0, udp)


def _asked(canvas: Canvas, surface: Surface, address: str) -> int:
    """The message that says where this patch listens: what it comes in at."""
    canvas.lane()
    port = canvas.msg(surface.back)
    form = canvas.obj("oscformat", "-f", "i", *map(word, _path(surface, address)))
    canvas.chain(port, form, canvas.obj("s", OUT))
    return port


def _stood(canvas: Canvas, items: Iterable[Item]) -> None:
    """Faders stand at first where the table has them: "set" moves one and says nothing, which a fader that keeps
    a first value itself would do.
    """
    canvas.lane()
    first = dict.fromkeys((it.address, it.bounds[2]) for it in items if it.kind == "fader")
    told = [
        part for address, value in first for part in (Raw("\\;"), f"{address}:hear", "set", value)
    ]
    canvas.chain(canvas.obj("loadbang"), canvas.msg(*told))


def _said(canvas: Canvas, surface: Surface, item: Item) -> None:
    """From what a knob sends to the daemon."""
    path = [word(part) for part in _path(surface, item.address)]
    match item.kind:
        case "fader" | "switch":
            canvas.lane()
            knob = canvas.obj("r", f"{item.address}:say")
            form = canvas.obj("oscformat", "-f", "f" if item.kind == "fader" else "i", *path)
            canvas.chain(knob, form, canvas.obj("s", OUT))
            if item.kind == "fader":
                canvas.chain(knob, _lettered(canvas, f"{item.address}:figure", FIGURE))
        case "tap":
            canvas.lane()
            if item.says:
                _spoken(canvas, f"{item.address}={item.says}", item.says, path)
            else:
                knob = canvas.obj("r", f"{item.address}:say")
                canvas.chain(knob, canvas.obj("oscformat", *path), canvas.obj("s", OUT))
        case "choice" | "pads":
            for option in item.options:
                canvas.lane()
                _spoken(canvas, f"{item.address}={option}", option, path)
        case _:
            pass


def _spoken(canvas: Canvas, name: str, says: str, path: list[Raw]) -> None:
    knob, spoken = canvas.obj("r", name), canvas.msg("symbol", word(says))
    form = canvas.obj("oscformat", "-f", "s", *path)
    canvas.chain(knob, spoken, form, canvas.obj("s", OUT))


def _told(canvas: Canvas, surface: Surface, items: Iterable[Item]) -> None:
    """From the daemon to what the knobs receive: part by part of an address."""
    canvas.lane()
    heard, parsed = canvas.obj("netreceive", "-u", "-b", surface.back), canvas.obj("oscparse")
    trimmed = canvas.obj("list", "trim")
    canvas.chain(heard, parsed, trimmed)
    tree: Tree = {}
    for item in items:
        if item.follows:
            _grow(
                tree,
                [*_path(surface, item.follows), *([item.says] if item.kind == "light" else [])],
                item,
            )
    _branch(canvas, trimmed, 0, tree)


def _grow(tree: Tree, path: list[str], item: Item) -> None:
    *inner, last = path
    for part in inner:
        tree = tree.setdefault(part, {})
    tree.setdefault(last, {}).setdefault("", []).append(item)


def _branch(canvas: Canvas, source: int, outlet: int, tree: Tree) -> None:
    """Objects that tell the parts of a tree from each other. A part that looks like a number comes as a word from
    some versions of Pure Data, and as a number from others: it has a route for each.
    """
    canvas.lane()
    for item in {item.kind: item for item in tree.get("", [])}.values():
        _leaf(canvas, source, outlet, item)
    words = [part for part in tree if part and not is_number(part)]
    if words:
        route = canvas.obj("route", *words)
        canvas.cord(source, outlet, route)
        for number, part in enumerate(words):
            _branch(canvas, route, number, tree[part])
    for part in filter(is_number, tree):
        both = canvas.obj("t", "a")
        for spelled in (part, word(part)):
            route = canvas.obj("route", spelled)
            canvas.cord(source, outlet, route)
            canvas.cord(route, 0, both)
        _branch(canvas, both, 0, tree[part])


def _leaf(canvas: Canvas, source: int, outlet: int, item: Item) -> None:
    """From a value to the knob that follows it."""
    if item.kind in ("fader", "switch"):
        setting = canvas.msg("set", Raw(r"\$1"))
        canvas.cord(source, outlet, setting)
        canvas.chain(setting, canvas.obj("s", f"{item.address}:hear"))
        if item.kind == "fader":
            canvas.cord(source, outlet, _lettered(canvas, f"{item.address}:figure", FIGURE))
    elif item.kind in ("choice", "pads"):
        told = _word(canvas, source, outlet)
        for option in item.options:
            canvas.lane()
            _lit(canvas, told, item, option)
    elif item.kind == "shown":
        label = canvas.msg("label", Raw(r"\$1"))
        canvas.chain(_word(canvas, source, outlet), label, canvas.obj("s", f"{item.address}:hear"))
    elif item.kind == "refused":
        _refused(canvas, source, outlet, item)
    elif item.kind == "beat":
        both = canvas.obj("unpack")
        canvas.cord(source, outlet, both)
        for number, part in enumerate(("bar", "beat")):
            one = canvas.obj("+", 1)
            canvas.cord(both, number, one)
            canvas.chain(one, _lettered(canvas, f"/beat:{part}", "%g"))
        _flashed(canvas, both, 1, "/beat:light")
    elif item.kind == "light":
        both, struck = canvas.obj("unpack"), canvas.obj("moses", 1)
        canvas.cord(source, outlet, both)
        canvas.cord(both, 1, struck)
        _flashed(canvas, struck, 1, f"/note/{item.says}:light")


def _refused(canvas: Canvas, source: int, outlet: int, item: Item) -> None:
    """What was refused and why, as one label, and in Pd's window."""
    both, letters = canvas.obj("unpack", "s", "s"), [canvas.obj("list", "fromsymbol") for _ in "12"]
    colon, whole = canvas.obj("list", "append", *map(ord, ": ")), canvas.obj("list", "append")
    canvas.cord(source, outlet, both)
    canvas.chain(both, letters[0], colon, whole)
    canvas.cord(both, 1, letters[1])
    canvas.cord(letters[1], 0, whole, 1)
    spelled, label = canvas.obj("list", "tosymbol"), canvas.msg("label", Raw(r"\$1"))
    canvas.chain(whole, spelled, label, canvas.obj("s", f"{item.address}:hear"))
    # a symbol is printed with its blanks escaped, what a message is called is not
    canvas.chain(spelled, canvas.obj("list", "trim"), canvas.obj("print", "sideman"))


def _lettered(canvas: Canvas, name: str, form: str) -> int:
    """A number as the label of a canvas: what it comes in at."""
    spelled = canvas.obj("makefilename", form)
    canvas.chain(spelled, canvas.msg("label", Raw(r"\$1")), canvas.obj("s", name))
    return spelled


def _word(canvas: Canvas, source: int, outlet: int) -> int:
    """What was told as a symbol: it comes as a message that is called so."""
    plain, told = canvas.obj("list", "append"), canvas.msg("symbol", Raw(r"\$1"))
    canvas.cord(source, outlet, plain)
    canvas.chain(plain, told)
    return told


def _lit(canvas: Canvas, told: int, item: Item, option: str) -> None:
    """An option, bright while it is what was told."""
    which = canvas.obj("sel", word(option))
    pressed = colours.bright("on")
    lit = canvas.msg("color", colours.bright(item.colour), pressed, colours.INK)
    out = canvas.msg("color", resting(item, option), pressed, colours.TEXT)
    hear = canvas.obj("s", f"{item.address}={option}:hear")
    canvas.chain(told, which, lit, hear)
    canvas.cord(which, 1, out)
    canvas.cord(out, 0, hear)


def _flashed(canvas: Canvas, source: int, outlet: int, name: str) -> None:
    flash = canvas.obj("t", "b")
    canvas.cord(source, outlet, flash)
    canvas.chain(flash, canvas.obj("s", name))


def _path(surface: Surface, address: str) -> list[str]:
    return [part for part in (surface.prefix + address).split("/") if part]
