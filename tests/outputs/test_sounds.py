"""What a synthesizer is told of a voice: program, bank, volume."""

import pytest

from perform.config.load import parse_rig
from perform.errors import RigError
from perform.events import TransportMessage
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


@pytest.mark.parametrize("line", ["program = 0", "program = 129", "bank = 16384", "volume = 128"])
def test_a_number_that_midi_has_not_is_refused(line):
    with pytest.raises(RigError, match=line.split()[0]):
        parse_rig(f"[[voices]]\nname = 'lead'\n{line}\n")
