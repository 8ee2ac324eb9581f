"""Keyboards that go away with keys down: by their cable, or by falling silent."""

import asyncio
import time

import pytest

from perform.events import ChordChanged, ChordReleased, PlayerNoteOff, PlayerNoteOn
from perform.inputs.chord_keyboard import ChordInputConfig, MidiChords
from perform.inputs.melody import MelodyInputConfig, MidiMelody
from perform.midi import ports
from perform.music.chord import parse_chord

CHORD = ChordChanged(parse_chord("C"))


class Port:
    """A MIDI port at which nothing is plugged in."""

    def listen(self, *_, **__):
        pass

    def close(self):
        pass


@pytest.fixture(autouse=True)
def _port(monkeypatch):
    monkeypatch.setattr(ports, "open_input", lambda *_: Port())


@pytest.mark.parametrize("sensed", [True, False])
def test_keys_are_up_when_who_sends_active_sensing_falls_silent_and_only_then(sensed):
    async def play():
        heard = []
        keys = MidiChords(ChordInputConfig(port="keys", latch=False), "auto", heard.append)
        a_second_ago = time.monotonic() - 1
        for message in [[0x90, 60, 9], [0x90, 64, 9], [0x90, 67, 9], *([[0xFE]] if sensed else [])]:
            keys._loop.call_soon(keys._arrive, message, a_second_ago)
        await asyncio.sleep(0.01)
        keys.close()
        return heard

    assert asyncio.run(play()) == [CHORD, *([ChordReleased()] if sensed else [])]


def test_keys_are_up_when_the_cable_is_pulled():
    async def play():
        heard, melody = [], []
        keys = MidiChords(ChordInputConfig(port="keys", latch=False), "auto", heard.append)
        lead = MidiMelody(MelodyInputConfig(port="keys"), "auto", melody.append)
        for note in (60, 64, 67):
            keys._hear([0x90, note, 9], 0.0)
        await asyncio.sleep(0.01)
        lead._hear([0x90, 72, 9], 0.0)
        for each in (keys, lead):
            each.unplugged()
            each.close()
        return heard, melody

    heard, melody = asyncio.run(play())
    assert heard == [CHORD, ChordReleased()]
    assert melody == [PlayerNoteOn(72, 9), PlayerNoteOff(72)]
