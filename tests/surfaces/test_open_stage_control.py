"""The texts of a session of Open Stage Control, in windows of any shape."""

import json
import re

import pytest

from perform.config.schema import Rig
from perform.config.voices import VoiceConfig
from perform.inputs.kinds import InputsConfig
from perform.inputs.osc import OscInputConfig
from perform.surfaces import pages
from perform.surfaces.layout import Rect, place_items
from perform.surfaces.open_stage_control.arrangement import (
    SHAPES,
    SIDEWAYS,
    UPRIGHT,
    WIDE,
    arranged,
)
from perform.surfaces.open_stage_control.reader import text_size

# windows, and the smallest text in each: a monitor, a tablet and two telephones, both ways
WINDOWS = {
    (1280, 800): 10, (1024, 768): 9, (768, 1024): 9, (360, 640): 8, (390, 844): 9,
    (640, 360): 7, (844, 390): 8,
}  # fmt: skip
MEAN_LETTER = 0.58  # of Roboto and its substitutes, as a share of the size


def shape_of(width, height):
    if width <= height:
        return UPRIGHT
    return SIDEWAYS if height <= 520 else WIDE


def in_shape(widget, shape):
    """The size of a widget in its parent, as shares, and its CSS, in windows of a shape."""
    wide, *others = widget.get("css", "").split("@media ")
    css = next((it for it in others if it.startswith(f"{shape.media} ")), wide)
    moved = dict(re.findall(r" (width|height): ([\d.]+%) !important", css))
    sides = (moved.get(side) or widget.get(side, "100%") for side in ("width", "height"))
    return *(float(side.rstrip("%")) / 100 for side in sides), css


def texts_of(widget, shape, width, height):
    """Each text of a session in a window of this size: (text, its room, its size) in pixels."""
    across, down, css = in_shape(widget, shape)
    width, height = width * across, height * down
    if widget["type"] == "switch":
        rows = -(-len(widget["values"]) // widget["gridTemplate"])
        cell = width / widget["gridTemplate"], height / rows
        yield max(widget["values"], key=len), cell, css
    elif widget["type"] == "button":
        yield widget["label"], (width - 6, height - 6), css
    elif widget["type"] == "text" and widget["default"]:
        yield widget["default"], (width, height), css
    for child in (*widget.get("widgets", ()), *widget.get("tabs", ())):
        yield from texts_of(child, shape, width, height - 30 if child["type"] == "tab" else height)


@pytest.fixture(scope="module")
def content(root):
    return json.loads((root / "patches/open-stage-control/sideman.json").read_text())["content"]


@pytest.mark.parametrize("window", WINDOWS)
def test_no_text_is_cut_or_too_small_in_any_window(window, content):
    found = list(texts_of(content, shape_of(*window), *window))
    assert len(found) > 300
    for text, (width, height), css in found:
        size = text_size(css, *window)
        lines = 1 if len(text) * MEAN_LETTER * size <= width else 2
        assert len(text) * MEAN_LETTER * size <= 1.9 * width, text
        assert lines * size <= height + 1, text
        assert size >= WINDOWS[window], text


NAMES = [
    ("lead",),
    ("lead", "answer", "bass", "pad"),
    tuple(f"voice{number}" for number in range(9)),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("names", NAMES)
def test_every_item_has_its_place_in_windows_of_each_shape(shape, names):
    voices = tuple(VoiceConfig(name=name) for name in names)
    rig = Rig(inputs=InputsConfig(osc=OscInputConfig()), voices=voices)
    surface = pages.build_surface(rig, ("blues", "reels"))
    for page in (surface.bar, *surface.pages):
        height = shape.bar if page is surface.bar else shape.page
        placed = arranged(page, shape, height)
        assert [it._replace(grid=None) for it in placed.items] == [
            it._replace(grid=None) for it in page.items
        ]
        frame = Rect(0, 0, shape.width, height)
        rects = [rect for _, rect in place_items(placed, frame, shape.gap)]
        for number, one in enumerate(rects):
            assert min(one.w, one.h) > 7
            assert one.x >= 0
            assert one.y >= 0
            assert one.x + one.w <= shape.width
            assert one.y + one.h <= height
            for other in rects[:number]:
                beside = one.x >= other.x + other.w or other.x >= one.x + one.w
                assert beside or one.y >= other.y + other.h or other.y >= one.y + one.h
