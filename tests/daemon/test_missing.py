"""Ports that cannot be opened: one line each, and everything else plays."""

import asyncio
import socket

import pytest

from perform.config.load import parse_rig
from perform.daemon import app
from perform.errors import OutputError, StartError
from perform.events import ChordChanged
from perform.music.chord import parse_chord
from perform.net.osc import decode

# a MIDI system that none of these machines has
RIG = """
[clock]
source = "midi"
port = "Groovebox"
tempo = 300.0
[midi]
system = "winmm"
[inputs.osc]
listen = "127.0.0.1:0"
[inputs.midi]
port = "Keystation"
[inputs.lead]
virtual = "Sideman listens"
[inputs.surface]
port = "nanoKONTROL"
[outputs.synth]
kind = "midi"
virtual = "Sideman"
clock = true
ahead_ms = 30
[outputs.away]
kind = "osc"
to = "no.such.host.invalid:9"
[outputs.listener]
kind = "osc"
to = "127.0.0.1:{listener}"
[[voices]]
name = "lead"
[[voices]]
name = "bass"
role = "bass"
output = "listener"
"""


@pytest.fixture
def listener():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.setblocking(False)
        yield bound


async def play_without(rig, listener):
    """The lines of what is missing, and the rig without it, after every voice has played."""
    loop, voices = asyncio.get_running_loop(), set()
    async with app.Daemon(rig, strict=False) as performance:
        performance.events.handle_event(ChordChanged(parse_chord("C7")))
        async with asyncio.timeout(30):
            while voices != {"lead", "bass"}:
                data = await loop.sock_recv(listener, 65536)
                voices |= {it[0] for to, it in decode(data) if to == "/sideman/note"}
        return performance.missing, performance.rig


def test_each_missing_part_has_a_line_and_everything_else_plays(listener):
    rig = parse_rig(RIG.format(listener=listener.getsockname()[1]))
    missing, opened = asyncio.run(play_without(rig, listener))
    keys = ["outputs.synth", "outputs.away", "clock", "inputs.midi", "inputs.lead"]
    assert [line.split("]")[0][1:] for line in missing] == [*keys, "inputs.surface"]
    assert not any("\n" in line for line in missing)
    assert list(opened.outputs) == ["listener"]
    assert [voice.output for voice in opened.voices] == [None, "listener"]
    assert opened.clock.source == "internal"
    assert opened.inputs == parse_rig('[inputs.osc]\nlisten = "127.0.0.1:0"').inputs


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("[inputs.midi]\nport = 'a'", StartError),
        ("[outputs.a]\nkind = 'midi'\nport = 'a'", StartError),
        ("[outputs.a]\nkind = 'osc'\nto = 'no.such.host.invalid:9'", OutputError),
    ],
)
def test_a_missing_part_is_an_error_in_strict_mode(table, error):
    osc = "" if "outputs" in table else "\n[outputs.o]\nkind = 'osc'\nto = '127.0.0.1:9'"
    rig = parse_rig(f"[midi]\nsystem = 'winmm'\n{table}{osc}")
    with pytest.raises(error, match=r"\] .*; or play without it: add --panel"):
        asyncio.run(start_strictly(rig))


async def start_strictly(rig):
    async with app.Daemon(rig):
        pass
