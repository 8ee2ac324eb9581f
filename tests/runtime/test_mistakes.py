"""Stalls, panics, moves of a leader, metres in any order: no note hangs, and none is too late."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from stages import Stage

from perform.clock.transport import TempoLine
from perform.engine.metre import parse_metre
from perform.events import (
    AllNotesOff,
    Beat,
    ChordChanged,
    ClockPulse,
    MetreChanged,
    NoteMessage,
    Panic,
    TransportChanged,
    TransportMessage,
)
from perform.inputs.midi_clock import ClockReader
from perform.music.chord import parse_chord
from perform.outputs.clock_messages import ClockMessages

MISTAKES = st.lists(
    st.tuples(
        st.one_of(
            st.builds(lambda seconds: ("stall", seconds), st.floats(0.05, 9.0)),
            st.builds(lambda bars: ("locate", bars), st.integers(0, 7)),
            st.builds(lambda metre: ("metre", metre), st.sampled_from(["3/4", "4/4", "7/8"])),
            st.sampled_from(["panic", "start", "stop", "continue", "chord"]).map(
                lambda name: (name, None)
            ),
        ),
        st.floats(0.0, 3.0),
    ),
    min_size=1,
    max_size=8,
)


def act(stage, name, value):
    conductor = stage.conductor
    if name == "stall":
        stage.clock.advance(value)
        conductor._on_alarm()
    elif name == "locate":
        line = TempoLine(1920.0 * value, stage.clock.now(), 120.0)
        conductor.start_with_clock(line, "locate")
    elif name == "metre":
        conductor.handle_event(MetreChanged(*parse_metre(value)))
    elif name == "panic":
        conductor.handle_event(Panic())
    elif name == "chord":
        conductor.handle_event(ChordChanged(parse_chord("F7")))
    else:
        conductor.handle_event(TransportChanged(name))


async def played(mistakes):
    stage = Stage(idle=True)
    stage.conductor.handle_event(ChordChanged(parse_chord("C7")))
    await stage.play(1.1)
    for (name, value), seconds in mistakes:
        act(stage, name, value)
        await stage.play(seconds)
    act(stage, "continue", None)
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


@settings(max_examples=15)
@given(MISTAKES)
def test_no_note_hangs_none_is_too_late_and_who_follows_is_with_us(mistakes):
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
    assert not sounding
    assert [event for event in stage.of(NoteMessage)[-40:] if event.velocity]  # it plays again
    assert abs(follower_tick(stage) - ticks) < 60
