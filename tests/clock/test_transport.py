"""The transport: ticks to seconds and back, at any tempo."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.clock.transport import Transport


@pytest.mark.parametrize("tempo", [60.0, 133.0, 400.0])
def test_ticks_and_seconds_are_inverse_and_tempo_keeps_the_tick(tempo):
    transport = Transport(120.0)
    transport.start(10.0)
    assert transport.tick_at(11.0) == 960
    transport.set_tempo(tempo, 11.0)
    assert transport.tick_at(11.0) == 960
    for tick in (961, 5000, 123457):
        assert transport.tick_at(transport.time_of(tick)) == tick
    transport.stop(12.0)
    held = transport.tick_at(12.0)
    assert transport.tick_at(99.0) == held
    transport.resume(100.0)
    assert transport.tick_at(100.0) == held


@given(st.floats(-5000, 5000), st.floats(40, 300), st.floats(0, 30))
def test_a_transport_that_follows_a_line_does_not_jump_and_stays_on_it(distance, bpm, after):
    transport = Transport(120.0)
    transport.start(0.0)
    transport.follow(9600 + distance, 10.0, bpm, 10.0)
    ticks = [transport.tick_at(10.0 + step / 100) for step in range(1000)]
    rate = bpm * 8
    assert all(0.87 * rate / 100 - 1 <= b - a <= 1.13 * rate / 100 + 1 for a, b in pairwise(ticks))
    met = 10.0 + max(abs(distance) / 0.12, 480) / rate  # within a beat, or at 12 %
    tick = 9600 + distance + (met - 10.0 + after) * rate
    assert transport.tick_at(met + after) == pytest.approx(tick, abs=1.01)
    for tick in range(9600, 60000, 997):
        assert transport.tick_at(transport.time_of(tick)) == tick


def test_a_transport_that_continues_later_stands_still_until_then():
    transport = Transport(120.0)
    transport.start(0.0)
    transport.stop(1.0)
    transport.resume(1.5)
    assert [transport.tick_at(moment) for moment in (1.0, 1.4, 1.5, 2.0)] == [960, 960, 960, 1440]
    assert transport.time_of(1440) == 2.0
    transport.stop(2.0)
    transport.locate(3840)
    transport.resume(2.5)
    assert [transport.tick_at(moment) for moment in (2.0, 2.4, 2.5)] == [3839, 3839, 3840]
    transport.stop(2.1)
    transport.resume(3.0)
    assert [transport.tick_at(moment) for moment in (2.9, 3.0)] == [3839, 3840]
