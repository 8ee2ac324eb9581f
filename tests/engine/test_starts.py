"""Starts of every kind: no bar is missed, and nothing of the schedule before remains."""

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


class Performance:
    """An engine whose requests are answered at once, or not at all while `late`."""

    def __init__(self, metre=COMMON, **voice):
        voice = {
            "name": "lead",
            "form": "ABCD",
            "fit": "shift",
            "parameters": {"land": 0.0},
            **voice,
        }
        self.engine = Engine([VoiceSettings(**voice)], EngineSettings(fallback=CANNED, metre=metre))
        self.requests, self.outputs, self.late = [], [], False
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
            self.requests.append(output)
            if not self.late:
                bar = tuple(Note(beat * BEAT, 240, 60 + output.bar) for beat in range(4))
                self._put(
                    self.engine.handle(PhraseReady("lead", output.bar, bar), self.engine._tick)
                )

    def take(self, kind):
        """The outputs of a kind since the last call."""
        taken = [o for o in self.outputs if isinstance(o, kind)]
        self.outputs = [o for o in self.outputs if not isinstance(o, kind)]
        return taken

    def note_ons(self):
        return [(s.tick, s.pitch) for s in self.take(NoteMessage) if s.velocity]


def started(tick, **voice):
    performance = Performance(**voice)
    performance.handle(C)
    performance.handle(TransportChanged("start"))
    performance.advance(tick)
    performance.handle(C, tick)
    performance.take(NoteMessage)
    return performance


FIRST_BARS = [(bar * BAR + beat * BEAT, 60 + bar) for bar in (0, 1) for beat in range(4)]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("tick", [100, 5 * BAR + 700, 5 * BAR - 10])
def test_every_start_begins_with_the_first_bars(tick, stopped, late):
    performance = started(tick)
    performance.late = late  # no more requests are answered
    if stopped:
        performance.handle(TransportChanged("stop"), tick)
    performance.handle(TransportChanged("start"))
    performance.advance(2 * BAR - 30)
    assert performance.note_ons() == FIRST_BARS
    assert not performance.take(PhraseMissed)


def test_a_start_while_running_uses_the_current_model():
    performance = started(3 * BAR + 100)
    performance.handle(ModelChanged("lead", "reels"), 3 * BAR + 100)
    performance.advance(3 * BAR + 700)
    performance.requests.clear()
    performance.late = True
    performance.handle(TransportChanged("start"), 3 * BAR + 700)
    assert [(request.bar, request.model) for request in performance.requests] == [
        (0, "reels"),
        (1, "reels"),
    ]
    performance.advance(BAR - 30)
    # the bar that played, not the first bar of the old model
    assert {pitch for _, pitch in performance.note_ons()} == {63}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("inside", [0, 1, 479, 480, 700, 1439, 1900])
def test_a_continue_inside_a_bar_plays_the_rest_of_it(inside, late):
    performance = started(700)
    performance.handle(TransportChanged("stop"), 700)
    performance.late = late
    performance.handle(SongPositionChanged(6 * BAR + inside), 700)
    performance.handle(TransportChanged("continue"), 6 * BAR + inside)
    performance.advance(7 * BAR - 30)
    beats = [6 * BAR + beat * BEAT for beat in range(4) if beat * BEAT >= inside]
    assert [tick for tick, _ in performance.note_ons()] == beats
    assert [beat.tick for beat in performance.take(Beat)][-len(beats) :] == beats or not beats
    if not late:
        assert {request.bar for request in performance.requests} >= {6, 7}
        assert not performance.take(PhraseMissed)


def test_the_first_bar_sounds_when_its_phrase_is_late():
    performance = Performance()
    late = Performance()
    late.engine = Engine([VoiceSettings(name="lead")], EngineSettings(fallback=CANNED))
    late.late = True
    for event in (C, TransportChanged("start")):
        late.handle(event)
    late.advance(BAR - 30)
    assert [tick for tick, _ in late.note_ons()] == [0, 960]
    assert [missed.substitute for missed in late.take(PhraseMissed)] == ["canned"]
    assert not performance.take(PhraseMissed)


def test_a_continue_after_a_stop_plays_the_received_bars():
    performance = started(3 * BAR + 500)
    performance.handle(TransportChanged("stop"), 3 * BAR + 500)
    performance.late = True
    performance.handle(TransportChanged("continue"), 3 * BAR + 500)
    performance.advance(5 * BAR - 30)
    begun = [3 * BAR + 960, 3 * BAR + 1440]
    assert performance.note_ons() == [(tick, 63) for tick in begun] + [
        (4 * BAR + b * BEAT, 64) for b in range(4)
    ]
    assert performance.handle(TransportChanged("continue"), 5 * BAR - 30) is None
    assert [o.action for o in performance.take(TransportMessage)] == ["start", "stop", "continue"]


@given(st.integers(0, 6 * BAR), st.integers(0, 6 * BAR), st.booleans())
@settings(max_examples=60)
def test_nothing_of_the_old_schedule_remains_after_a_jump_back(left, to, located):
    performance = started(left)
    performance.handle(TransportChanged("stop"), left)
    performance.take(Beat)
    here = to if located else 0
    if located:
        performance.handle(SongPositionChanged(to), left)
    performance.handle(TransportChanged("continue" if located else "start"), here)
    performance.advance(here + 2 * BAR)
    beats = performance.take(Beat)
    first = -(-here // BEAT) * BEAT
    assert [b.tick for b in beats] == list(range(first, here + 2 * BAR + 1, BEAT))
    assert all((b.bar, b.beat) == divmod(b.tick // BEAT, 4) for b in beats)
    assert [(tick, pitch) for tick, pitch in performance.note_ons() if tick < here + BAR] == [
        (tick, 60 + tick // BAR) for tick in range(first, here + BAR, BEAT)
    ]


def test_a_chart_continues_at_the_song_position():
    performance = Performance()
    performance.handle(ChartChanged(parse_chart("C | Dm7 G7 | Em7 | % A7")))
    chords = lambda: [(o.tick, o.symbol) for o in performance.take(ChordSounds)]  # noqa: E731
    performance.handle(TransportChanged("start"))
    performance.advance(100)
    performance.handle(TransportChanged("stop"), 100)
    assert chords() == [(0, "C")]
    performance.handle(SongPositionChanged(5 * BAR + 1200), 100)
    performance.handle(TransportChanged("continue"), 5 * BAR + 1200)
    performance.advance(7 * BAR + 960)
    assert [symbol for _, symbol in chords()][-3:] == ["G7", "Em7", "A7"]
    cursors = [o.value for o in performance.take(StateChanged) if o.address == "/chart/bar"]
    assert cursors[-3:] == [1, 2, 3]
    performance.handle(TransportChanged("stop"), 7 * BAR + 970)
    performance.handle(TransportChanged("start"))
    performance.advance(BAR)
    assert chords() == [(0, "C"), (BAR, "Dm7")]


def test_bars_of_a_chart_are_requested_over_its_chords_from_the_first_on():
    performance = Performance(parameters={"weight/chord-tones": 1.0})
    performance.handle(
        KeyChanged(frozenset())
    )  # a key that the chords decide is not known at first
    performance.handle(ChartChanged(parse_chart("Cm | F7 | Bbmaj7 | Eb")))
    tones = {
        request.bar: request.steering.tones for request in performance.requests if request.steering
    }
    assert tones == {0: (0, 3, 7), 1: (0, 4, 7, 10)}
    performance.handle(TransportChanged("start"))
    performance.advance(2 * BAR + 100)
    performance.requests.clear()
    performance.handle(TransportChanged("stop"), 2 * BAR + 100)
    assert not performance.requests  # the first bars are there, over their chords


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
def test_a_change_while_stopped_applies_to_the_first_bar(tick, event, action):
    performance = Performance(parameters={"weight/chord-tones": 0.5})
    performance.handle(C)
    performance.handle(ParameterChanged(None, "target/register", 0.9))
    performance.handle(SnapshotStored("bright"))
    performance.handle(ParameterChanged(None, "target/register", 0.1))
    if tick is not None:
        performance.handle(TransportChanged("start"))
        performance.advance(tick)
        performance.handle(TransportChanged("stop"), tick)
    performance.requests.clear()
    performance.handle(event, tick or 0)
    first = (0 if tick is None else tick // BAR + 1) if action == "continue" else 0
    assert [request.bar for request in performance.requests].count(first) == 1
    performance.requests.clear()
    performance.handle(TransportChanged(action), tick or 0 if action == "continue" else 0)
    performance.advance((first + 1) * BAR + 100 if action == "continue" else 100)
    assert not [request for request in performance.requests if request.bar <= first]
    assert not performance.take(PhraseMissed)


def test_a_chord_while_stopped_applies_to_the_first_bar_but_the_first_chord_requests_nothing():
    performance = Performance(parameters={"weight/chord-tones": 0.5})
    performance.requests.clear()
    performance.handle(C)
    assert not performance.requests  # it may start the music
    performance.handle(TransportChanged("start"))
    performance.advance(100)
    performance.handle(TransportChanged("stop"), 100)
    performance.requests.clear()
    performance.handle(ChordChanged(parse_chord("Fm7")), 100)
    assert {w.steering.tones for w in performance.requests if w.bar == 0} == {(0, 3, 7, 10)}


def test_changes_back_and_forth_while_stopped_request_the_latest():
    performance = Performance()
    performance.handle(C)
    for step in range(5):
        performance.handle(ParameterChanged("lead", "weight/steps", step / 10))
    assert [w.steering.weights[7] if w.steering else 0 for w in performance.requests if w.bar == 0][
        -1
    ] > 0
    count = len(performance.requests)
    performance.handle(ParameterChanged("lead", "swing", 0.5))  # requests do not depend on it
    assert len(performance.requests) == count


def test_faders_that_move_while_stopped_have_one_open_request_a_bar():
    performance = Performance()
    performance.handle(C)
    performance.late = True
    performance.requests.clear()
    for step in range(1, 200):
        performance.handle(ParameterChanged("lead", "weight/steps", step / 200))
    assert sorted(request.bar for request in performance.requests) == [0, 1]
    for bar in (0, 1):  # the answer to the first move makes a request for the last
        performance.handle(PhraseReady("lead", bar, CANNED))
    assert sorted(request.bar for request in performance.requests) == [0, 0, 1, 1]
    assert {max(request.steering.weights) for request in performance.requests[2:]} == {199 / 200}
    for bar in (0, 1):
        performance.handle(PhraseReady("lead", bar, CANNED))
    assert len(performance.requests) == 4


def test_a_metre_set_while_stopped_holds_from_the_first_bar():
    performance = started(700)
    performance.handle(TransportChanged("stop"), 700)
    performance.handle(MetreChanged(*parse_metre("3/4")), 700)
    performance.take(Beat)
    performance.handle(TransportChanged("start"))
    performance.advance(1440)
    assert [(b.tick, b.bar, b.beat) for b in performance.take(Beat)] == [
        (0, 0, 0), (480, 0, 1), (960, 0, 2), (1440, 1, 0),
    ]  # fmt: skip
