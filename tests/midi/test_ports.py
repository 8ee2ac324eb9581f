"""Which of several MIDI ports the rig names."""

from types import SimpleNamespace

import pytest

from perform.errors import StartError
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


@pytest.mark.parametrize(
    ("wanted", "before", "after"),
    [
        ("Keys [24]:MIDI 1", "Keys [24]:MIDI 1", "Keys [28]:MIDI 1"),
        ("0", "Keys [24]:MIDI 1", "Keys [28]:MIDI 1"),
        ("Keys:Keys MIDI 1 24:0", "Keys:Keys MIDI 1 24:0", "Keys:Keys MIDI 1 28:0"),
        ("Keys", "a2j:Keys [24] (capture): Keys MIDI 1", "a2j:Keys [20] (capture): Keys MIDI 1"),
    ],
)
def test_a_device_is_found_again_under_another_number(monkeypatch, wanted, before, after):
    device = Device(before, "Others [30]:MIDI 1")
    port = waiting_port(monkeypatch, device, wanted)
    assert (port.fault, port.name) == (None, before)
    device.names = ["Others [30]:MIDI 1"]
    assert (port.check(), port.check()) == ("gone", None)
    device.names = ["Others [30]:MIDI 1", "Keys [99]:MIDI 2", after]
    assert port.check() == "back"
    assert port.name == after == device.opened


def test_the_numbers_of_a_full_name_may_be_others_from_the_beginning(monkeypatch):
    device = Device("Keys [20]:MIDI 2", "Keys [20]:MIDI 1")
    assert waiting_port(monkeypatch, device, "Keys [24]:MIDI 1").name == "Keys [20]:MIDI 1"


def test_a_port_is_waited_for_with_its_midi_system(monkeypatch):
    devices = [StartError("no MIDI system"), Device(), None]

    def open_output(_):
        if isinstance(devices[0], StartError):
            raise devices.pop(0)
        return devices[0]

    library = SimpleNamespace(open_output=open_output)
    monkeypatch.setattr(binding, "load", lambda _: ("a library", library))
    port = ports.wait_for_output("Synth", None)
    assert str(port.fault) == "no MIDI system"
    port.send([0x90, 60, 9])  # is dropped
    assert port.check() is None
    assert "there are: none" in str(port.fault)
    devices[0].names = ["Synth:in"]
    assert port.check() == "back"
    assert (port.fault, port.name) == (None, "Synth:in")
    assert port.check() is None


def waiting_port(monkeypatch, device, wanted):
    library = SimpleNamespace(open_output=lambda _: device)
    monkeypatch.setattr(binding, "load", lambda _: ("a library", library))
    monkeypatch.setattr(ports, "CONNECT_SECONDS", 0)
    return ports.wait_for_output(wanted, None)


class Restless(Device):
    """A device beside which another one goes away while it is connected, so many times."""

    def __init__(self, times):
        super().__init__("Drums", "Keys", "Organ")
        self.times, self.closed = times, False

    def connect(self, index):
        if self.times:
            self.times -= 1
            self.names = self.names[1:] if self.names[0] == "Drums" else ["Drums", *self.names]
        self.opened = self.names[index]

    def close(self):
        self.closed = True


def test_a_port_is_never_another_one_because_ports_came_or_went_while_it_was_opened(monkeypatch):
    device = Restless(2)
    port = waiting_port(monkeypatch, device, "Keys")
    assert (port.fault, port.name, device.opened) == (None, "Keys", "Keys")
    device = Restless(99)
    port = waiting_port(monkeypatch, device, "Keys")
    assert port.name is None
    assert "comes and goes" in str(port.fault)
    assert device.closed
    device.times = 0
    assert port.check() == "back"
    assert device.opened == "Keys"
