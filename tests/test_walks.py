"""The walks from a chord to a note: the files that it passes, as ARCHITECTURE.md lists them."""

import asyncio
import inspect
import time
import traceback
from pathlib import Path

import pytest
from dispatchers import Clients

from perform.clock.realtime import RealtimeClock
from perform.control import parsers
from perform.engine import voicing
from perform.engine.harmony import Harmony
from perform.events import NoteMessage, PhraseReady
from perform.inputs.chord_keyboard import ChordInputConfig, ChordKeyboard, MidiChords
from perform.inputs.osc_udp import UdpInput
from perform.midi import ports
from perform.music.note import Note
from perform.net.access import AccessList
from perform.net.osc import encode
from perform.outputs.midi import MidiOutput, MidiOutputConfig

PERFORM = Path(voicing.__file__).parents[1]
# they only say when to call; a reader does not need to open them
TIMERS = {"net/time_slice.py", "clock/realtime.py"}
ENGINE = [
    "runtime/conductor.py",
    "engine/engine.py",
    "engine/harmony.py",
    "engine/active_notes.py",
    "engine/voicing.py",
    "outputs/midi.py",
]
FROM_OSC = [
    "inputs/osc_udp.py",
    "clients/dispatcher.py",
    "control/registry.py",
    "control/parsers.py",
    "runtime/client_events.py",
]
FROM_MIDI = ["inputs/midi_base.py", "inputs/chord_keyboard.py"]


class FakePort:
    """A MIDI port: `listen` takes the callback, `send` records."""

    def __init__(self):
        self.name, self.sent, self.callback = "port", [], None

    def listen(self, callback, **_):
        self.callback = callback

    def send(self, message):
        self.sent.append(message)

    def close(self):
        pass


@pytest.fixture
def passed(monkeypatch):
    """The files of `perform` through which these functions are called, in order."""
    files = {}

    def trace(target, name, *, leaf=False):
        called = getattr(target, name)

        def traced(*arguments):
            stack = [Path(frame.filename) for frame in traceback.extract_stack()]
            if not leaf:
                stack.append(Path(inspect.getfile(called)))
            if target is not MidiOutput or isinstance(arguments[-1], NoteMessage):
                own = (path for path in stack if PERFORM in path.parents)
                files.update(dict.fromkeys(path.relative_to(PERFORM).as_posix() for path in own))
            return called(*arguments)

        monkeypatch.setattr(target, name, traced)

    trace(parsers, "parse_chord", leaf=True)
    trace(ChordKeyboard, "handle")
    trace(Harmony, "set_chord")
    trace(voicing, "pitch_over")
    trace(MidiOutput, "send")
    return files


async def play(monkeypatch, connect):
    """Play a chord by what `connect(clients)` returns, until its note is sent."""
    port = FakePort()
    monkeypatch.setattr(ports, "open_output", lambda *_: port)
    output = MidiOutput(MidiOutputConfig(port="synth"), {"lead": 1, "bass": 2})
    clients = Clients(voice_outputs=[output], clock=RealtimeClock())
    clients.live.conductor.prepare()
    clients.live.conductor.handle_event(PhraseReady("lead", 0, (Note(0, 240, 60),)))
    connect(clients)()
    async with asyncio.timeout(20):
        while not any(message[0] & 0xF0 == 0x90 for message in port.sent):  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # the note is played in real time
    clients.close()


def test_a_chord_over_osc_becomes_a_note(monkeypatch, passed):
    def connect(clients):
        udp = UdpInput("/sideman", clients.dispatcher, AccessList())
        udp.connection_made(asyncio.DatagramTransport())
        packet = encode("/sideman/chord", "C7")
        return lambda: udp.datagram_received(packet, ("127.0.0.1", 5))

    asyncio.run(play(monkeypatch, connect))
    walk = [file for file in passed if file not in TIMERS]
    assert walk == [*FROM_OSC, *ENGINE]
    assert len(walk) <= 11


def test_a_chord_on_a_keyboard_becomes_a_note(monkeypatch, passed):
    keys = FakePort()
    monkeypatch.setattr(ports, "open_input", lambda *_: keys)

    def connect(clients):
        MidiChords(ChordInputConfig(port="keys"), ports.AUTO, clients.live.conductor.handle_event)

        def press():
            for pitch in (60, 64, 67):
                keys.callback([0x90, pitch, 90], time.monotonic())

        return press

    asyncio.run(play(monkeypatch, connect))
    walk = [file for file in passed if file not in TIMERS]
    assert walk == [*FROM_MIDI, *ENGINE]
