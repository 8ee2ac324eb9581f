"""`perform run`: the rig for this machine, the ready line, and the first steps."""

import io
import sys
from types import SimpleNamespace

import pytest

from perform import extras
from perform.cli import init
from perform.commands import run
from perform.config.load import parse_rig
from perform.daemon import next_steps
from perform.errors import RigError, StartError
from perform.outputs.midi import MidiOutputConfig
from perform.outputs.osc import OscOutputConfig
from perform.panel.listener import open_listener


@pytest.fixture
def machine(monkeypatch):
    """Sets whether this machine has MIDI, and the packages of the panel."""

    def no_midi():
        raise StartError("no MIDI system answers")

    def has(*, midi, panel, library=True):
        names = (lambda: ([], [])) if midi else no_midi
        there = SimpleNamespace(names=names, has_library=lambda: library)
        monkeypatch.setattr(run, "ports", there)
        monkeypatch.setattr(run, "is_installed", lambda: panel)
        monkeypatch.setattr(next_steps, "is_installed", lambda: panel)

    return has


@pytest.mark.parametrize("midi", [True, False])
@pytest.mark.parametrize("panel", [True, False])
def test_init_writes_the_rig_that_runs_without_one(machine, tmp_path, midi, panel):
    machine(midi=midi, panel=panel)
    init(tmp_path / "rig.toml")
    text = (tmp_path / "rig.toml").read_text()
    rig = run.default_rig()
    assert parse_rig(text) == rig
    assert (rig.panel is not None) == panel
    assert (rig.inputs.midi is not None) == midi
    (output,) = rig.outputs.values()
    assert isinstance(output, MidiOutputConfig if midi else OscOutputConfig)
    assert rig.voices[0].output == next(iter(rig.outputs))


@pytest.mark.parametrize("library", [True, False])
def test_run_waits_for_a_midi_system_where_it_could_use_one(machine, caplog, library):
    machine(midi=False, panel=False, library=library)
    rig = run.default_rig(waits=True)
    assert list(rig.outputs) == ["synth", "max"][not library :]
    assert (rig.inputs.midi is not None) == library
    assert len(caplog.messages) == (not library)


def test_the_rig_of_init_has_the_default_values(machine):
    """Except for the panel and the keyboard, which an empty rig does not have."""
    machine(midi=True, panel=False)
    rig, bare = run.default_rig(), parse_rig("")
    assert rig.inputs.midi.virtual == "Sideman chords"
    voices = [voice.settings() for voice in rig.voices]
    assert voices == [voice.settings() for voice in bare.voices]
    for part in ("clock", "harmony", "midi", "outputs", "start", "seed"):
        assert getattr(rig, part) == getattr(bare, part)
    assert rig.inputs.osc == bare.inputs.osc


def test_the_first_step_is_the_panel_or_how_to_install_it(machine, monkeypatch):
    machine(midi=False, panel=True)
    listener = open_listener("127.0.0.1", 0)
    listener.socket.close()
    page, osc = next_steps.first_steps(run.default_rig(), listener)
    assert page == f"open {listener.url} in a browser, press Listen here and a chord"
    assert osc == 'send "Cm7" to /sideman/chord by OSC, to 127.0.0.1:9000'
    machine(midi=True, panel=False)
    page, keyboard, _, synth = next_steps.first_steps(run.default_rig(), None)
    assert page == "to play in a browser: pip install '.[panel]', then start again with --panel"
    assert "'Sideman chords'" in keyboard
    assert "'Sideman'" in synth
    stopped = parse_rig('start = "stopped"\n[inputs.midi]\nport = "Keystation"')
    assert next_steps.first_steps(stopped, listener)[1] == "play a chord on 'Keystation'"


def test_pip_has_the_folder_of_the_program_unless_it_is_on_the_path(tmp_path, monkeypatch):
    for name in ("perform", "pip"):
        (tmp_path / name).touch(0o755)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "perform")])
    monkeypatch.setenv("PATH", "/nowhere")
    assert extras.install("audio") == f"{tmp_path}/pip install '.[audio]'"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert extras.install("audio") == "pip install '.[audio]'"


def test_the_ready_line_names_inputs_machines_and_outputs():
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
    assert run.welcome(rig) == (
        "ready: listens to OSC 127.0.0.1:9000 (this machine), "
        "OSC over TCP 0.0.0.0:9002 (this machine, 192.168.1.0/24, 10.0.0.7), MIDI Sideman chords, "
        "MIDI controller nanoKONTROL, MIDI clock Groovebox, "
        "MQTT sideman/sideman at localhost:1883, "
        "panel 0.0.0.0:8137 (with the token); lead (sideman) to max"
    )


def test_the_ready_line_says_whether_the_whole_network_may_send():
    output = '[outputs.max]\nkind = "osc"\nto = "127.0.0.1:9001"\n'
    public = run.welcome(parse_rig('[inputs.osc]\nlisten = "0.0.0.0:9000"\n' + output))
    assert "OSC 0.0.0.0:9000 (every machine on the network);" in public
    assert "listens to OSC 127.0.0.1:9000 (this machine); " in run.welcome(parse_rig(output))


@pytest.mark.parametrize("half", ["0.0.0.0", "8137", ":8137", "::"])
def test_half_an_address_of_the_panel_is_an_error(half):
    with pytest.raises(RigError, match=f"^--panel {half}: write host and port"):
        run.panel_at(half, None)


def test_the_address_is_printed_where_the_code_cannot_be(monkeypatch):
    listener = open_listener("0.0.0.0", 0)
    listener.socket.close()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    assert run.welcome(parse_rig(""), listener).startswith("panel: http://")
