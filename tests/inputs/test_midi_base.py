"""Devices that go away while keys are down: unplugged, or silent after active sensing."""

import asyncio
import time

import pytest

from perform.events import ChordChanged, ChordReleased, PlayerNoteOff, PlayerNoteOn
from perform.inputs.chords import ChordInputConfig, MidiChords
from perform.inputs.melody import MelodyInputConfig, MidiMelody
from perform.midi import ports
from perform.music.chord import parse_chord

CHORD = ChordChanged(parse_chord("C"))


class Port:
    """A MIDI port that nothing is connected to."""

    def listen(self, *_, **__):
        pass

    def close(self):
        pass


@pytest.fixture(autouse=True)
def _port(monkeypatch):
    monkeypatch.setattr(ports, "wait_for_input", lambda *_: Port())


@pytest.mark.parametrize("sensing", [True, False])
def test_keys_are_released_when_a_device_falls_silent_after_active_sensing_only(sensing):
    async def play():
        events = []
        keys = MidiChords(ChordInputConfig(port="keys", latch=False), ports.AUTO, events.append)
        a_second_ago = time.monotonic() - 1
        for message in [
            [0x90, 60, 9],
            [0x90, 64, 9],
            [0x90, 67, 9],
            *([[0xFE]] if sensing else []),
        ]:
            keys._loop.call_soon(keys._dispatch, message, a_second_ago)
        await asyncio.sleep(0.01)
        keys.close()
        return events

    assert asyncio.run(play()) == [CHORD, *([ChordReleased()] if sensing else [])]


def test_keys_are_released_when_the_cable_is_pulled():
    async def play():
        events, melody = [], []
        keys = MidiChords(ChordInputConfig(port="keys", latch=False), ports.AUTO, events.append)
        lead = MidiMelody(MelodyInputConfig(port="keys"), ports.AUTO, melody.append)
        for note in (60, 64, 67):
            keys._handle([0x90, note, 9], 0.0)
        await asyncio.sleep(0.01)
        lead._handle([0x90, 72, 9], 0.0)
        for each in (keys, lead):
            each.handle_unplugged()
            each.close()
        return events, melody

    events, melody = asyncio.run(play())
    assert events == [CHORD, ChordReleased()]
    assert melody == [PlayerNoteOn(72, 9), PlayerNoteOff(72)]
