"""Mistakes of players and programs in any order: no note hangs, none is too late, no bar is silent.

`tests/real/test_mistakes.py` plays such sessions on real ports.
"""

import asyncio

import pytest
from counted import CLICKS
from hypothesis import given, settings
from hypothesis import strategies as st
from stages import Stage

from perform.clock.transport import TempoLine
from perform.engine.click import CLICK, CLICK_TIMES
from perform.engine.metre import parse_metre
from perform.engine.parameters import PARAMETERS
from perform.events import (
    AllNotesOff,
    Beat,
    ChartChanged,
    ChordChanged,
    ChordReleased,
    ClickChanged,
    ClockPulse,
    CountInChanged,
    MetreChanged,
    ModeChanged,
    ModelChanged,
    NoteMessage,
    Panic,
    ParameterChanged,
    PhraseJudged,
    PlayerNoteOff,
    PlayerNoteOn,
    SnapshotRecalled,
    SnapshotStored,
    TempoChanged,
    TempoTapped,
    TransportChanged,
    TransportMessage,
    TurnLengthChanged,
    VampLeft,
    VoiceMuted,
    VoiceSoloed,
)
from perform.inputs.midi_clock import ClockReader
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.outputs.clock_messages import ClockMessages

CHORDS = [parse_chord(symbol) for symbol in ("C7", "F#m7b5", "Bbmaj7", "Gsus4")]
CHARTS = ("Dm7 | G7 | C", "|: Am7 :| F", "C | F", "Dm7 | |: G7 :|")
FAST = 350.0  # bent towards a leader, it is still a tempo that a MIDI clock can have
RESTS = {"space", "share"}  # who turns these asks for silence
KNOBS = sorted(set(PARAMETERS) - RESTS)


def chart(text):
    return ChartChanged(parse_chart(text), text)


# Events of which none asks the bass to be silent.
EVENTS = st.one_of(
    st.sampled_from(CHORDS).map(ChordChanged),
    st.sampled_from(CHARTS).map(chart),
    st.sampled_from(["3/4", "4/4", "7/8", "2/4"]).map(lambda it: MetreChanged(*parse_metre(it))),
    st.sampled_from(["start", "stop", "continue"]).map(TransportChanged),
    st.floats(60, FAST).map(TempoChanged),
    st.sampled_from([
        Panic(), TempoTapped(), VampLeft(), ChordReleased(), SnapshotStored("A"),
        SnapshotRecalled("A"), PhraseJudged(None, True), PhraseJudged(None, False),
        VoiceMuted("lead", True), VoiceMuted("lead", False), VoiceSoloed("bass", True),
        VoiceSoloed("bass", False), ModelChanged(None, "another"), PlayerNoteOn(67, 90),
        PlayerNoteOff(67), TurnLengthChanged(None, 1), TurnLengthChanged("lead", 5),
    ]),
    st.builds(
        lambda mode, bars: ModeChanged("lead", mode, bars),
        st.sampled_from(["flow", "answer", "trade", "hold"]), st.integers(1, 4),
    ),
    st.builds(
        lambda voice, knob, share: ParameterChanged(
            voice, knob.name, knob.low + share * (knob.high - knob.low)
        ),
        st.sampled_from([None, "lead", "bass"]), st.sampled_from(KNOBS).map(PARAMETERS.get),
        st.floats(0, 1),
    ),
)  # fmt: skip
CLOCKS = st.tuples(st.sampled_from(["locate", "start", "continue"]), st.integers(0, 7))
COUNTED = st.one_of(
    st.integers(0, 2).map(CountInChanged),
    st.sampled_from(CLICK_TIMES).map(ClickChanged),
    st.sampled_from(["start", "stop", "continue"]).map(TransportChanged),
    st.sampled_from([Panic(), TempoTapped(), ("stall", 0.5), ("stall", 2.5), ("start", 0)]),
    st.sampled_from(["3/4", "4/4", "7/8"]).map(lambda it: MetreChanged(*parse_metre(it))),
    st.floats(60, 240).map(TempoChanged),
)
MISTAKES = st.lists(
    st.tuples(
        st.one_of(
            EVENTS,
            EVENTS,
            st.lists(EVENTS, min_size=2, max_size=30),  # a flood
            st.floats(0.05, 9.0).map(lambda seconds: ("stall", seconds)),
            CLOCKS,
            st.floats(-3000, 3000).map(lambda ticks: ("follow", ticks)),  # a clock that jumps
            st.booleans().map(lambda answers: ("answers", answers)),
        ),
        st.floats(0.0, 3.0),
    ),
    min_size=1,
    max_size=8,
)


def act(stage, mistake):
    conductor = stage.conductor
    if isinstance(mistake, list):
        for event in mistake:
            conductor.handle_event(event)
        return
    if not isinstance(mistake, tuple) or hasattr(mistake, "_fields"):
        conductor.handle_event(mistake)
        return
    name, value = mistake
    now, bpm = stage.clock.now(), stage.transport.bpm
    if name == "stall":
        stage.clock.advance(value)
        conductor._on_alarm()
    elif name == "follow":
        position = stage.transport.position_at(now)
        conductor.follow_clock(TempoLine(position + value, now, bpm))
    elif name == "answers":
        stage.answers = value
    else:
        conductor.start_with_clock(TempoLine(1920.0 * value, now, bpm), name)


async def played(mistakes):
    stage = Stage(idle=True, settings={"click": CLICKS})
    stage.conductor.handle_event(ChordChanged(parse_chord("C7")))
    await stage.play(1.1)
    for mistake, seconds in mistakes:
        act(stage, mistake)
        await stage.play(seconds)
    stage.answers = True
    if stage.transport.position_at(stage.clock.now()) < 0:
        act(stage, TransportChanged("stop"))  # of a count-in
    act(stage, [TransportChanged("continue"), MetreChanged(*parse_metre("4/4"))])
    await stage.play(2.5)
    act(stage, TempoChanged(120.0))
    await stage.play(2.5)
    ticks = stage.transport.tick_at(stage.clock.now())
    stage.conductor.close()
    assert not stage.conductor.failed.done()
    return stage, ticks


def follower_tick(stage):
    """Where a machine is that follows our MIDI clock, at the end."""
    clock, lines = ClockMessages(idle=True), []
    reader = ClockReader(lines.append, lambda *_: None, lambda _: None)
    for moment, event in stage.moments[:-1]:  # without the last stop
        of = clock.of_pulse if isinstance(event, ClockPulse) else clock.of_transport
        for message in of(event):
            reader.handle(message, moment)
    return lines[-1].tick_at(stage.moments[-1][0])


def assert_trustworthy(mistakes):
    stage, ticks = asyncio.run(played(mistakes))
    sounding, silenced, running = set(), False, True
    for late, event in stage.sent:
        if isinstance(event, Beat | ClockPulse) and not getattr(event, "idle", False):
            assert late <= 0.1
        elif isinstance(event, TransportMessage):
            silenced, running = False, event.action != "stop"
        elif isinstance(event, AllNotesOff):
            silenced = running
        elif isinstance(event, NoteMessage):
            key = event.voice, event.pitch
            assert (key in sounding) != bool(event.velocity)
            sounding ^= {key}
            assert not event.velocity or (late <= 0.1 and not silenced)
            assert running or not event.velocity
    assert not sounding
    assert silent_bars(stage) == []
    assert [event for event in stage.of(NoteMessage)[-40:] if event.velocity]  # it plays again
    assert abs(follower_tick(stage) - ticks) < 60


def silent_bars(stage):
    """The bars that passed whole without a note that sounds."""
    sounding, heard, last, whole, silent = set(), False, None, False, []
    for event in stage.of(NoteMessage, Beat, TransportMessage):
        if isinstance(event, NoteMessage) and event.voice == CLICK:
            continue
        if isinstance(event, NoteMessage):
            (sounding.add if event.velocity else sounding.discard)((event.voice, event.pitch))
            heard = heard or bool(event.velocity)
        elif isinstance(event, TransportMessage):
            whole = False
        elif event.bar < 0:
            assert not sounding
        elif event.beat:
            whole = whole and (event.bar, event.beat) == (last.bar, last.beat + 1)
            last = event
        else:
            if whole and not heard and event.bar == last.bar + 1:
                silent.append(last)
            last, whole, heard = event, True, bool(sounding)
    return silent


@settings(max_examples=25)
@given(MISTAKES)
def test_no_note_hangs_none_is_too_late_and_who_follows_is_with_us(mistakes):
    assert_trustworthy(mistakes)


@settings(max_examples=25)
@given(st.lists(st.tuples(COUNTED, st.floats(0.0, 3.0)), min_size=2, max_size=10))
def test_no_mistake_around_a_count_in_leaves_a_fault(mistakes):
    assert_trustworthy([(CountInChanged(1), 0.0), *mistakes])


@pytest.mark.long
@settings(max_examples=100)
@given(MISTAKES)
def test_no_mistake_leaves_a_fault(mistakes):
    assert_trustworthy(mistakes)
