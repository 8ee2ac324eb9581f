"""The page about charts: every chart in it plays the bars that it shows."""

import code_blocks
import pytest
from code_blocks import ROOT

from perform.errors import ChartError, ChordError
from perform.music.chart import parse_chart
from perform.runtime.chart_events import unrolled

BLOCKS = [it for it in code_blocks.blocks(ROOT, "chart") if it.page.name == "CHARTS.md"]


def marked(block, sign):
    return [line[2:] for line in block.text.splitlines() if line.startswith(f"{sign} ")]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_chart_of_the_page_is_read_as_the_page_says(block):
    lines = block.text.splitlines()
    text = "\n".join(line for line in lines if line[:2] not in {"= ", "~ ", "! "})
    for message in marked(block, "!"):
        with pytest.raises((ChartError, ChordError)) as fault:
            parse_chart(text)
        assert str(fault.value).startswith(message)
        return
    chart = parse_chart(text)
    (bars,) = marked(block, "=")
    assert unrolled(chart).bars == parse_chart(bars).bars
    notes = "\n".join(chart.notes)
    said = marked(block, "~")
    assert all(note in notes for note in said), notes
    assert bool(said) == bool(notes), notes


def test_the_page_has_enough_examples():
    assert len(BLOCKS) >= 15
