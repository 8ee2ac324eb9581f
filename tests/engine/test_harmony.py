"""The chart's cursor."""

from hypothesis import given
from hypothesis import strategies as st

from perform.engine.harmony import Harmony
from perform.music.chart import Chart
from perform.music.chord import parse_chord


@given(st.integers(1, 5), st.data())
def test_the_cursor_always_stands_on_a_bar_of_the_chart(length, data):
    bars = tuple(((0.0, parse_chord("C")),) for _ in range(length))
    first = data.draw(st.integers(0, length - 1))
    vamp = (first, data.draw(st.integers(first, length - 1)))
    harmony = Harmony()
    harmony.set_chart(Chart(bars, (vamp,)))
    for _ in range(30):
        if data.draw(st.booleans()):
            harmony.leave_vamp()
        assert harmony.chord_ahead(1) is not None or harmony.cursor < 0
        harmony.begin_bar()
        assert 0 <= harmony.cursor < length
