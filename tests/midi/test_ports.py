"""Which of several MIDI ports a rig means."""

from types import SimpleNamespace

import pytest

from perform.midi import binding, ports


class Device:
    """A MIDI library's device, with ports that differ by a word."""

    def __init__(self, *there):
        self.there = list(there)

    def names(self):
        return self.there

    def connect(self, place):
        self.opened = self.there[place]

    def changes(self):
        return None

    def send(self, message):
        pass


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
    library = SimpleNamespace(open_output=lambda _: device)
    monkeypatch.setattr(binding, "find", lambda _: ("a library", library))
    assert ports.open_output(wanted, None).name == meant == device.opened
