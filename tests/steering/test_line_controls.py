"""Each control of a voice moves its own figure with the bundle of lines that ships by default."""

import pytest
from line_controls import CONTROLS, effect, play


@pytest.mark.long
@pytest.mark.parametrize("control", CONTROLS, ids=[each.name for each in CONTROLS])
def test_a_control_moves_its_figure_over_96_bars(control):
    """`tests/bench/controls.py` prints the figures of 200 bars."""
    found = effect(control, bars=96)
    if control.name == "weight/single":
        assert found.low > 0.99  # lines have one note at a time already
        assert found.high > 0.99
    else:
        assert found.p < 0.01, found


@pytest.mark.parametrize("name", ["weight/steps"])
def test_a_weight_chooses_among_lines(name):
    (control,) = [each for each in CONTROLS if each.name == name]
    found = effect(control, bars=24)
    assert found.high > found.low
    assert found.p < 0.01, found


def test_bars_that_a_weight_chooses_differ():
    bars = play("sideman", 24, **{"weight/steps": 1.0}).bars
    assert len(set(bars)) > 0.9 * len(bars)
