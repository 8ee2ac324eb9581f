"""Starts of every kind: no bar is missed, and nothing stays of what was to come before."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.engine.engine import Engine
from perform.engine.metre import COMMON, parse_metre
from perform.engine.settings import EngineSettings
from perform.engine.voicing import VoiceSettings
from perform.events import (
    Beat,
    ChartChanged,
    ChordChanged,
    ChordSounds,
    KeyChanged,
    MetreChanged,
    ModelChanged,
    NoteMessage,
    ParameterChanged,
    PhraseJudged,
    PhraseMissed,
    PhraseReady,
    PhraseRequested,
    SnapshotRecalled,
    SnapshotStored,
    SongPositionChanged,
    StateChanged,
    TransportChanged,
    TransportMessage,
)
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.music.note import Note

BAR, BEAT = 1920, 480
C = ChordChanged(parse_chord("C"))
CANNED = (Note(0, 240, 72), Note(960, 240, 72))


class Stage:
    """An engine whose bars come when they are asked for, or as late as they are held back."""

    def __init__(self, metre=COMMON, **voice):
        voice = {
            "name": "lead",
            "form": "ABCD",
            "fit": "shift",
            "parameters": {"land": 0.0},
            **voice,
        }
        self.engine = Engine([VoiceSettings(**voice)], EngineSettings(fallback=CANNED, metre=metre))
        self.asked, self.outputs, self.late = [], [], False
        self._put(self.engine.prepare())

    def handle(self, event, tick=0):
        self._put(self.engine.advance(tick))
        self._put(self.engine.handle(event, tick))

    def advance(self, tick):
        while (due := self.engine.next_deadline()) is not None and due <= tick:
            self._put(self.engine.advance(due))

    def _put(self, outputs):
        for output in outputs:
            if not isinstance(output, PhraseRequested):
                self.outputs.append(output)
                continue
            self.asked.append(output)
            if not self.late:
                bar = tuple(Note(beat * BEAT, 240, 60 + output.bar) for beat in range(4))
                self._put(
                    self.engine.handle(PhraseReady("lead", output.bar, bar), self.engine._tick)
                )

    def take(self, kind):
        """What was put out of a kind since the last time."""
        taken = [o for o in self.outputs if isinstance(o, kind)]
        self.outputs = [o for o in self.outputs if not isinstance(o, kind)]
        return taken

    def struck(self):
        return [(s.tick, s.pitch) for s in self.take(NoteMessage) if s.velocity]


def rolling(tick, **voice):
    stage = Stage(**voice)
    stage.handle(C)
    stage.handle(TransportChanged("start"))
    stage.advance(tick)
    stage.handle(C, tick)
    stage.take(NoteMessage)
    return stage


FIRST_BARS = [(bar * BAR + beat * BEAT, 60 + bar) for bar in (0, 1) for beat in range(4)]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("tick", [100, 5 * BAR + 700, 5 * BAR - 10])
def test_a_start_after_the_first_begins_with_the_first_bars(tick, stopped, late):
    stage = rolling(tick)
    stage.late = late  # whoever makes bars has no time for more
    if stopped:
        stage.handle(TransportChanged("stop"), tick)
    stage.handle(TransportChanged("start"))
    stage.advance(2 * BAR - 30)
    assert stage.struck() == FIRST_BARS
    assert not stage.take(PhraseMissed)


def test_a_start_on_the_way_begins_with_the_model_of_now():
    stage = rolling(3 * BAR + 100)
    stage.handle(ModelChanged("lead", "reels"), 3 * BAR + 100)
    stage.advance(3 * BAR + 700)
    stage.asked.clear()
    stage.late = True
    stage.handle(TransportChanged("start"), 3 * BAR + 700)
    assert [(wanted.bar, wanted.model) for wanted in stage.asked] == [(0, "reels"), (1, "reels")]
    stage.advance(BAR - 30)
    assert {pitch for _, pitch in stage.struck()} == {
        63
    }  # the bar that played, not the old first one


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("inside", [0, 1, 479, 480, 700, 1439, 1900])
def test_going_on_from_another_place_plays_the_rest_of_its_bar(inside, late):
    stage = rolling(700)
    stage.handle(TransportChanged("stop"), 700)
    stage.late = late
    stage.handle(SongPositionChanged(6 * BAR + inside), 700)
    stage.handle(TransportChanged("continue"), 6 * BAR + inside)
    stage.advance(7 * BAR - 30)
    beats = [6 * BAR + beat * BEAT for beat in range(4) if beat * BEAT >= inside]
    assert [tick for tick, _ in stage.struck()] == beats
    assert [beat.tick for beat in stage.take(Beat)][-len(beats) :] == beats or not beats
    if not late:
        assert {wanted.bar for wanted in stage.asked} >= {6, 7}
        assert not stage.take(PhraseMissed)


def test_the_first_bar_sounds_when_its_phrase_is_late():
    stage = Stage()
    late = Stage()
    late.engine = Engine([VoiceSettings(name="lead")], EngineSettings(fallback=CANNED))
    late.late = True
    for event in (C, TransportChanged("start")):
        late.handle(event)
    late.advance(BAR - 30)
    assert [tick for tick, _ in late.struck()] == [0, 960]
    assert [missed.substitute for missed in late.take(PhraseMissed)] == ["canned"]
    assert not stage.take(PhraseMissed)


def test_going_on_where_it_stopped_goes_on_with_the_bars_that_are_there():
    stage = rolling(3 * BAR + 500)
    stage.handle(TransportChanged("stop"), 3 * BAR + 500)
    stage.late = True
    stage.handle(TransportChanged("continue"), 3 * BAR + 500)
    stage.advance(5 * BAR - 30)
    begun = [3 * BAR + 960, 3 * BAR + 1440]
    assert stage.struck() == [(tick, 63) for tick in begun] + [
        (4 * BAR + b * BEAT, 64) for b in range(4)
    ]
    assert stage.handle(TransportChanged("continue"), 5 * BAR - 30) is None
    assert [o.action for o in stage.take(TransportMessage)] == ["start", "stop", "continue"]


@given(st.integers(0, 6 * BAR), st.integers(0, 6 * BAR), st.booleans())
@settings(max_examples=60)
def test_nothing_of_what_was_to_come_stays_when_time_goes_back(left, to, located):
    stage = rolling(left)
    stage.handle(TransportChanged("stop"), left)
    stage.take(Beat)
    here = to if located else 0
    if located:
        stage.handle(SongPositionChanged(to), left)
    stage.handle(TransportChanged("continue" if located else "start"), here)
    stage.advance(here + 2 * BAR)
    beats = stage.take(Beat)
    first = -(-here // BEAT) * BEAT
    assert [b.tick for b in beats] == list(range(first, here + 2 * BAR + 1, BEAT))
    assert all((b.bar, b.beat) == divmod(b.tick // BEAT, 4) for b in beats)
    assert [(tick, pitch) for tick, pitch in stage.struck() if tick < here + BAR] == [
        (tick, 60 + tick // BAR) for tick in range(first, here + BAR, BEAT)
    ]


def test_a_chart_is_taken_up_where_the_song_stands():
    stage = Stage()
    stage.handle(ChartChanged(parse_chart("C | Dm7 G7 | Em7 | % A7")))
    told = lambda: [(o.tick, o.symbol) for o in stage.take(ChordSounds)]  # noqa: E731
    stage.handle(TransportChanged("start"))
    stage.advance(100)
    stage.handle(TransportChanged("stop"), 100)
    assert told() == [(0, "C")]
    stage.handle(SongPositionChanged(5 * BAR + 1200), 100)
    stage.handle(TransportChanged("continue"), 5 * BAR + 1200)
    stage.advance(7 * BAR + 960)
    assert [symbol for _, symbol in told()][-3:] == ["G7", "Em7", "A7"]
    cursors = [o.value for o in stage.take(StateChanged) if o.address == "/chart/bar"]
    assert cursors[-3:] == [1, 2, 3]
    stage.handle(TransportChanged("stop"), 7 * BAR + 970)
    stage.handle(TransportChanged("start"))
    stage.advance(BAR)
    assert told() == [(0, "C"), (BAR, "Dm7")]


def test_bars_of_a_chart_are_asked_for_over_its_chords_from_the_first_on():
    stage = Stage(parameters={"weight/chord-tones": 1.0})
    stage.handle(
        KeyChanged(frozenset())
    )  # where the chords tell the key, it is known only the second time
    stage.handle(ChartChanged(parse_chart("Cm | F7 | Bbmaj7 | Eb")))
    tones = {wanted.bar: wanted.steering.tones for wanted in stage.asked if wanted.steering}
    assert tones == {0: (0, 3, 7), 1: (0, 4, 7, 10)}
    stage.handle(TransportChanged("start"))
    stage.advance(2 * BAR + 100)
    stage.asked.clear()
    stage.handle(TransportChanged("stop"), 2 * BAR + 100)
    assert not stage.asked  # the first bars are at hand, over the chords that they will have


@pytest.mark.parametrize("tick", [None, 100, 2 * BAR + 700])
@pytest.mark.parametrize(
    "event",
    [
        ParameterChanged("lead", "weight/steps", 0.8),
        ParameterChanged(None, "target/density", 0.9),
        ModelChanged("lead", "reels"),
        KeyChanged(frozenset({0, 2, 4, 5, 7, 9, 10})),
        PhraseJudged("lead", False),
        SnapshotRecalled("bright"),
    ],
)
@pytest.mark.parametrize("action", ["start", "continue"])
def test_what_is_turned_while_stopped_reaches_the_first_bar(tick, event, action):
    stage = Stage(parameters={"weight/chord-tones": 0.5})
    stage.handle(C)
    stage.handle(ParameterChanged(None, "target/register", 0.9))
    stage.handle(SnapshotStored("bright"))
    stage.handle(ParameterChanged(None, "target/register", 0.1))
    if tick is not None:
        stage.handle(TransportChanged("start"))
        stage.advance(tick)
        stage.handle(TransportChanged("stop"), tick)
    stage.asked.clear()
    stage.handle(event, tick or 0)
    first = (0 if tick is None else tick // BAR + 1) if action == "continue" else 0
    asked = [wanted for wanted in stage.asked if wanted.bar == first]
    assert len(asked) == 1
    stage.asked.clear()
    stage.handle(TransportChanged(action), tick or 0 if action == "continue" else 0)
    stage.advance((first + 1) * BAR + 100 if action == "continue" else 100)
    assert not [wanted for wanted in stage.asked if wanted.bar <= first]
    assert not stage.take(PhraseMissed)


def test_a_chord_while_stopped_reaches_the_first_bar_and_the_first_chord_keeps_nobody_waiting():
    stage = Stage(parameters={"weight/chord-tones": 0.5})
    stage.asked.clear()
    stage.handle(C)
    assert not stage.asked  # it may start the music
    stage.handle(TransportChanged("start"))
    stage.advance(100)
    stage.handle(TransportChanged("stop"), 100)
    stage.asked.clear()
    stage.handle(ChordChanged(parse_chord("Fm7")), 100)
    assert {w.steering.tones for w in stage.asked if w.bar == 0} == {(0, 3, 7, 10)}


def test_turning_back_and_forth_while_stopped_asks_for_the_latest():
    stage = Stage()
    stage.handle(C)
    for step in range(5):
        stage.handle(ParameterChanged("lead", "weight/steps", step / 10))
    assert [w.steering.weights[7] if w.steering else 0 for w in stage.asked if w.bar == 0][-1] > 0
    asked = len(stage.asked)
    stage.handle(ParameterChanged("lead", "swing", 0.5))  # nothing that a bar is made by
    assert len(stage.asked) == asked


def test_faders_that_move_while_stopped_ask_for_no_more_than_is_made():
    stage = Stage()
    stage.handle(C)
    stage.late = True
    stage.asked.clear()
    for step in range(1, 200):
        stage.handle(ParameterChanged("lead", "weight/steps", step / 200))
    assert sorted(wanted.bar for wanted in stage.asked) == [0, 1]
    for bar in (0, 1):  # what comes was for the first of it, so the last is asked for
        stage.handle(PhraseReady("lead", bar, CANNED))
    assert sorted(wanted.bar for wanted in stage.asked) == [0, 0, 1, 1]
    assert {max(wanted.steering.weights) for wanted in stage.asked[2:]} == {199 / 200}
    for bar in (0, 1):
        stage.handle(PhraseReady("lead", bar, CANNED))
    assert len(stage.asked) == 4


def test_a_metre_that_changed_while_stopped_holds_from_the_first_bar():
    stage = rolling(700)
    stage.handle(TransportChanged("stop"), 700)
    stage.handle(MetreChanged(*parse_metre("3/4")), 700)
    stage.take(Beat)
    stage.handle(TransportChanged("start"))
    stage.advance(1440)
    assert [(b.tick, b.bar, b.beat) for b in stage.take(Beat)] == [
        (0, 0, 0), (480, 0, 1), (960, 0, 2), (1440, 1, 0),
    ]  # fmt: skip
