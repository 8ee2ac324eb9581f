"""What a Pure Data patch shows."""

import re
from collections.abc import Iterator

from perform.surfaces import colours
from perform.surfaces.layout import Rect
from perform.surfaces.svg import MOST_PAGES, DrawnItem, Screen

Words = list[str]
InitialValues = dict[str, float]


def read_screens(data: bytes) -> list[Screen]:
    """The patch's window, then its subpatches; faders at the values that they get at the start."""
    open_ones: list[tuple[str, list[Words]]] = []
    closed: list[Screen] = []
    every = [
        [re.sub(r"\\(.)", r"\1", word) for word in re.split(r"(?<!\\) ", line)]
        for line in re.split(r"(?<!\\);\n", data.decode())
    ]
    initial_values = {name: value for words in every for name, value in _initial_values(words)}
    for words in every:
        if words[0] == "#N":
            open_ones.append((words[6], [words]))
        elif words[:2] == ["#X", "restore"]:
            name, inside = open_ones.pop()
            closed.append(_screen(f"pd {name}", inside, initial_values))
            open_ones[-1][1].append(words)
        elif len(words) > 1:
            open_ones[-1][1].append(words)
    return [_screen("Sideman", open_ones[0][1], initial_values), *closed[: MOST_PAGES - 1]]


def _initial_values(words: Words) -> Iterator[tuple[str, float]]:
    """The receivers and values in a message: each semicolon is followed by name, "set", value."""
    for index, word in enumerate(words):
        if word == ";":
            name, _, value = words[index + 1 : index + 4]
            yield name, float(value)


def _screen(title: str, lines: list[Words], initial_values: InitialValues) -> Screen:
    width, height = float(lines[0][4]), float(lines[0][5])
    items = [item for words in lines[1:] for item in _items(words, initial_values)]
    return Screen(title, width, height, tuple(items))


def _items(words: Words, initial_values: InitialValues) -> Iterator[DrawnItem]:
    match words[1:]:
        case ["obj", x, y, ("bng" | "tgl" | "cnv" | "vsl" | "hsl") as kind, *given]:
            yield from _control(kind, float(x), float(y), given, initial_values)
        case ["restore", x, y, _, name]:
            yield DrawnItem(
                "button",
                Rect(float(x), float(y), 8.0 * len(name) + 36, 22),
                f"pd {name}",
                colours.PANEL,
                size=12,
            )


def _control(
    kind: str, x: float, y: float, given: Words, initial_values: InitialValues
) -> Iterator[DrawnItem]:
    match kind:
        case "cnv":
            _, width, height, _, _, text, dx, dy, _, size, fill, ink, *_ = given
            rect = Rect(x, y, float(width), float(height))
            if fill != colours.GROUND:
                yield DrawnItem("panel", rect, fill=fill)
        case "bng":
            side, _, _, _, _, _, text, dx, dy, _, size, fill, _, ink = given
            rect = Rect(x, y, float(side), float(side))
            yield DrawnItem("panel", rect, fill=fill)
            yield DrawnItem(
                "light",
                rect._replace(x=x + 3, y=y + 3, w=rect.w - 6, h=rect.h - 6),
                fill=colours.mixed(fill, 0.75),
            )
        case "tgl":
            side, _, _, _, text, dx, dy, _, size, fill, _, ink, *_ = given
            rect = Rect(x, y, float(side), float(side))
            yield DrawnItem("panel", rect, fill=fill)
        case _:
            width, height, low, top, _, _, _, receiver, text, dx, dy, _, size, fill, ink, *_ = given
            rect = Rect(x, y, float(width), float(height))
            share = (initial_values.get(receiver, float(low)) - float(low)) / (
                float(top) - float(low)
            )
            yield DrawnItem("fader", rect, fill=ink, share=share)
    if text != "empty":
        start = Rect(x + float(dx) - 4, y + float(dy) - 8, 400, 16)
        yield DrawnItem("text", start, text, ink=ink, size=float(size), left=True)
