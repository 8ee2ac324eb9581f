"""The texts of a session of Open Stage Control, in windows of any shape."""

import json

import pytest

from perform.surfaces.open_stage_control.reader import text_size

# windows: a monitor, a tablet and a telephone, both upright and on their sides
WINDOWS = [(1280, 800), (1024, 768), (768, 1024), (844, 390), (390, 844)]
MEAN_LETTER = 0.58  # of Roboto and its substitutes, as a share of the size


def texts_of(widget, width, height):
    """Each text of a session in a window of this size: (text, its room, its size) in pixels."""
    if widget["type"] != "root":
        width *= float(widget.get("width", "100%").rstrip("%")) / 100
        height *= float(widget.get("height", "100%").rstrip("%")) / 100
    css = widget.get("css", "")
    if widget["type"] == "switch":
        rows = -(-len(widget["values"]) // widget["gridTemplate"])
        cell = width / widget["gridTemplate"], height / rows
        yield max(widget["values"], key=len), cell, css
    elif widget["type"] == "button":
        yield widget["label"], (width - 6, height - 6), css
    elif widget["type"] == "text" and widget["default"]:
        yield widget["default"], (width, height), css
    for child in (*widget.get("widgets", ()), *widget.get("tabs", ())):
        yield from texts_of(child, width, height - 30 if child["type"] == "tab" else height)


@pytest.mark.parametrize("window", WINDOWS)
def test_no_text_is_cut_in_any_window(window, root):
    session = json.loads((root / "patches/open-stage-control/sideman.json").read_text())
    found = list(texts_of(session["content"], *window))
    assert len(found) > 300
    for text, (width, height), css in found:
        size = text_size(css, *window)
        lines = 1 if len(text) * MEAN_LETTER * size <= width else 2
        assert len(text) * MEAN_LETTER * size <= 1.9 * width, text
        assert lines * size <= height + 1, text
