"""Which of several MIDI ports a rig means."""

import pytest

from perform.midi import ports


class Device:
    """rtmidi, with ports that differ by a word."""

    def __init__(self, *there):
        self.there = list(there)

    def get_ports(self):
        return self.there

    def open_port(self, place):
        self.opened = self.there[place]


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ("synth", "Synth:in"),
        ("Synth:in", "Synth:in"),
        ("Synth P", "Synth Pro:in"),
        ("ig s", "Big Synth:in"),
        ("3", "Big Synth:in 2"),
    ],
)
def test_the_very_name_comes_before_its_beginning_and_that_before_a_part(
    monkeypatch, wanted, meant
):
    device = Device("Big Synth:in", "Synth Pro:in", "Synth:in", "Big Synth:in 2")
    monkeypatch.setattr(ports, "_device", lambda *_: device)
    assert ports.open_output(wanted, None).name == meant == device.opened
