"""What every MIDI library that we speak through has to do on JACK's real ports."""

import importlib
import subprocess

import pytest
from parts import eventually, need_binding

from perform.errors import InputError, OutputError
from perform.midi import ports
from perform.midi.binding import PACKAGES
from perform.midi.settings import MidiConfig

NOTE = [0x90, 60, 90]


@pytest.fixture(params=["rtmidi", "libremidi"])
def midi(request, jack):
    """The rig's [midi] table."""
    need_binding(request.param)
    return MidiConfig(system="jack", binding=request.param)


class Ends:
    """Ports that are closed when the test ends."""

    def __init__(self, midi):
        self.midi, self.open = midi, []

    def input(self, port=None, virtual=None, **wanted):
        self.open.append(ports.open_input(port, virtual, self.midi))
        heard = []
        self.open[-1].listen(lambda message, _: heard.append(message), **wanted)
        return self.open[-1], heard

    def output(self, port=None, virtual=None):
        self.open.append(ports.open_output(port, virtual, self.midi))
        return self.open[-1]

    def pair(self, **wanted):
        """An output, and what is heard of it once it is."""
        _, heard = self.input(virtual="Contract ears", **wanted)
        out = self.output("Contract ears")

        def arrives():
            out.send([0xB0, 1, 1])
            return heard

        eventually(arrives)
        self.say(out, heard, [[0xB0, 2, 2]])
        heard.clear()
        return out, heard

    @staticmethod
    def say(out, heard, messages):
        """Send, and wait for the last of them."""
        for message in messages:
            out.send(message)
        eventually(lambda: messages[-1] in heard)

    def close(self, one):
        self.open.remove(one)
        one.close()


@pytest.fixture
def ends(midi):
    made = Ends(midi)
    yield made
    for one in reversed(made.open):
        one.close()
    there = subprocess.run(["jack_lsp"], capture_output=True, text=True, check=True).stdout
    assert "Contract" not in there


def test_ports_are_found_by_name_both_ways_and_what_finds_them_is_said(ends):
    out = ends.output(virtual="Contract voice")
    into, heard = ends.input("contract v")
    assert into.name.endswith(":Contract voice")
    assert out.name is None

    def arrives():
        out.send(NOTE)
        return NOTE in heard

    eventually(arrives)
    ends.input(virtual="Contract ears")
    found = ports.names(ends.midi)
    assert any(name.endswith(":Contract voice") for name in found.inputs)
    assert any(name.endswith(":Contract ears") for name in found.outputs)
    assert found.through.startswith(PACKAGES[ends.midi.binding])
    assert found.through.endswith(", jack")


def test_a_port_that_is_not_there_is_answered_with_those_that_are(ends):
    ends.input(virtual="Contract ears")
    with pytest.raises(OutputError, match=r"called 'nothing'; there are: .*Contract ears"):
        ends.output("nothing")
    with pytest.raises(InputError, match="no MIDI port is called 'Contract ears'"):
        ends.input("Contract ears")


def test_only_what_is_wanted_comes(ends):
    out = ends.output(virtual="Contract voice")
    plain, timed, sensed = (
        ends.input("Contract voice", **wanted)[1]
        for wanted in ({}, {"timing": True}, {"sensing": True})
    )

    def arrives():
        out.send([0xB0, 1, 1])
        return plain and timed and sensed

    eventually(arrives)
    always = [[0xFA], [0xF2, 1, 2], [0xC0, 5], [0xE0, 0, 64], NOTE]
    for message in ([0xF1, 1], [0xF8], [0xFE], [0xF0, 1, 2, 0xF7], *always):
        out.send(message)
    for heard, also in ((plain, []), (timed, [[0xF1, 1], [0xF8]]), (sensed, [[0xFE]])):
        eventually(lambda heard=heard: NOTE in heard)
        assert [message for message in heard if message != [0xB0, 1, 1]] == [*also, *always]


def test_running_status_and_a_long_exclusive_message_pass_without_a_trace(ends):
    out, heard = ends.pair()
    exclusive = [0xF0, *[1] * 3000, 0xF7]
    ends.say(out, heard, [NOTE, [61, 90], exclusive, NOTE, [62, 90], [0x80, 60, 0]])
    assert heard == [NOTE, [0x90, 61, 90], NOTE, [0x90, 62, 90], [0x80, 60, 0]]


def test_a_flood_comes_in_its_order_and_nothing_twice(ends):
    out, heard = ends.pair()
    flood = [[0x90, number % 128, 1 + number // 128] for number in range(3000)]
    for begin in range(0, len(flood), 100):
        for message in flood[begin : begin + 100]:
            out.send(message)
        mark = [0xB0, 3, begin // 100]

        def marked(mark=mark):
            out.send(mark)
            return mark in heard

        eventually(marked)
    came = [message for message in heard if message[0] == 0x90]
    rest = iter(flood)
    assert all(message in rest for message in came)
    assert len(came) > 0.9 * len(flood)  # a JACK server that is short of time drops some


@pytest.mark.parametrize("kind", ["input", "output"])
def test_what_is_pulled_out_is_gone_and_back_when_it_is_there_again(ends, kind):
    def other():
        return ends.output(virtual="Contract") if kind == "input" else ends.input(virtual="Contract")[0]  # fmt: skip

    def looked():
        return ours.unsettled and ours.look()

    there = other()
    if kind == "input":
        ours, heard = ends.input("Contract")
    else:
        ours = ends.output("Contract")
    name = ours.name
    ends.close(there)
    assert eventually(looked) == "gone"
    assert not looked()
    there = other()
    assert eventually(looked) == "back"
    assert ours.name.partition(":")[2] == name.partition(":")[2]
    if kind == "output":
        heard = []
        there.listen(lambda message, _: heard.append(message))
    out = there if kind == "input" else ours

    def arrives():
        out.send(NOTE)
        return NOTE in heard

    eventually(arrives)


def test_what_has_no_events_is_looked_at_each_time_and_what_has_only_when_they_come(ends):
    voice = ends.output(virtual="Contract voice")
    into, _ = ends.input("Contract voice")
    if ends.midi.binding == "rtmidi":
        assert into.look() is None
        assert into.unsettled
        return
    eventually(lambda: into.look() is None and not into.unsettled)
    ends.close(voice)
    eventually(lambda: into.unsettled)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_library_that_cannot_be_loaded_is_named_in_one_line(monkeypatch, name):
    def missing(_):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(Exception, match=f"is not installed: pip install {PACKAGES[name]}"):
        ports.names(MidiConfig(binding=name))
    with pytest.raises(Exception, match="MIDI ports need python-rtmidi or pylibremidi"):
        ports.names()
