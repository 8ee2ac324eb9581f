"""The contract of each MIDI library, on real JACK ports."""

import contextlib
import importlib
import threading

import pytest
from parts import eventually, jack_lsp, need_binding

from perform.errors import InputError, OutputError, StartError
from perform.midi import binding, ports, systems
from perform.midi.binding import PACKAGES
from perform.midi.settings import MidiConfig

NOTE = [0x90, 60, 90]


@pytest.fixture(params=["rtmidi", "supriya"])
def midi(request, jack):
    """The rig's [midi] table."""
    need_binding(request.param)
    return MidiConfig(system="jack", binding=request.param)


class OpenPorts:
    """Opens ports; the fixture closes them when the test ends."""

    def __init__(self, midi):
        self.midi, self.open = midi, []

    def input(self, port=None, virtual=None, **wanted):
        self.open.append(ports.open_input(port, virtual, self.midi))
        received = []
        self.open[-1].listen(lambda message, _: received.append(message), **wanted)
        return self.open[-1], received

    def output(self, port=None, virtual=None):
        self.open.append(ports.open_output(port, virtual, self.midi))
        return self.open[-1]

    def pair(self, **wanted):
        """A connected (output, list of the messages that its input receives)."""
        _, received = self.input(virtual="Contract in", **wanted)
        out = self.output("Contract in")

        def arrives():
            out.send([0xB0, 1, 1])
            return received

        eventually(arrives)
        self.send_all(out, received, [[0xB0, 2, 2]])
        received.clear()
        return out, received

    @staticmethod
    def send_all(out, received, messages):
        """Send the messages, and wait until the last one arrives."""
        for message in messages:
            out.send(message)
        eventually(lambda: messages[-1] in received)

    def close(self, port):
        self.open.remove(port)
        port.close()


@pytest.fixture
def opened(midi):
    made = OpenPorts(midi)
    yield made
    with contextlib.ExitStack() as ends:
        for port in made.open:
            ends.callback(port.close)
    assert not [port for port in jack_lsp() if "Contract" in port]


def test_ports_are_found_by_name_and_the_library_is_named(opened):
    out = opened.output(virtual="Contract out")
    source, received = opened.input("contract o")
    assert source.name.endswith(":Contract out")
    assert out.name is None

    def arrives():
        out.send(NOTE)
        return NOTE in received

    eventually(arrives)
    opened.input(virtual="Contract in")
    found = ports.names(opened.midi)
    assert any(name.endswith(":Contract out") for name in found.inputs)
    assert any(name.endswith(":Contract in") for name in found.outputs)
    assert found.library.startswith(PACKAGES[opened.midi.binding])
    assert found.library.endswith(", jack")


def test_auto_uses_jack_if_alsa_does_not_answer(opened, monkeypatch):
    monkeypatch.setitem(systems._FAULTS, "alsa", lambda: "ALSA: not here")
    found = ports.names(MidiConfig(binding=opened.midi.binding))
    assert found.library.endswith(", jack")


def test_the_error_for_an_unknown_port_lists_the_known_ports(opened):
    opened.input(virtual="Contract in")
    with pytest.raises(OutputError, match=r"called 'nothing'; there are: .*Contract in"):
        opened.output("nothing")
    with pytest.raises(InputError, match="no MIDI port is called 'Contract in'"):
        opened.input("Contract in")


def test_a_port_that_cannot_be_opened_is_named(opened):
    with pytest.raises(InputError, match=r"MIDI port 'xx.*' cannot be opened \("):
        opened.input(virtual="x" * 400)


@pytest.mark.parametrize("midi", ["supriya"], indirect=True)
def test_every_error_of_the_library_is_raised(opened):
    """Send twice: if the error callback raised, the library would not call it again."""
    out = opened.output(virtual="Contract out")
    for _ in range(2):
        with pytest.raises(OSError, match=r"does.*fit"):
            out.send([0xF0, *[1] * 20_000, 0xF7])


def test_only_requested_kinds_of_messages_arrive(opened):
    out = opened.output(virtual="Contract out")
    plain, timed, sensed = (
        opened.input("Contract out", **wanted)[1]
        for wanted in ({}, {"timing": True}, {"sensing": True})
    )

    def arrives():
        out.send([0xB0, 1, 1])
        return plain and timed and sensed

    eventually(arrives)
    always = [[0xFA], [0xF2, 1, 2], [0xC0, 5], [0xE0, 0, 64], NOTE]
    for message in ([0xF1, 1], [0xF8], [0xFE], [0xF0, 1, 2, 0xF7], *always):
        out.send(message)
    for received, also in ((plain, []), (timed, [[0xF1, 1], [0xF8]]), (sensed, [[0xFE]])):
        eventually(lambda received=received: NOTE in received)
        assert [message for message in received if message != [0xB0, 1, 1]] == [*also, *always]


def test_running_status_and_a_long_exclusive_message_harm_nothing(opened):
    """JACK forbids running status. RtMidi 6 drops such a message, RtMidi 5 passes it on."""
    out, received = opened.pair()
    exclusive = [0xF0, *[1] * 3000, 0xF7]
    sent = [NOTE, [61, 90], exclusive, NOTE, [62, 90], [0x80, 60, 0]]
    opened.send_all(out, received, sent)
    running = [[0x90, 61, 90], [0x90, 62, 90]]
    whole = [message for message in received if message not in running]
    assert whole == [NOTE, NOTE, [0x80, 60, 0]]
    if opened.midi.binding == "rtmidi":
        assert received == [NOTE, running[0], NOTE, running[1], [0x80, 60, 0]]


def test_a_flood_arrives_in_order_without_duplicates(opened):
    out, received = opened.pair()
    flood = [[0x90, number % 128, 1 + number // 128] for number in range(3000)]
    for begin in range(0, len(flood), 100):
        for message in flood[begin : begin + 100]:
            out.send(message)
        mark = [0xB0, 3, begin // 100]

        def marked(mark=mark):
            out.send(mark)
            return mark in received

        eventually(marked)
    notes = [message for message in received if message[0] == 0x90]
    rest = iter(flood)
    assert all(message in rest for message in notes)
    assert len(notes) > 0.9 * len(flood)  # an overloaded JACK server drops some


def test_an_input_opens_and_closes_under_a_flood(opened):
    """No deadlock: the interpreter and the MIDI system's thread must not wait for each other."""
    out = opened.output(virtual="Contract out")
    ended = threading.Event()

    def flood():
        while not ended.is_set():
            for _ in range(5):
                out.send(NOTE)
            ended.wait(0.0005)

    sender = threading.Thread(target=flood)
    sender.start()
    try:
        for _ in range(5):
            port, received = opened.input("Contract out")
            eventually(lambda received=received: len(received) > 20)
            opened.close(port)
    finally:
        ended.set()
        sender.join()


@pytest.mark.parametrize("kind", ["input", "output"])
def test_check_reports_an_unplugged_device_as_gone_and_later_as_back(opened, kind):
    def plug_in():
        if kind == "input":
            return opened.output(virtual="Contract")
        return opened.input(virtual="Contract")[0]

    device = plug_in()
    if kind == "input":
        port, received = opened.input("Contract")
    else:
        port = opened.output("Contract")
    name = port.name
    assert port.check() is None
    opened.close(device)
    assert eventually(port.check) == "gone"
    assert port.check() is None
    device = plug_in()
    assert eventually(port.check) == "back"
    assert port.name.partition(":")[2] == name.partition(":")[2]
    if kind == "output":
        received = []
        device.listen(lambda message, _: received.append(message))
    out = device if kind == "input" else port

    def arrives():
        out.send(NOTE)
        return NOTE in received

    eventually(arrives)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_system_that_does_not_answer_is_named_in_one_line(monkeypatch, capfd, name):
    need_binding(name)
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "missing")
    monkeypatch.setattr(systems, "_ALSA_SEQUENCER", "/nowhere/seq")
    with pytest.raises(StartError, match=r"no MIDI system answers \(ALSA: .*, JACK: no server\)"):
        ports.names(MidiConfig(binding=name))
    with pytest.raises(StartError, match=r"no MIDI system answers \(JACK: no server\)"):
        ports.names(MidiConfig(binding=name, system="jack"))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", PACKAGES)
def test_a_library_that_is_not_installed_is_named_in_one_line(monkeypatch, name):
    def missing(_):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    install = binding.INSTALL[name]
    with pytest.raises(StartError, match=f"is not installed: pip install {install}, or leave"):
        ports.names(MidiConfig(binding=name))
    with pytest.raises(StartError, match="MIDI ports need python-rtmidi or supriya-midi: pip "):
        ports.names()
