"""The MIDI clock that others follow: its messages, and pulses while the music is stopped."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages import FAR, Stage

from perform.clock.transport import TempoLine
from perform.errors import OutputError
from perform.events import (
    ChordChanged,
    ClockPulse,
    TempoChanged,
    TransportChanged,
    TransportMessage,
)
from perform.inputs.midi_clock import ClockReader
from perform.music.chord import parse_chord
from perform.outputs.clock_messages import ClockMessages

PULSE, START, CONTINUE, STOP = [0xF8], [0xFA], [0xFB], [0xFC]


def messages(events, **options):
    clock = ClockMessages(**options)
    return [
        message
        for event in events
        for message in (
            clock.of_pulse(event) if isinstance(event, ClockPulse) else clock.of_transport(event)
        )
    ]


def pulses(first, last):
    return [ClockPulse(tick) for tick in range(first, last, 20)]


def test_a_start_a_stop_and_a_continue_need_no_song_position():
    events = [
        TransportMessage(-5, "start"), *pulses(0, 100), TransportMessage(83, "stop"),
        TransportMessage(83, "continue"), *pulses(100, 160),
    ]  # fmt: skip
    assert messages(events) == [START, *[PULSE] * 5, STOP, CONTINUE, *[PULSE] * 3]


def test_a_count_in_gives_the_tempo_and_ends_with_the_start():
    counted = [*pulses(-100, 0), TransportMessage(-20, "start"), *pulses(0, 40)]
    expected = [*[PULSE] * 5, START, PULSE, PULSE]
    assert messages([TransportMessage(-100, "count-in"), *counted]) == expected
    again = [TransportMessage(0, "start"), TransportMessage(-100, "count-in"), *counted]
    assert messages(again) == [START, STOP, *expected]


def test_a_continue_at_another_place_begins_at_the_next_song_position():
    events = [
        TransportMessage(0, "start"), *pulses(0, 100), TransportMessage(83, "stop"),
        TransportMessage(3850, "continue"), *pulses(3860, 4000),
    ]  # fmt: skip
    last = [*[PULSE] * 5, [0xF2, 33, 0], CONTINUE, PULSE, PULSE]
    assert messages(events) == [START, *[PULSE] * 5, STOP, *last]


def test_a_device_that_is_plugged_in_again_is_told_where_we_are():
    clock = ClockMessages()
    clock.of_transport(TransportMessage(0, "start"))
    sent = []
    for pulse in pulses(0, 400):
        if pulse.tick == 200:
            clock.lose()
        sent = clock.of_pulse(pulse)
        if len(sent) > 1:
            break
    assert (pulse.tick, sent) == (240, [[0xF2, 2, 0], CONTINUE, PULSE])


def test_idle_pulses_go_out_where_the_clock_is_continuous():
    events = [ClockPulse(-1, idle=True), TransportMessage(0, "start"), *pulses(0, 40)]
    assert messages(events) == [START, PULSE, PULSE]
    assert messages(events, idle=True) == [PULSE, START, PULSE, PULSE]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 200), st.integers(-300, 3000)), max_size=6))
def test_who_follows_is_where_we_are_however_we_move(moves):
    """`moves`: (pulses played, ticks moved): stalls, loops of our own leader."""
    clock, tick, lines, now = ClockMessages(), 0, [], 0.0
    begun = []
    reader = ClockReader(lines.append, lambda line, _: begun.append(line), lambda _: None)
    sent = clock.of_transport(TransportMessage(0, "start"))
    for count, move in [*moves, (60, 0)]:
        for _ in range(count):
            now += 0.02
            for message in [*sent, *clock.of_pulse(ClockPulse(tick))]:
                reader.handle(message, now)
            sent, tick = [], tick + 20
        tick = max(0, tick + move // 20 * 20)
    assert lines[-1].tick_at(now) == pytest.approx(tick - 20, abs=3)


def moments_of(stage):
    """(moments of the pulses, [(place among them, action)])."""
    times = [moment for moment, event in stage.moments if isinstance(event, ClockPulse)]
    actions, before = [], 0
    for _, event in stage.moments:
        if isinstance(event, ClockPulse):
            before += 1
        else:
            actions.append((before, event.action))
    return times, actions


def test_pulses_go_on_through_stop_and_continue_and_at_a_new_tempo():
    async def play():
        stage = Stage(idle=True)
        await stage.play(1.0)
        stage.conductor.handle_event(ChordChanged(parse_chord("C7")))
        await stage.play(2.0)
        stage.conductor.handle_event(TransportChanged("stop"))
        await stage.play(1.0)
        stage.conductor.handle_event(TempoChanged(60.0))
        await stage.play(1.0)
        stage.conductor.handle_event(TransportChanged("continue"))
        await stage.play(1.0)
        stage.conductor.close()
        return moments_of(stage)

    times, actions = asyncio.run(play())
    gaps = [b - a for a, b in pairwise(times)]
    assert max(gaps) < 1.5 * 1 / 24
    begins, ends, again = (place for place, _ in actions[:3])
    assert [action for _, action in actions] == ["start", "stop", "continue", "stop"]
    assert gaps[: begins - 2] == pytest.approx([0.5 / 24] * (begins - 2))
    # the train does not break at the stop
    assert gaps[begins + 1 : ends + 20] == pytest.approx([0.5 / 24] * (ends + 19 - begins))
    assert gaps[again - 10 : again - 2] == pytest.approx([1 / 24] * 8)


def test_a_start_that_waits_for_the_bar_goes_out_behind_the_last_idle_pulse():
    async def play():
        stage = Stage(idle=True, by_bar=True)
        await stage.play(0.3)
        stage.conductor.follow_clock(TempoLine(300.0, stage.clock.now(), 120.0))
        stage.conductor.handle_event(ChordChanged(parse_chord("C7")))
        begins = stage.transport.time_of(0) - FAR
        await stage.play(4.0)
        stage.conductor.close()
        return begins, *moments_of(stage)

    begins, times, actions = asyncio.run(play())
    first = actions[0][0]
    assert times[first] == pytest.approx(begins)  # the pulse behind the start is the downbeat
    assert times[first - 1] == pytest.approx(begins - 0.5 / 24)
    assert max(b - a for a, b in pairwise(times)) < 1.5 * 0.5 / 24


def test_after_a_stall_no_idle_pulse_is_made_up_for():
    async def play():
        stage = Stage(idle=True)
        await stage.play(1.0)
        stage.clock.advance(3.0)
        stage.moments.clear()
        await stage.play(1.0)
        stage.conductor.close()
        return moments_of(stage)[0]

    times = asyncio.run(play())
    assert len(times) == pytest.approx(48, abs=1)
    assert min(b - a for a, b in pairwise(times)) > 0.02


def test_an_output_that_is_gone_when_a_pulse_is_due_is_an_error_of_the_next_event():
    async def play():
        stage = Stage(idle=True)

        def gone(_):
            raise OutputError("unplugged")

        stage.send = gone
        stage.idle._on_alarm()
        stage.conductor.handle_event(ChordChanged(parse_chord("C7")))
        assert isinstance(stage.conductor.failed.exception(), OutputError)
        stage.conductor.close()

    asyncio.run(play())
