"""What chart and key say of a chord that is played now."""

import pytest

from perform.engine.engine import Engine
from perform.engine.harmony import EARLY_CHORD_TICKS
from perform.engine.key import parse_key
from perform.engine.voicing import VoiceSettings
from perform.events import ChartChanged, ChordChanged, KeyChanged, TransportChanged
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord

BAR = 1920


@pytest.fixture
def engine():
    engine = Engine([VoiceSettings(name="lead")])
    engine.handle(ChartChanged(parse_chart("Dm7 G7 | Cmaj7 | %"), "Dm7 G7 | Cmaj7 | %"), 0)
    return engine


def charted(engine, tick):
    engine.advance(tick)
    return [chord.symbol for chord in engine.hints(tick).chart]


def test_before_the_start_the_first_chord_of_the_chart_is_expected(engine):
    assert charted(engine, 0) == ["Dm7"]


@pytest.mark.parametrize(
    ("tick", "chords"),
    [
        (0, ["Dm7"]),
        (BAR // 2 - EARLY_CHORD_TICKS, ["Dm7", "G7"]),
        (BAR // 2, ["G7"]),
        (BAR - EARLY_CHORD_TICKS - 1, ["G7"]),
        (BAR - 1, ["G7", "Cmaj7"]),
        (BAR, ["Cmaj7"]),
        (2 * BAR + 5, ["Cmaj7"]),
        (3 * BAR - 1, ["Cmaj7", "Dm7"]),
    ],
)
def test_a_chord_just_before_a_change_may_be_the_next_one_of_the_chart(engine, tick, chords):
    engine.handle(TransportChanged("start"), 0)
    assert charted(engine, tick) == chords


def test_what_is_played_does_not_change_what_the_chart_says(engine):
    engine.handle(TransportChanged("start"), 0)
    engine.handle(ChordChanged(parse_chord("F#7")), 0)
    assert charted(engine, 10) == ["Dm7"]


def test_without_a_chart_the_key_remains():
    engine = Engine([VoiceSettings(name="lead")])
    assert engine.hints(0).chart == ()
    engine.handle(KeyChanged(parse_key("F"), "F"), 0)
    assert engine.hints(0).key == parse_key("F")
