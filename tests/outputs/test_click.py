"""The click at a MIDI port and in a file."""

import mido
import pytest
from counted import BAR

from perform.engine.click import CLICK
from perform.events import NoteMessage, TransportMessage
from perform.outputs import midi as midi_output
from perform.outputs.midi import MidiOutput, MidiOutputConfig
from perform.outputs.midi_file import MidiFileOutput
from perform.outputs.sounds import VoiceSound

CHANNELS = {"lead": 1, CLICK: 10}
ON, OFF = NoteMessage(0, CLICK, 76, 120), NoteMessage(60, CLICK, 76, 0)


class Port:
    """Keeps what is sent."""

    name = fault = None

    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(message)

    def close(self):
        """Nothing to release."""


@pytest.fixture
def output(monkeypatch):
    monkeypatch.setattr(midi_output, "DRAIN_SECONDS", 0)
    monkeypatch.setattr(midi_output.ports, "wait_for_output", lambda *_: Port())
    sounds = {"lead": VoiceSound(program=5)}
    return MidiOutput(MidiOutputConfig(virtual="a", clock=True), CHANNELS, sounds=sounds)


def silenced(output):
    output.port.sent.clear()
    output.close()
    return {status & 0x0F for status, *_ in output.port.sent}


def test_it_has_its_own_channel_which_is_silenced_at_the_end(output):
    output.port.sent.clear()
    output.send(ON)
    output.send(OFF)
    assert output.port.sent == [[0x99, 76, 120], [0x89, 76, 0]]
    assert silenced(output) == {0, 9}


def test_the_channel_of_a_click_that_never_played_is_left_to_others(output):
    assert silenced(output) == {0}


def test_sounds_are_sent_before_the_count_in_and_not_right_before_the_music(output):
    output.port.sent.clear()
    output.send(TransportMessage(-BAR, "count-in"))
    output.send(TransportMessage(-20, "start"))
    assert output.port.sent == [[0xC0, 4], [0xFA]]


@pytest.mark.parametrize(("notes", "tracks"), [((), ["lead"]), ((ON, OFF), ["lead", CLICK])])
def test_a_file_has_a_track_for_a_click_that_played(tmp_path, notes, tracks):
    output = MidiFileOutput(tmp_path / "a.mid", CHANNELS, 120)
    for note in notes:
        output.send(note)
    output.close()
    assert [track.name for track in mido.MidiFile(tmp_path / "a.mid").tracks][1:] == tracks
