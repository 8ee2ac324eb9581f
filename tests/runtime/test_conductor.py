"""The conductor with real time around it, and sinks that go away."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.clock.realtime import SPIN_SECONDS, Alarm, RealtimeClock
from perform.clock.transport import Transport
from perform.clock.virtual import VirtualClock
from perform.engine.engine import Engine
from perform.engine.voicing import VoiceSettings
from perform.errors import OutputError
from perform.events import ChordChanged, PhraseReady, StateChanged, TempoTapped, TransportChanged
from perform.music.chord import parse_chord
from perform.music.note import Note
from perform.outputs.delay import DelayedOutput
from perform.outputs.memory import MemoryOutput
from perform.runtime.conductor import Conductor, Lateness


class Leaving(MemoryOutput):
    """Plays one note, then its cable is pulled."""

    def send(self, output):
        if self.sounds:
            raise OutputError("pulled")
        super().send(output)


def test_a_vanished_output_is_a_fault_and_the_others_fall_silent():
    async def concert():
        gone, stays, clock = Leaving(), MemoryOutput(), VirtualClock()
        voices = [VoiceSettings(name="one"), VoiceSettings(name="two")]
        conductor = Conductor(
            Engine(voices),
            Transport(),
            clock,
            lambda _wanted, _due: None,
            {"two": [stays], "one": [gone]},
        )
        conductor.prepare()
        for voice in ("one", "two"):
            conductor.deliver(PhraseReady(voice, 0, (Note(0, 960, 60),)))
        conductor.deliver(ChordChanged(parse_chord("C")))
        clock.advance(0.01)
        conductor.deliver(ChordChanged(parse_chord("F")))
        assert isinstance(conductor.failed.exception(), OutputError)
        conductor.close()
        return stays.sounds

    sounds = asyncio.run(concert())
    assert [min(sound.velocity, 1) for sound in sounds] in ([], [1, 0])


def test_who_closes_tells_that_it_stopped_and_hears_nothing_more():
    async def concert():
        listener = MemoryOutput()
        conductor = Conductor(
            Engine([VoiceSettings(name="one")]), Transport(), VirtualClock(),
            lambda _wanted, _due: None, {"one": [MemoryOutput()]},
        )  # fmt: skip
        conductor.listen(listener)
        conductor.deliver(ChordChanged(parse_chord("C")))
        conductor.close()
        told = list(listener.outputs)
        conductor.deliver(TransportChanged("start"))
        conductor.close()
        assert listener.outputs == told
        return told

    assert StateChanged("/transport", "stop") in asyncio.run(concert())


def test_who_abandons_ends_what_is_held_back_too():
    async def concert():
        sounds, clock = MemoryOutput(), VirtualClock()
        conductor = Conductor(
            Engine([VoiceSettings(name="one")]), Transport(), clock,
            lambda _wanted, _due: None, {"one": [DelayedOutput(sounds, 0.5)]},
        )  # fmt: skip
        conductor.prepare()
        conductor.deliver(PhraseReady("one", 0, (Note(0, 960, 60),)))
        conductor.deliver(ChordChanged(parse_chord("C")))
        clock.advance(0.1)
        conductor.abandon()  # without another turn of the loop
        return sounds.sounds

    assert [min(sound.velocity, 1) for sound in asyncio.run(concert())] == [1, 0]


def test_bars_that_make_way_for_a_note_come_in_their_order(monkeypatch):
    async def concert():
        kept = []
        conductor, _ = playing(RealtimeClock(), record=lambda _tick, event: kept.append(event))
        busy = iter([True, False, False])
        monkeypatch.setattr(conductor, "is_busy", lambda: next(busy))
        for pitch in (60, 61):  # the second when the note is past
            conductor.deliver(PhraseReady("one", 1, (Note(0, 480, pitch),)))
        await asyncio.sleep(0.02)
        conductor.close()
        return [event.phrase[0].pitch for event in kept if isinstance(event, PhraseReady)]

    assert asyncio.run(concert()) == [60, 61]


def test_lateness_is_summed_up_by_decades():
    lateness = Lateness()
    for milliseconds in (0.0, 0.004, 0.3, 0.35, 0.9, 2.0, 40.0):
        lateness.add(milliseconds / 1000)
    assert lateness.summary() == "0.01 ms 2, 1 ms 3, 10 ms 1, 100 ms 1"


@pytest.mark.parametrize("tempo", [60.0, 133.0, 400.0])
def test_ticks_and_seconds_are_inverse_and_tempo_keeps_the_tick(tempo):
    transport = Transport(120.0)
    transport.start(10.0)
    assert transport.tick_at(11.0) == 960
    transport.set_tempo(tempo, 11.0)
    assert transport.tick_at(11.0) == 960
    for tick in (961, 5000, 123457):
        assert transport.tick_at(transport.time_of(tick)) == tick
    transport.stop(12.0)
    held = transport.tick_at(12.0)
    assert transport.tick_at(99.0) == held
    transport.resume(100.0)
    assert transport.tick_at(100.0) == held


@given(st.floats(-5000, 5000), st.floats(40, 300), st.floats(0, 30))
def test_a_transport_bends_to_a_line_without_a_jump_and_stays_on_it(away, bpm, after):
    transport = Transport(120.0)
    transport.start(0.0)
    transport.follow(9600 + away, 10.0, bpm, 10.0)
    ticks = [transport.tick_at(10.0 + step / 100) for step in range(1000)]
    rate = bpm * 8
    assert all(0.87 * rate / 100 - 1 <= b - a <= 1.13 * rate / 100 + 1 for a, b in pairwise(ticks))
    met = 10.0 + max(abs(away) / 0.12, 480) / rate  # over a beat, or at 12 %
    tick = 9600 + away + (met - 10.0 + after) * rate
    assert transport.tick_at(met + after) == pytest.approx(tick, abs=1.01)
    for tick in range(9600, 60000, 997):
        assert transport.tick_at(transport.time_of(tick)) == tick


def test_a_transport_that_is_to_go_on_later_stands_until_then():
    transport = Transport(120.0)
    transport.start(0.0)
    transport.stop(1.0)
    transport.resume(1.5)
    assert [transport.tick_at(moment) for moment in (1.0, 1.4, 1.5, 2.0)] == [960, 960, 960, 1440]
    assert transport.time_of(1440) == 2.0
    transport.stop(2.0)
    transport.locate(3840)
    transport.resume(2.5)
    assert [transport.tick_at(moment) for moment in (2.0, 2.4, 2.5)] == [3839, 3839, 3840]
    transport.stop(2.1)
    transport.resume(3.0)
    assert [transport.tick_at(moment) for moment in (2.9, 3.0)] == [3839, 3840]


def playing(clock, **more):
    """A conductor with one voice, rolling since now, and its transport."""
    transport = Transport(120.0)
    conductor = Conductor(
        Engine([VoiceSettings(name="one")]),
        transport,
        clock,
        lambda _wanted, _due: None,
        {"one": [MemoryOutput()]},
        **more,
    )
    conductor.deliver(ChordChanged(parse_chord("C")))
    return conductor, transport


@pytest.mark.parametrize("ahead", [0.0, 0.05])
def test_taps_of_a_human_hand_give_their_tempo_and_the_beat_that_was_tapped(ahead):
    """`ahead`: the clock is early for slow synthesizers; what is tapped to is what is heard."""

    async def tap():
        clock = VirtualClock()
        conductor, transport = playing(clock, ahead=ahead)
        clock.advance(3.1 + ahead)
        for late in (0.0, 0.02, -0.02, 0.015, -0.01, 0.02, -0.015, 0.0):
            clock.advance(0.6 + late)  # 100 a minute
            conductor.deliver(TempoTapped())
        tapped = clock.now() - ahead
        told = transport.bpm
        beats = [transport.time_of(480 * beat) for beat in range(20, 200)]
        conductor.close()
        return told, tapped, beats

    told, tapped, beats = asyncio.run(tap())
    assert told == pytest.approx(100, rel=0.03)
    gaps = [b - a for a, b in pairwise(beats)]
    assert gaps[-100:] == pytest.approx([60 / told] * 100)
    assert min((beat - tapped) % (60 / told) for beat in beats[-5:]) == pytest.approx(0, abs=0.001)


def test_a_button_that_bounces_taps_no_tempo_and_ends_nothing():
    async def bounce():
        clock = VirtualClock()
        conductor, transport = playing(clock)
        for _ in range(10):
            conductor.deliver(TempoTapped())  # at one moment, as a coarse clock has it
        conductor.close()
        assert not conductor.failed.done()
        return transport.bpm

    assert asyncio.run(bounce()) == 120


def test_the_alarm_rings_before_its_time_and_once():
    async def wait():
        rung = asyncio.Event()
        loop = asyncio.get_running_loop()
        alarm = Alarm(loop, rung.set)
        moment = RealtimeClock().now() + 0.02
        alarm.set(moment + 5)
        alarm.set(moment)
        await asyncio.wait_for(rung.wait(), 2)
        early = moment - RealtimeClock().now()
        alarm.close()
        alarm.close()
        return early

    assert asyncio.run(wait()) <= SPIN_SECONDS  # from where the callee spins


def test_lateness_percentiles_bound_what_was_counted():
    late = Lateness()
    for microseconds in range(1, 1001):
        late.add(microseconds * 1e-6)
    assert 0.0005 <= late.percentile(0.5) <= 0.00058
    assert late.percentile(1.0) == late.worst == 0.001
