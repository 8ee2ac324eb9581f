"""What a Node-RED flow shows in its editor.

    python -m perform.surfaces.node_red.reader FLOW.json

prints the picture of the flow as SVG.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perform.surfaces import colours
from perform.surfaces.layout import Rect
from perform.surfaces.svg import DrawnItem, Screen, draw

# the sizes of nodes in the editor, in pixels
GRID, NODE_HEIGHT, MIN_WIDTH, LETTER_WIDTH, PADDING = 20.0, 30.0, 100.0, 7.0, 50.0
MARGIN = 30.0
NOT_DRAWN = ("tab", "mqtt-broker")
# the editor's colours of nodes
_FILLS = {"inject": "#a6bbcf", "mqtt in": "#d8bfd8", "mqtt out": "#d8bfd8", "range": "#e2d96e",
          "change": "#e2d96e", "debug": "#87a980"}  # fmt: skip
Node = dict[str, Any]


def read_screens(data: bytes) -> list[Screen]:
    """The flow's tab: the nodes, above their wires."""
    whole = json.loads(data)
    nodes = {node["id"]: node for node in whole if node["type"] not in NOT_DRAWN}
    (tab,) = (node["label"] for node in whole if node["type"] == "tab")
    items = [*_wires(nodes), *(_node(node) for node in nodes.values())]
    width = max(item.rect.x + item.rect.w for item in items) + MARGIN
    height = max(item.rect.y + item.rect.h for item in items) + MARGIN
    return [Screen(tab, width, height, tuple(items))]


def _wires(nodes: dict[str, Node]) -> Iterator[DrawnItem]:
    for node in nodes.values():
        start = _rect(node)
        for target in (nodes[name] for port in node["wires"] for name in port):
            end = _rect(target)
            x, y = start.x + start.w, node["y"]
            yield DrawnItem("wire", Rect(x, y, end.x - x, target["y"] - y), fill=colours.QUIET)


def _node(node: Node) -> DrawnItem:
    if node["type"] == "comment":
        return DrawnItem("text", _rect(node), node["name"], ink=colours.QUIET, size=15.0)
    return DrawnItem("button", _rect(node), node["name"], _FILLS[node["type"]], colours.INK)


def _rect(node: Node) -> Rect:
    """The rectangle of a node: its x and y are the centre, its width fits its name and an icon."""
    steps = -(-(len(node["name"]) * LETTER_WIDTH + PADDING) // GRID)
    width = max(MIN_WIDTH, steps * GRID)
    return Rect(node["x"] - width / 2, node["y"] - NODE_HEIGHT / 2, width, NODE_HEIGHT)


if __name__ == "__main__":
    print(draw(read_screens(Path(sys.argv[1]).read_bytes())), end="")
