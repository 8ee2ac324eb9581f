"""What a finished Node-RED flow shows in its editor: `python -m perform.surfaces.node_red.reader FLOW.json` prints the
picture.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perform.surfaces import colours
from perform.surfaces.layout import Rect
from perform.surfaces.svg import DrawnItem, Screen, draw

GRID, HIGH, NARROWEST, LETTER, AROUND = 20.0, 30.0, 100.0, 7.0, 50.0  # as its editor makes nodes
MARGIN = 30.0
NO_NODES = ("tab", "mqtt-broker")
# of its palette: what begins, what goes through a broker, what changes a message, what shows it
_FILLS = {"inject": "#a6bbcf", "mqtt in": "#d8bfd8", "mqtt out": "#d8bfd8", "range": "#e2d96e",
          "change": "#e2d96e", "debug": "#87a980"}  # fmt: skip
Node = dict[str, Any]


def screens(data: bytes) -> list[Screen]:
    """The flow's tab: wires, and over them the nodes."""
    whole = json.loads(data)
    nodes = {node["id"]: node for node in whole if node["type"] not in NO_NODES}
    (tab,) = (node["label"] for node in whole if node["type"] == "tab")
    seen = [*_wires(nodes), *(_node(node) for node in nodes.values())]
    wide = max(thing.rect.x + thing.rect.w for thing in seen) + MARGIN
    high = max(thing.rect.y + thing.rect.h for thing in seen) + MARGIN
    return [Screen(tab, wide, high, tuple(seen))]


def _wires(nodes: dict[str, Node]) -> Iterator[DrawnItem]:
    for node in nodes.values():
        here = _rect(node)
        for target in (nodes[name] for port in node["wires"] for name in port):
            there = _rect(target)
            x, y = here.x + here.w, node["y"]
            yield DrawnItem("wire", Rect(x, y, there.x - x, target["y"] - y), fill=colours.QUIET)


def _node(node: Node) -> DrawnItem:
    if node["type"] == "comment":
        return DrawnItem("text", _rect(node), node["name"], ink=colours.QUIET, size=15.0)
    return DrawnItem("button", _rect(node), node["name"], _FILLS[node["type"]], colours.INK)


def _rect(node: Node) -> Rect:
    """A node stands around its x and y, on a grid, as wide as its name and an icon."""
    steps = -(-(len(node["name"]) * LETTER + AROUND) // GRID)
    wide = max(NARROWEST, steps * GRID)
    return Rect(node["x"] - wide / 2, node["y"] - HIGH / 2, wide, HIGH)


if __name__ == "__main__":
    print(draw(screens(Path(sys.argv[1]).read_bytes())), end="")
