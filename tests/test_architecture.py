"""ARCHITECTURE.md: its packages are those of the tree, and its walks are what the program does."""

import asyncio
import re
import sys
import tomllib
from types import SimpleNamespace

import pytest
from dispatchers import Clients

from perform.clock.transport import Transport
from perform.clock.virtual import VirtualClock
from perform.engine.engine import Engine
from perform.engine.settings import EngineSettings
from perform.engine.voicing import VoiceSettings
from perform.events import ChordChanged, PhraseReady
from perform.inputs.chords import ChordInputConfig, MidiChords
from perform.inputs.osc_udp import UdpInput
from perform.midi import ports
from perform.midi.messages import MessageParser
from perform.midi.settings import MidiConfig
from perform.music.chord import parse_chord
from perform.music.note import Note
from perform.net.access import AccessList
from perform.net.osc import encode
from perform.outputs.midi import MidiOutput, MidiOutputConfig
from perform.runtime.conductor import Conductor

VOICE = "lead"
MAX_FILES = 11
NO_CODE = {"bars", "books", "recipes", "reports"}


@pytest.fixture(scope="module")
def page(root):
    return (root / "ARCHITECTURE.md").read_text()


def section(page, title):
    return page.split(f"# {title}\n")[1].split("\n#")[0]


def table_words(text):
    """The first word of each row of a table: a package."""
    return re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)


def steps(text):
    """The first file of each numbered step, in lists."""
    lists = re.split(r"\n\n(?=1\. )", text)[1:]
    return [re.findall(r"^\d+\. `([\w/.]+)`", each, re.MULTILINE) for each in lists]


@pytest.mark.parametrize("program", ["perform", "training"])
def test_the_page_lists_the_packages_of_the_tree_from_the_top_floor_down(page, root, program):
    listed = table_words(section(page, f"The packages of {program}"))
    tree = {path.stem for path in (root / program).iterdir() if path.suffix == ".py"}
    tree |= {path.parent.name for path in (root / program).glob("*/*.py")}
    assert len(listed) == len(set(listed))
    assert set(listed) == tree - {"__init__", "__main__"} - NO_CODE
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (
        each["layers"] for each in contracts["contracts"] if each.get("containers") == [program]
    )
    floors = {name: floor for floor, layer in enumerate(layers) for name in layer.split(" | ")}
    assert [floors[name] for name in listed] == sorted(floors[name] for name in listed)


def test_every_file_and_package_of_the_page_exists(page, root):
    for path in re.findall(r"`((?:perform|training|tests)/[\w/.]+)`", page):
        assert (root / path).exists(), path
    for package in re.findall(r"`((?:perform|training)\.\w+)`", page):
        path = root / package.replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").is_file(), package
    for contract in re.findall(r'import-linter: "([^"]+)"', page):
        assert f'name = "{contract}"' in (root / "pyproject.toml").read_text()


async def performance_of(output):
    """Clients and a conductor whose voice has a note sounding; a chord change moves it."""
    clients = Clients()
    engine = Engine([VoiceSettings(name=VOICE)], EngineSettings(change="slide"))
    voices = {VOICE: (output,)}
    conductor = Conductor(engine, Transport(), VirtualClock(), lambda *_: None, voices)
    clients.dispatcher._events._conductor = conductor
    conductor.prepare()
    conductor.handle_event(PhraseReady(VOICE, 0, (Note(0, 1920, 60),)))
    conductor.handle_event(ChordChanged(parse_chord("C")))
    await asyncio.sleep(0.01)  # the alarm of the first note
    return clients, conductor


@pytest.fixture
def midi(monkeypatch):
    """A MIDI library without ports: `sent` messages, and `receive(bytes, moment)`."""
    device = SimpleNamespace(sent=[], receive=None)
    output = SimpleNamespace(send=device.sent.append, close=lambda: None, fault=None)

    def listen(handle, **options):
        device.receive = MessageParser(handle, **options).feed

    port = SimpleNamespace(listen=listen, close=lambda: None)
    monkeypatch.setattr(ports, "wait_for_output", lambda *_: output)
    monkeypatch.setattr(ports, "wait_for_input", lambda *_: port)
    return device


async def files_called(root, action):
    """The files of `perform` whose functions are called in an action and after it, in order."""
    files = []

    def profile(frame, event, _):
        if event == "call" and frame.f_code.co_filename.startswith(str(root / "perform")):
            files.append(frame.f_code.co_filename.removeprefix(f"{root}/"))

    sys.setprofile(profile)
    try:
        action()
        for _ in range(50):
            await asyncio.sleep(0.001)
    finally:
        sys.setprofile(None)
    return files


def check_walk(walk, called):
    assert len(walk) == len(set(walk)) <= MAX_FILES
    calls = iter(called)
    assert [path for path in walk if path in calls] == walk  # each one after the one before


def test_an_osc_chord_takes_the_walk_of_the_page_to_a_midi_note(page, root, midi):
    walk, _ = steps(section(page, "A chord becomes a note"))

    async def play():
        clients, conductor = await performance_of(
            MidiOutput(MidiOutputConfig(port="a"), {VOICE: 1})
        )
        udp = UdpInput("/sideman", clients.dispatcher, AccessList([]))
        udp.connection_made(SimpleNamespace(is_closing=lambda: True))
        packet, sounding = encode("/sideman/chord", "F#m7"), len(midi.sent)
        called = await files_called(
            root, lambda: udp.datagram_received(packet, ("127.0.0.1", 5000))
        )
        moved = midi.sent[sounding:]
        conductor.close()
        clients.close()
        return called, moved

    called, moved = asyncio.run(play())
    assert [message[0] for message in moved] == [0x80, 0x90]
    check_walk(walk, called)


def test_midi_keys_take_the_walk_of_the_page_to_a_midi_note(page, root, midi):
    osc, keys = steps(section(page, "A chord becomes a note"))
    walk = [*keys, *osc[osc.index(keys[-1]) + 1 :]]

    async def play():
        clients, conductor = await performance_of(
            MidiOutput(MidiOutputConfig(port="a"), {VOICE: 1})
        )
        config = ChordInputConfig(port="b", settle_ms=5.0)
        keyboard = MidiChords(config, MidiConfig(), conductor.handle_event)
        sounding, now = len(midi.sent), asyncio.get_running_loop().time()
        keys = bytes([0x90, 54, 90, 57, 90, 61, 90])  # F#m, in running status
        called = await files_called(root, lambda: midi.receive(keys, now))
        moved = midi.sent[sounding:]
        keyboard.close()
        conductor.close()
        clients.close()
        return called, moved

    called, moved = asyncio.run(play())
    assert [message[0] for message in moved] == [0x80, 0x90]
    check_walk(walk, called)
