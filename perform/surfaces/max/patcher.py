"""A Max patcher as it grows: boxes, cords, and where everything stands, in lanes that never touch."""

import itertools
import json
from typing import Any

from perform.surfaces import colours
from perform.surfaces.layout import Rect

HIGH, PITCH, MARGIN, BETWEEN = 420.0, 32.0, 30.0, 20.0
Box = dict[str, Any]
_HIGH = {"comment": 20.0, "textbutton": 24.0, "live.slider": 110.0, "button": 24.0, "message": 22.0,
         "newobj": 22.0, "inlet": 30.0, "outlet": 30.0}  # fmt: skip
_WIDE = {"live.slider": 40.0, "button": 24.0, "inlet": 30.0, "outlet": 30.0}  # others: as a lane


class Patcher:
    """Boxes and cords. Every `lane` is a column of its own: what is added to it stands below what is there."""

    def __init__(
        self,
        width: float,
        height: float,
        lane: float = 230.0,
        across: int = 6,
        *,
        presentation: bool = True,
    ) -> None:
        self._size = (width, height)
        self._wide, self._across = lane, across
        self._presentation = presentation
        self._boxes: list[Box] = []
        self._cords: list[dict[str, Any]] = []
        self._lanes = 0
        self._x, self._y = MARGIN, MARGIN

    def lane(self) -> None:
        """What follows stands in a new column."""
        row, column = divmod(self._lanes, self._across)
        self._x, self._y = MARGIN + column * (self._wide + BETWEEN), MARGIN + row * HIGH
        self._lanes += 1

    def add(
        self, maxclass: str, inlets: int, outlets: int, shown: Rect | None = None, **attributes: Any
    ) -> str:
        """A box, and its name for cords. `shown`: where it stands in presentation mode; without it, nowhere."""
        wide, high = _WIDE.get(maxclass, self._wide), _HIGH[maxclass]
        name = f"obj-{len(self._boxes) + 1}"
        box: Box = {"id": name, "maxclass": maxclass, "numinlets": inlets, "numoutlets": outlets}
        if outlets:
            box["outlettype"] = [""] * outlets
        box |= {"patching_rect": [self._x, self._y, wide, high], **attributes}
        if shown is not None:
            box |= {"presentation": 1, "presentation_rect": [float(side) for side in shown]}
        self._boxes.append({"box": box})
        self._y += max(high + 10.0, PITCH)
        return name

    def object(self, text: str, inlets: int, outlets: int, **more: Any) -> str:
        """A box that is written: `route`, `prepend`, ..."""
        return self.add("newobj", inlets, outlets, text=text, **more)

    def message(self, text: str) -> str:
        """A message box."""
        return self.add("message", 2, 1, text=text)

    def comment(self, text: str, shown: Rect | None, colour: str, size: float, **more: Any) -> str:
        """A text; "set" changes it."""
        look = {"fontsize": size, "textcolor": rgba(colour), "textjustification": 1} | more
        return self.add("comment", 1, 0, shown, text=text, **look)

    def cord(self, source: str, outlet: int, target: str, inlet: int = 0) -> None:
        """A cord from an outlet to an inlet."""
        line = {"source": [source, outlet], "destination": [target, inlet]}
        self._cords.append({"patchline": line})

    def chain(self, *boxes: str) -> None:
        """Cords from first outlets to first inlets, one box after the other."""
        for source, target in itertools.pairwise(boxes):
            self.cord(source, 0, target)

    def plain(self) -> dict[str, Any]:
        """The patcher as Max reads it."""
        ground = rgba(colours.GROUND)
        return {
            "fileversion": 1,
            "appversion": {"major": 8, "minor": 6, "revision": 5, "architecture": "x64", "modernui": 1},
            "classnamespace": "box",
            "rect": [80.0, 80.0, *self._size],
            "bglocked": 0,
            "openinpresentation": int(self._presentation),
            "default_fontsize": 12.0,
            "default_fontface": 0,
            "default_fontname": "Arial",
            "gridonopen": 1,
            "gridsize": [10.0, 10.0],
            "gridsnaponopen": 1,
            "toolbarvisible": 1,
            "editing_bgcolor": ground if self._presentation else rgba("#d8dbe0"),
            "locked_bgcolor": ground if self._presentation else rgba("#e8eaee"),
            "boxes": self._boxes,
            "lines": self._cords,
        }  # fmt: skip


def written(patcher: Patcher) -> bytes:
    """The file: a line for each box and cord, so that changes can be compared."""
    text = _lines({"patcher": patcher.plain()}, "")
    return (text + "\n").encode()


def rgba(colour: str) -> list[float]:
    """A colour as Max has it: four shares from 0 to 1."""
    return [*colours.shares(colour), 1.0]


def _lines(value: Any, indent: str) -> str:
    if isinstance(value, dict) and ("patcher" in value or "boxes" in value):
        inside = ",\n".join(
            f"{indent} {json.dumps(key)}: {_lines(part, indent + ' ')}"
            for key, part in value.items()
        )
        return f"{{\n{inside}\n{indent}}}"
    if isinstance(value, dict) and "box" in value and "patcher" in value["box"]:
        return f'{{"box": {_lines(value["box"], indent)}}}'
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return (
            "[\n"
            + ",\n".join(f"{indent} {_lines(part, indent + ' ')}" for part in value)
            + f"\n{indent}]"
        )
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
