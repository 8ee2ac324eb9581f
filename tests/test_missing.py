"""Ports that cannot be opened: one line each, and everything else plays."""

import asyncio
import socket

import pytest

from perform import app
from perform.config import parse_rig
from perform.errors import OutputError, StartError
from perform.events import ChordChanged
from perform.music.chord import parse_chord
from perform.osc import messages

# a MIDI system that is on no machine where this runs, as if there were none
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
[outputs.ears]
kind = "osc"
to = "127.0.0.1:{ears}"
[[voices]]
name = "lead"
[[voices]]
name = "bass"
role = "bass"
output = "ears"
"""


@pytest.fixture
def ears():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.setblocking(False)
        yield heard


async def play_without(rig, ears):
    """The voices that play, what was missing, and the rig that was left."""
    loop, voices = asyncio.get_running_loop(), set()
    async with app.stage(rig, strict=False) as running:
        running.deliver(ChordChanged(parse_chord("C7")))
        async with asyncio.timeout(30):
            while voices != {"lead", "bass"}:
                data = await loop.sock_recv(ears, 65536)
                voices |= {it[0] for to, it in messages(data) if to == "/sideman/note"}
        return running.missing, running.rig


def test_each_is_named_and_everything_else_plays(ears):
    rig = parse_rig(RIG.format(ears=ears.getsockname()[1]))
    missing, left = asyncio.run(play_without(rig, ears))
    keys = ["outputs.synth", "outputs.away", "clock", "inputs.midi", "inputs.lead"]
    assert [line.split("]")[0][1:] for line in missing] == [*keys, "inputs.surface"]
    assert not any("\n" in line for line in missing)
    assert list(left.outputs) == ["ears"]
    assert [voice.output for voice in left.voices] == [None, "ears"]
    assert left.clock.source == "internal"
    assert left.inputs == parse_rig('[inputs.osc]\nlisten = "127.0.0.1:0"').inputs


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("[inputs.midi]\nport = 'a'", StartError),
        ("[outputs.a]\nkind = 'midi'\nport = 'a'", StartError),
        ("[outputs.a]\nkind = 'osc'\nto = 'no.such.host.invalid:9'", OutputError),
    ],
)
def test_without_a_panel_it_is_a_fault(table, fault):
    osc = "" if "outputs" in table else "\n[outputs.o]\nkind = 'osc'\nto = '127.0.0.1:9'"
    rig = parse_rig(f"[midi]\nsystem = 'winmm'\n{table}{osc}")
    with pytest.raises(fault, match=r"\] .*; or play without it: add --panel"):
        asyncio.run(play_without_tolerance(rig))


async def play_without_tolerance(rig):
    async with app.stage(rig):
        pass
