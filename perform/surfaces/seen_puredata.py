"""What a finished Pure Data patch shows."""

import re
from collections.abc import Iterator

from perform.surfaces import colours
from perform.surfaces.layout import Rect
from perform.surfaces.picture import MOST_PAGES, Screen, Seen

Words = list[str]


def screens(data: bytes) -> list[Screen]:
    """The patch's window, then the subpatches that it opens."""
    open_ones: list[tuple[str, list[Words]]] = []
    closed: list[Screen] = []
    for line in re.split(r"(?<!\\);\n", data.decode()):
        words = [re.sub(r"\\(.)", r"\1", word) for word in re.split(r"(?<!\\) ", line)]
        if words[0] == "#N":
            open_ones.append((words[6], [words]))
        elif words[:2] == ["#X", "restore"]:
            name, inside = open_ones.pop()
            closed.append(_screen(f"pd {name}", inside))
            open_ones[-1][1].append(words)
        elif len(words) > 1:
            open_ones[-1][1].append(words)
    return [_screen("Sideman", open_ones[0][1]), *closed[: MOST_PAGES - 1]]


def _screen(title: str, lines: list[Words]) -> Screen:
    wide, high = float(lines[0][4]), float(lines[0][5])
    return Screen(title, wide, high, tuple(seen for words in lines[1:] for seen in _seen(words)))


def _seen(words: Words) -> Iterator[Seen]:
    match words[1:]:
        case ["obj", x, y, ("bng" | "tgl" | "cnv" | "vsl" | "hsl") as kind, *given]:
            yield from _knob(kind, float(x), float(y), given)
        case ["restore", x, y, _, name]:
            yield Seen(
                "button",
                Rect(float(x), float(y), 8.0 * len(name) + 36, 22),
                f"pd {name}",
                colours.PANEL,
                size=12,
            )


def _knob(kind: str, x: float, y: float, given: Words) -> Iterator[Seen]:
    match kind:
        case "cnv":
            _, wide, high, _, _, text, dx, dy, _, size, fill, ink, *_ = given
            rect = Rect(x, y, float(wide), float(high))
            if fill != colours.GROUND:
                yield Seen("panel", rect, fill=fill)
        case "bng":
            side, _, _, _, _, _, text, dx, dy, _, size, fill, _, ink = given
            rect = Rect(x, y, float(side), float(side))
            yield Seen("panel", rect, fill=fill)
            yield Seen(
                "light",
                rect._replace(x=x + 3, y=y + 3, w=rect.w - 6, h=rect.h - 6),
                fill=colours.mixed(fill, 0.75),
            )
        case "tgl":
            side, _, _, _, text, dx, dy, _, size, fill, _, ink, *_ = given
            rect = Rect(x, y, float(side), float(side))
            yield Seen("panel", rect, fill=fill)
        case _:
            wide, high, _, _, _, _, _, _, text, dx, dy, _, size, fill, ink, *_ = given
            rect = Rect(x, y, float(wide), float(high))
            yield Seen("fader", rect, fill=ink)
    if text != "empty":
        start = Rect(x + float(dx) - 4, y + float(dy) - 8, 400, 16)
        yield Seen("text", start, text, ink=ink, size=float(size), left=True)
