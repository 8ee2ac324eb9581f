"""Panic: silence, until the player resumes."""

import asyncio
from itertools import dropwhile

from stages import Stage

from perform.events import (
    AllNotesOff,
    ChordChanged,
    NoteMessage,
    Panic,
    StateChanged,
    TransportChanged,
    TransportMessage,
)
from perform.music.chord import parse_chord


async def panicked():
    stage = Stage()
    stage.conductor.handle_event(ChordChanged(parse_chord("C7")))
    while not any(voice.sounding for voice in stage.engine._voices.all):
        await stage.play(0.13)
    stage.sent.clear()
    stage.conductor.handle_event(Panic())
    return stage


def test_panic_ends_all_notes_stops_and_stays_silent():
    async def play():
        stage = await panicked()
        sounding = [voice for voice in stage.engine._voices.all if voice.sounding]
        await stage.play(5.0)
        stage.conductor.handle_event(ChordChanged(parse_chord("F7")))  # no chord starts it again
        await stage.play(5.0)
        stage.conductor.close()
        return stage, sounding

    stage, sounding = asyncio.run(play())
    assert sounding == []
    assert StateChanged("/transport", "stop") in stage.of(StateChanged)
    after = dropwhile(lambda event: not isinstance(event, AllNotesOff), stage.of(object))
    assert not [event for event in after if isinstance(event, NoteMessage)]
    assert [event.action for event in stage.of(TransportMessage)] == ["stop"]
    assert not [event for event in stage.of(NoteMessage) if event.velocity]


def test_one_press_resumes_where_the_panic_stopped():
    async def play():
        stage = await panicked()
        stopped = stage.transport.tick_at(stage.clock.now())
        await stage.play(3.0)
        stage.conductor.handle_event(TransportChanged("continue"))
        await stage.play(3.0)
        stage.conductor.close()
        return stopped, [event.tick for event in stage.of(NoteMessage) if event.velocity]

    stopped, begun = asyncio.run(play())
    assert begun
    assert stopped < begun[0] < stopped + 1920


def test_a_panic_before_the_start_leaves_the_start_to_the_first_chord():
    async def play():
        stage = Stage()
        stage.conductor.handle_event(Panic())
        stage.conductor.handle_event(ChordChanged(parse_chord("C7")))
        await stage.play(3.0)
        stage.conductor.close()
        return stage.of(NoteMessage)

    assert asyncio.run(play())
