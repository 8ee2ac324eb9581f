"""A Pure Data canvas under construction: objects, cords, and the text of the file."""

import itertools
from collections.abc import Iterable

LANE_WIDTH, OBJECT_STEP = 260, 26
_SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\;,$ "})


class Canvas:
    """Objects, numbered in their order, and cords between them. A lane is a column of objects."""

    def __init__(self, width: int, height: int, name: str = "") -> None:
        self._size = (width, height)
        self._name = name
        self._lines: list[str] = []
        self._cords: list[str] = []
        self._count = 0
        self._lanes = 0
        self._x, self._y = 10, 10

    def lane(self) -> None:
        """Begin a new lane."""
        row, column = divmod(self._lanes, 6)
        self._x, self._y = 10 + column * LANE_WIDTH, 10 + row * 12 * OBJECT_STEP
        self._lanes += 1

    def obj(self, *atoms: object, x: float | None = None, y: float | None = None) -> int:
        """The number of a new object; without `x` and `y` it is the next one of its lane."""
        return self._add("obj", atoms, x, y)

    def msg(self, *atoms: object) -> int:
        """The number of a new message box, the next one of its lane."""
        return self._add("msg", atoms, None, None)

    def sub(self, canvas: "Canvas", x: float, y: float) -> int:
        """The number of a new subpatch."""
        self._lines += [*canvas.lines(), f"#X restore {x:.0f} {y:.0f} pd {atom(canvas.name)};"]
        self._count += 1
        return self._count - 1

    def cord(self, source: int, outlet: int, target: int, inlet: int = 0) -> None:
        """A cord from an outlet to an inlet."""
        self._cords.append(f"#X connect {source} {outlet} {target} {inlet};")

    def chain(self, *objects: int) -> None:
        """Cords from first outlets to first inlets."""
        for source, target in itertools.pairwise(objects):
            self.cord(source, 0, target)

    @property
    def name(self) -> str:
        """The name of a subpatch; "" for the front."""
        return self._name

    def lines(self) -> list[str]:
        """The lines of the canvas in the file."""
        width, height = self._size
        head = f"#N canvas 60 60 {width} {height} " + (
            f"{atom(self._name)} 0;" if self._name else "12;"
        )
        return [head, *self._lines, *self._cords]

    def _add(self, kind: str, atoms: Iterable[object], x: float | None, y: float | None) -> int:
        if x is None or y is None:
            x, y = self._x, self._y
            self._y += OBJECT_STEP
        text = " ".join(it if isinstance(it, Raw) else atom(it) for it in atoms)
        self._lines.append(f"#X {kind} {x:.0f} {y:.0f} {text};")
        self._count += 1
        return self._count - 1


class Raw(str):
    """An atom that is already escaped, for example one whose dollar sign means an argument."""

    __slots__ = ()


def atom(value: object) -> str:
    """A value as an atom of the file; characters that would end or split it are escaped."""
    return f"{value:g}" if isinstance(value, float) else str(value).translate(_SPECIAL)


def word(text: str) -> "Raw":
    """A text as an atom that stays a symbol, even where it looks like a number."""
    return Raw(f"\\{text}" if is_number(text) else atom(text))


def is_number(text: str) -> bool:
    """Whether Pure Data may take a text for a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
