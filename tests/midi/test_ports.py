"""Which of several MIDI ports the rig names."""

from types import SimpleNamespace

import pytest

from perform.midi import binding, ports


class Device:
    """A device whose ports have similar names."""

    def __init__(self, *names):
        self.names = list(names)

    def port_names(self):
        return self.names

    def connect(self, index):
        self.opened = self.names[index]

    def send(self, message):
        pass


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("synth", "Synth:in"),
        ("Synth:in", "Synth:in"),
        ("Synth P", "Synth Pro:in"),
        ("ig s", "Big Synth:in"),
        ("3", "Big Synth:in 2"),
    ],
)
def test_a_whole_name_comes_before_its_beginning_and_that_before_a_part(monkeypatch, wanted, found):
    device = Device("Big Synth:in", "Synth Pro:in", "Synth:in", "Big Synth:in 2")
    library = SimpleNamespace(open_output=lambda _: device)
    monkeypatch.setattr(binding, "load", lambda _: ("a library", library))
    assert ports.open_output(wanted, None).name == found == device.opened
