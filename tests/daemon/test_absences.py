"""Parts that are not there: one line each, and everything else plays."""

import asyncio
import socket

import pytest

from perform.config.load import parse_rig
from perform.daemon import app
from perform.errors import (
    BundleError,
    OutputError,
    PortTakenError,
    SessionError,
    StartError,
)
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
    """What is absent, and the messages that a listener got until every voice has played."""
    loop, voices, published = asyncio.get_running_loop(), set(), []
    async with app.Daemon(rig, on_absence="wait") as performance:
        performance.events.handle_event(ChordChanged(parse_chord("C7")))
        async with asyncio.timeout(30):
            while voices != {"lead", "bass"} or not any("host" in it[-1] for it in published):
                for to, values in decode(await loop.sock_recv(listener, 65536)):
                    if to == "/sideman/note":
                        voices.add(values[0])
                    elif to in ("/sideman/state/absent", "/sideman/error"):
                        published.append(values)
        return performance.absences, performance.rig, published


def test_each_absent_part_has_a_line_on_every_surface_and_everything_else_plays(listener):
    rig = parse_rig(RIG.format(listener=listener.getsockname()[1]))
    absences, opened, published = asyncio.run(play_without(rig, listener))
    keys = {"outputs.synth", "outputs.away", "clock", "inputs.midi", "inputs.lead"}
    assert {line.split("]")[0][1:] for line in absences.lines} == {*keys, "inputs.surface"}
    assert not any("\n" in line for line in absences.lines)
    ports = ("Sideman", "Groovebox", "Keystation", "Sideman listens", "nanoKONTROL")
    names = {f"MIDI port '{port}'" for port in ports} | {"host 'no.such.host.invalid'"}
    assert set(absences.names.split(", ")) == names
    assert published[-2:] == [(absences.names,), ("/state/absent", absences.names)]
    assert opened == rig  # all of it is waited for


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("[inputs.midi]\nport = 'a'", StartError),
        ("[outputs.a]\nkind = 'midi'\nport = 'a'", StartError),
        ("[outputs.a]\nkind = 'osc'\nto = 'no.such.host.invalid:9'", OutputError),
        ("[record]\nfolder = '/proc/none'", SessionError),
    ],
)
def test_an_absent_part_is_an_error_in_strict_mode(table, error):
    osc = "" if "outputs" in table else "\n[outputs.o]\nkind = 'osc'\nto = '127.0.0.1:9'"
    rig = parse_rig(f"[midi]\nsystem = 'winmm'\n{table}{osc}")
    with pytest.raises(error, match=r"\] .*; or play without it: leave out --strict"):
        asyncio.run(start(rig, "fail"))


def test_a_port_of_our_own_that_is_taken_is_an_error_in_every_mode(listener):
    rig = parse_rig(
        f"[inputs.osc]\nlisten = '127.0.0.1:{listener.getsockname()[1]}'\n"
        "[outputs.o]\nkind = 'osc'\nto = '127.0.0.1:9'"
    )
    for on_absence in ("wait", "fail"):
        with pytest.raises(PortTakenError, match="another program may have it"):
            asyncio.run(start(rig, on_absence))


def test_a_voice_whose_model_is_not_there_plays_that_of_its_role():
    rig = parse_rig(
        "[inputs.osc]\nlisten = '127.0.0.1:0'\n[outputs.o]\nkind = 'osc'\nto = '127.0.0.1:9'\n"
        "[[voices]]\nname = 'low'\nrole = 'bass'\nmodel = 'bluez'\nother = 'reelz'"
    )
    performance = asyncio.run(start(rig, "wait"))
    assert (performance.rig.voices[0].model, performance.rig.voices[0].other) == ("bass", None)
    assert performance.live.state.values["/voice/low/model"] == "bass"
    assert "did you mean 'blues'" in performance.absences.lines[0]
    with pytest.raises(BundleError, match="did you mean 'blues'"):
        asyncio.run(start(rig, "fail"))


async def start(rig, on_absence):
    async with app.Daemon(rig, on_absence=on_absence) as performance:
        return performance
