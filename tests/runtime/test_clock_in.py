"""The music follows a MIDI clock that moves while it rolls, as Live's does in a loop."""

import asyncio

import pytest
from stages import RIG, Stage

from perform.events import (
    Beat,
    ChartChanged,
    ChordSounds,
    ClockPulse,
    NoteMessage,
    TransportMessage,
)
from perform.inputs.midi_clock import ClockReader
from perform.music.chart import parse_chart
from perform.outputs.memory import MemoryOutput
from perform.recording import session

PULSE, START, CONTINUE, STOP = [0xF8], [0xFA], [0xFB], [0xFC]
BAR_PULSES = 96
CHART = "C | Dm7 | Em7 | F | G | Am7 | Bm7b5 | E7"


def position(sixteenths):
    return [0xF2, sixteenths & 0x7F, sixteenths >> 7]


async def followed(*parts):
    """A stage that has followed these messages; a number stands for so many pulses at 120."""
    stage = Stage()
    conductor = stage.conductor
    conductor.handle_event(ChartChanged(parse_chart(CHART), CHART))
    reader = ClockReader(conductor.follow_clock, conductor.start_with_clock, conductor.handle_event)
    for part in parts:
        for message in [PULSE] * part if isinstance(part, int) else [part]:
            if message == PULSE:
                await stage.play(0.5 / 24)
            reader.handle(message, stage.clock.now())
    conductor.close()
    assert not conductor.failed.done()
    return stage


LOOP = [30, START, 5 * BAR_PULSES, position(0), *[4 * BAR_PULSES, position(0)] * 2]


@pytest.mark.parametrize("more", [[], [CONTINUE]])
def test_a_loop_of_the_leader_is_our_loop(more):
    loop = [part for it in LOOP for part in ([it, *more] if it == position(0) else [it])]
    stage = asyncio.run(followed(*loop, 3 * BAR_PULSES))
    beats = [(beat.bar, beat.beat) for beat in stage.of(Beat)]
    bars = [(bar, beat) for bar in range(5) for beat in range(4)]
    assert beats == [*bars, *bars[:16], *bars[:16], *bars[:12]][: len(beats)]
    assert len(beats) >= 20 + 16 + 16 + 11
    symbols = [event.symbol for event in stage.of(ChordSounds)]
    four = ["C", "Dm7", "Em7", "F"]
    assert symbols[:-1] == [*four, "G", *four, *four, "C", "Dm7"][: len(symbols) - 1]
    assert [event.action for event in stage.of(TransportMessage)] == ["start", "stop"]
    sounding = set()
    for event in stage.of(NoteMessage):
        sounding.symmetric_difference_update({(event.voice, event.pitch)})
        assert ((event.voice, event.pitch) in sounding) == bool(event.velocity)
    assert not sounding


def test_beats_after_a_move_come_with_the_pulses():
    stage = asyncio.run(followed(30, START, 3 * BAR_PULSES + 7, position(36), 2 * BAR_PULSES))
    late = [seconds for seconds, event in stage.sent if isinstance(event, Beat)]
    assert max(late) < 0.02
    assert [beat.tick for beat in stage.of(Beat)][12:16] == [3 * 1920, 36 * 120, 4800, 5280]
    pulses = [event.tick for event in stage.of(ClockPulse)]
    assert pulses[-1] == pytest.approx(36 * 120 + 2 * 1920, abs=40)


def test_a_move_of_the_leader_does_not_start_who_has_stopped():
    stage = asyncio.run(followed(30, START, 50, STOP, 20, position(16), 40))
    assert [event.action for event in stage.of(TransportMessage)] == ["start", "stop"]
    assert stage.transport.tick_at(stage.clock.now()) == 16 * 120 - 1


def test_a_position_near_ours_moves_nothing():
    stage = asyncio.run(followed(30, START, BAR_PULSES, position(16), BAR_PULSES))
    assert [(b.bar, b.beat) for b in stage.of(Beat)][:8] == [(n // 4, n % 4) for n in range(8)]


def test_a_recorded_loop_replays_what_sounded():
    stage = asyncio.run(followed(*LOOP, BAR_PULSES))
    again = MemoryOutput()
    session.replay(session.Session(RIG, tuple(stage.recorded)), [again])
    assert [event[1:] for event in again.notes] == [event[1:] for event in stage.of(NoteMessage)]
    ticks = [event.tick for event in again.notes]
    assert ticks == sorted(ticks)
