"""The conductor with real time around it, and sinks that go away."""

import asyncio

import pytest

from perform.clock.realtime import SPIN_SECONDS, Alarm, RealtimeClock
from perform.clock.transport import Transport
from perform.clock.virtual import VirtualClock
from perform.engine.engine import Engine
from perform.engine.voice import VoiceSettings
from perform.errors import OutputError
from perform.events import ChordChanged, PhraseReady
from perform.live import Conductor, Lateness
from perform.music.chord import parse_chord
from perform.music.note import Note
from perform.sinks.memory import MemorySink


class Leaving(MemorySink):
    """Plays one note, then its cable is pulled."""

    def send(self, output):
        if self.sounds:
            raise OutputError("pulled")
        super().send(output)


def test_a_vanished_output_is_a_fault_and_the_others_fall_silent():
    async def concert():
        gone, stays, clock = Leaving(), MemorySink(), VirtualClock()
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
