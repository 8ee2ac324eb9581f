"""Charts as timed events."""

from perform.music.chart import parse_chart
from perform.runtime.chart_events import BLUES, chord_events, unrolled


def symbols(text):
    changes = chord_events(unrolled(parse_chart(text)))
    return [(tick, c.chord.symbol if c.chord else "N.C.") for tick, c in changes]


def test_chords_begin_on_their_beats():
    assert symbols("C7 | F7 % | N.C. |\n Dm7 G7 Am7") == [
        (0, "C7"), (1920, "F7"), (3840, "N.C."), (5760, "Dm7"), (6720, "G7"), (7200, "Am7"),
    ]  # fmt: skip
    assert len(parse_chart(BLUES).bars) == 12


def test_an_unrolled_chart_has_its_repeats_twice():
    assert [chord for _, chord in symbols("C |: F | G :| Am")] == ["C", "F", "G", "F", "G", "Am"]
    assert len(unrolled(parse_chart("C | F :|")).bars) == 4
    assert symbols("|: C | % :|") == [(0, "C"), (3840, "C")]
