"""What runs without a rig; the line that says what listens where, and who may be heard."""

import io
import sys
from types import SimpleNamespace

import pytest

from perform import extras, start, steps
from perform.cli import init
from perform.config import parse_rig
from perform.errors import RigError, StartError
from perform.panel.door import open_door
from perform.rig import MidiOutput, OscOutput


@pytest.fixture
def machine(monkeypatch):
    """Sets whether this machine has MIDI, and the packages of the panel."""

    def no_midi():
        raise StartError("no MIDI system answers")

    def has(*, midi, panel):
        names = (lambda: ([], [])) if midi else no_midi
        monkeypatch.setattr(start, "ports", SimpleNamespace(names=names))
        monkeypatch.setattr(start, "is_installed", lambda: panel)
        monkeypatch.setattr(steps, "is_installed", lambda: panel)

    return has


@pytest.mark.parametrize("midi", [True, False])
@pytest.mark.parametrize("panel", [True, False])
def test_init_writes_what_runs_without_a_rig(machine, tmp_path, midi, panel):
    machine(midi=midi, panel=panel)
    init(tmp_path / "rig.toml")
    text = (tmp_path / "rig.toml").read_text()
    rig = start.what_is_there()
    assert parse_rig(text) == rig
    assert (rig.panel is not None) == panel
    assert (rig.inputs.midi is not None) == midi
    (output,) = rig.outputs.values()
    assert isinstance(output, MidiOutput if midi else OscOutput)
    assert rig.voices[0].output == next(iter(rig.outputs))


def test_what_init_writes_is_what_a_line_that_is_left_out_means(machine):
    """But for what an empty rig leaves to its writer: the panel, and a keyboard."""
    machine(midi=True, panel=False)
    rig, bare = start.what_is_there(), parse_rig("")
    assert rig.inputs.midi.virtual == "Sideman chords"
    voices = [voice.settings() for voice in rig.voices]
    assert voices == [voice.settings() for voice in bare.voices]
    for part in ("clock", "harmony", "midi", "outputs", "start", "seed"):
        assert getattr(rig, part) == getattr(bare, part)
    assert rig.inputs.osc == bare.inputs.osc


def test_the_first_step_is_the_page_or_how_to_get_it(machine, monkeypatch):
    machine(midi=False, panel=True)
    door = open_door("127.0.0.1", 0)
    door.listening.close()
    page, osc = steps.first_steps(start.what_is_there(), door)
    assert page == f"open {door.url} in a browser, press Listen here and a chord"
    assert osc == 'send "Cm7" to /sideman/chord by OSC, to 127.0.0.1:9000'
    machine(midi=True, panel=False)
    page, keyboard, _, synth = steps.first_steps(start.what_is_there(), None)
    assert page == "to play in a browser: pip install '.[panel]', then start again with --panel"
    assert "'Sideman chords'" in keyboard
    assert "'Sideman'" in synth
    stopped = parse_rig('start = "stopped"\n[inputs.midi]\nport = "Keystation"')
    assert steps.first_steps(stopped, door)[1] == "play a chord on 'Keystation'"


def test_pip_is_typed_as_the_program_was(tmp_path, monkeypatch):
    for name in ("perform", "pip"):
        (tmp_path / name).touch(0o755)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "perform")])
    monkeypatch.setenv("PATH", "/nowhere")
    assert extras.install("audio") == f"{tmp_path}/pip install '.[audio]'"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert extras.install("audio") == "pip install '.[audio]'"


def test_it_says_what_listens_where_and_to_whom():
    rig = parse_rig(
        """
        [clock]
        source = "midi"
        port = "Groovebox"
        [inputs.osc]
        listen = "127.0.0.1:9000"
        tcp = "0.0.0.0:9002"
        allow = ["192.168.1.0/24", "10.0.0.7"]
        [inputs.midi]
        virtual = "Sideman chords"
        [inputs.surface]
        port = "nanoKONTROL"
        [mqtt]
        broker = "localhost:1883"
        [panel]
        listen = "0.0.0.0:8137"
        [outputs.max]
        kind = "osc"
        to = "127.0.0.1:9001"
        [[voices]]
        name = "lead"
        """
    )
    assert start.welcome(rig) == (
        "ready: hears OSC 127.0.0.1:9000 (this machine), "
        "OSC over TCP 0.0.0.0:9002 (this machine, 192.168.1.0/24, 10.0.0.7), MIDI Sideman chords, "
        "MIDI controller nanoKONTROL, MIDI clock Groovebox, MQTT sideman/sideman at localhost:1883, "
        "panel 0.0.0.0:8137 (whoever has the token); lead (blues) to max"
    )


def test_it_says_that_everybody_may_or_this_machine_alone():
    output = '[outputs.max]\nkind = "osc"\nto = "127.0.0.1:9001"\n'
    loud = start.welcome(parse_rig('[inputs.osc]\nlisten = "0.0.0.0:9000"\n' + output))
    assert "OSC 0.0.0.0:9000 (everybody on the network);" in loud
    assert "hears OSC 127.0.0.1:9000 (this machine); " in start.welcome(parse_rig(output))


@pytest.mark.parametrize("half", ["0.0.0.0", "8137", ":8137", "::"])
def test_half_an_address_of_the_panel_is_answered(half):
    with pytest.raises(RigError, match=f"^--panel {half}: write host and port"):
        start.panel_at(half, None)


def test_where_the_code_to_scan_cannot_be_drawn_the_address_is_there(monkeypatch):
    door = open_door("0.0.0.0", 0)
    door.listening.close()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    assert start.welcome(parse_rig(""), door).startswith("panel: http://")
