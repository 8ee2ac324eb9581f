"""A Max patcher under construction: boxes, cords, and a lane for each control."""

import itertools
import json
from typing import Any

from perform.surfaces import colours
from perform.surfaces.layout import Rect

LANE_HEIGHT, BOX_STEP, MARGIN, LANE_GAP = 420.0, 32.0, 30.0, 20.0
Box = dict[str, Any]
_HEIGHTS = {"comment": 20.0, "textbutton": 24.0, "live.slider": 110.0, "button": 24.0,
            "message": 22.0,         "newobj": 22.0, "inlet": 30.0, "outlet": 30.0}  # fmt: skip
_WIDTHS = {
    "live.slider": 40.0,
    "button": 24.0,
    "inlet": 30.0,
    "outlet": 30.0,
}  # other boxes: the lane's width


class Patcher:
    """Boxes and cords. A lane is a column; each new box goes below the one before."""

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
        self._lane_width, self._across = lane, across
        self._presentation = presentation
        self._boxes: list[Box] = []
        self._cords: list[dict[str, Any]] = []
        self._lanes = 0
        self._x, self._y = MARGIN, MARGIN

    def lane(self) -> None:
        """Begin a new lane."""
        row, column = divmod(self._lanes, self._across)
        self._x, self._y = (
            MARGIN + column * (self._lane_width + LANE_GAP),
            MARGIN + row * LANE_HEIGHT,
        )
        self._lanes += 1

    def add(
        self, maxclass: str, inlets: int, outlets: int, shown: Rect | None = None, **attributes: Any
    ) -> str:
        """The name of a new box, for cords.

        `shown`: its rectangle in presentation mode; without it the box is not shown there.
        """
        width, height = _WIDTHS.get(maxclass, self._lane_width), _HEIGHTS[maxclass]
        name = f"obj-{len(self._boxes) + 1}"
        box: Box = {"id": name, "maxclass": maxclass, "numinlets": inlets, "numoutlets": outlets}
        if outlets:
            box["outlettype"] = [""] * outlets
        box |= {"patching_rect": [self._x, self._y, width, height], **attributes}
        if shown is not None:
            box |= {"presentation": 1, "presentation_rect": [float(side) for side in shown]}
        self._boxes.append({"box": box})
        self._y += max(height + 10.0, BOX_STEP)
        return name

    def object(self, text: str, inlets: int, outlets: int, **more: Any) -> str:
        """An object box: `route`, `prepend`, ..."""
        return self.add("newobj", inlets, outlets, text=text, **more)

    def message(self, text: str) -> str:
        """A message box."""
        return self.add("message", 2, 1, text=text)

    def comment(self, text: str, shown: Rect | None, colour: str, size: float, **more: Any) -> str:
        """A text; the message "set" changes it."""
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

    def as_dict(self) -> dict[str, Any]:
        """The patcher in the form of Max's JSON files."""
        ground = rgba(colours.GROUND)
        return {
            "fileversion": 1,
            "appversion": {
                "major": 8, "minor": 6, "revision": 5, "architecture": "x64", "modernui": 1
            },
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


def to_file(patcher: Patcher) -> bytes:
    """The file, with a line for each box and cord, so that a diff shows what changed."""
    text = _lines({"patcher": patcher.as_dict()}, "")
    return (text + "\n").encode()


def rgba(colour: str) -> list[float]:
    """A colour as Max writes it: red, green, blue and alpha, each 0 to 1."""
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
