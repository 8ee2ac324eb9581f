"""Tap tempo."""

import pytest

from perform.clock.tap_tempo import TapTempo


def test_taps_give_their_median_tempo_and_a_pause_begins_anew():
    taps = TapTempo()
    assert taps.tap(0.0) is None
    assert taps.tap(0.5) == pytest.approx(120)
    assert taps.tap(1.04) == pytest.approx(60 / 0.52)
    assert taps.tap(1.5) == pytest.approx(120)
    assert taps.tap(9.0) is None
    assert taps.tap(9.001) is None  # a bounce of the pad
