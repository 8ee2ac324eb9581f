"""What a synthesizer is told of a voice: program, bank, volume."""

import pytest

from perform.config.load import parse_rig
from perform.errors import RigError
from perform.events import AllNotesOff, StateChanged, TransportMessage
from perform.outputs import midi as midi_output
from perform.outputs.midi import MidiOutput, MidiOutputConfig

RIG = """
[outputs.synth]
kind = "midi"
port = "Synth"

[[voices]]
name = "lead"
channel = 2
program = 33
bank = 130
volume = 90

[[voices]]
name = "bass"
"""
TOLD = [[0xB1, 0, 1], [0xB1, 32, 2], [0xC1, 32], [0xB1, 7, 90]]


class SynthPort:
    """Keeps what is sent."""

    name = fault = None

    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(message)


def opened(monkeypatch, **config):
    monkeypatch.setattr(midi_output.ports, "wait_for_output", lambda *_: SynthPort())
    rig = parse_rig(RIG)
    return MidiOutput(MidiOutputConfig(**config), rig.channels("synth"), sounds=rig.sounds("synth"))


def test_it_is_told_at_the_start_and_again_when_its_port_is_back(monkeypatch):
    output = opened(monkeypatch, port="Synth")
    assert output.port.sent == TOLD
    output.send(TransportMessage(0, "start"))
    assert output.port.sent == TOLD
    output.port.sent.clear()
    output.handle_unplugged()
    assert output.port.sent == []
    output.handle_plugged()
    assert output.port.sent[-4:] == TOLD


def test_a_synthesizer_that_connects_to_a_virtual_port_later_is_told_when_the_music_starts(
    monkeypatch,
):
    output = opened(monkeypatch, virtual="Sideman")
    output.port.sent.clear()
    output.send(TransportMessage(0, "start"))
    assert output.port.sent == TOLD


def test_a_panic_may_have_reset_it_so_it_is_told_again_at_the_next_start(monkeypatch):
    output = opened(monkeypatch, port="Synth")
    for event in (TransportMessage(0, "start"), AllNotesOff(5), TransportMessage(5, "stop")):
        output.send(event)
    output.port.sent.clear()
    output.send(TransportMessage(5, "continue"))
    assert output.port.sent == TOLD
    output.send(TransportMessage(9, "stop"))
    output.send(TransportMessage(9, "continue"))
    assert output.port.sent == TOLD


def test_what_clients_and_songs_change_is_sent_and_told_again_when_the_port_is_back(monkeypatch):
    output = opened(monkeypatch, port="Synth")
    output.send(TransportMessage(0, "start"))
    output.port.sent.clear()
    for part, value in (("bank", 3), ("program", 7), ("volume", 90), ("volume", 10)):
        output.send(StateChanged(f"/voice/lead/{part}", value))
    now = [[0xB1, 0, 0], [0xB1, 32, 3], [0xC1, 6], [0xB1, 7, 10]]
    assert output.port.sent == now
    output.send(StateChanged("/song", "Blue Bossa"))  # while it plays, nothing is sent twice
    output.send(StateChanged("/voice/lead/program", 7))
    output.send(StateChanged("/voice/drums/program", 7))  # no voice of this output
    assert output.port.sent == now
    output.handle_plugged()
    assert output.port.sent[-4:] == now


def test_a_song_that_is_cued_is_told_whole_and_what_is_not_sent_is_left(monkeypatch):
    output = opened(monkeypatch, port="Synth")
    output.port.sent.clear()
    output.send(StateChanged("/song", ""))  # no set
    assert output.port.sent == []
    output.send(StateChanged("/song", "Blue Bossa"))
    assert output.port.sent == TOLD
    output.port.sent.clear()
    for part, value in (("bank", -1), ("program", 0), ("volume", -1)):
        output.send(StateChanged(f"/voice/lead/{part}", value))
    output.send(StateChanged("/song", "Jam"))
    assert output.port.sent == []


@pytest.mark.parametrize("line", ["program = 0", "program = 129", "bank = 16384", "volume = 128"])
def test_a_number_that_midi_has_not_is_refused(line):
    with pytest.raises(RigError, match=line.split()[0]):
        parse_rig(f"[[voices]]\nname = 'lead'\n{line}\n")
