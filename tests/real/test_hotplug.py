"""A synthesizer and a keyboard, unplugged and plugged in again during music, on JACK ports."""

import contextlib

import pytest
from loopback import free_port
from parts import MidiRecorder, eventually, instrument, need_binding, perform

from perform.commands.stats import request

RIG = """
[clock]
tempo = 320.0
[midi]
system = "jack"
binding = "{binding}"
[inputs.osc]
listen = "127.0.0.1:{port}"
[inputs.midi]
port = "Keystation"
[inputs.lead]
port = "Keystation"
[outputs.synth]
kind = "midi"
port = "MicroFreak"
[outputs.again]
kind = "midi"
port = "MicroFreak"
[[voices]]
name = "lead"
output = "synth"
[[voices]]
name = "bass"
role = "bass"
channel = 2
output = "again"
"""


@contextlib.contextmanager
def plugged_in():
    """A recorder at the synthesizer, and the keyboard."""
    with (
        contextlib.closing(MidiRecorder(instrument("input", "MicroFreak"))) as synth,
        contextlib.closing(instrument("output", "Keystation")) as keyboard,
    ):
        yield synth, keyboard


def plays(synth):
    heard = [message for _, message in list(synth.heard)]
    return {status for status, _, force in heard if status & 0xF0 == 0x90 and force} == {0x90, 0x91}


@pytest.mark.parametrize("binding", ["rtmidi", "supriya"])
def test_devices_work_again_after_they_are_plugged_in_again(jack, tmp_path, binding):
    need_binding(binding)
    port = free_port()
    (tmp_path / "rig.toml").write_text(RIG.format(port=port, binding=binding))

    def chords():
        return request(("127.0.0.1", port), "/sideman")["chords"]

    with contextlib.ExitStack() as ends:
        with plugged_in() as (synth, keyboard):
            daemon = ends.enter_context(perform("run", str(tmp_path / "rig.toml")))
            daemon.wait_for("ready")
            for note in (60, 64, 67):
                keyboard.send([0x90, note, 90])
            eventually(lambda: plays(synth))
        for name in ("MicroFreak", "Keystation"):
            daemon.wait_for(f":{name}' is gone")
        synth, keyboard = ends.enter_context(plugged_in())
        for name in ("MicroFreak", "Keystation"):
            daemon.wait_for(f":{name}' is back")
        for note in (62, 65, 69):
            keyboard.send([0x90, note, 90])
        eventually(lambda: plays(synth))
        # The daemon first ends the notes that still sound.
        assert synth.heard[0][1] == [0xB0, 64, 0]
        eventually(lambda: chords() == 2)
        status = daemon.end()
    assert status == 0
    said = [line for line in daemon.lines if "MIDI port" in line]
    assert len(said) == 4, said  # one line for each port, even if two inputs or outputs use it


def test_devices_that_are_plugged_in_after_the_start_play(jack, tmp_path):
    port = free_port()
    (tmp_path / "rig.toml").write_text(RIG.format(port=port, binding="auto"))
    with perform("run", str(tmp_path / "rig.toml")) as daemon:
        daemon.wait_for("ready")
        assert daemon.saw("[inputs.midi] no MIDI port is called 'Keystation'")
        with plugged_in() as (synth, keyboard):
            for name in ("MicroFreak", "Keystation"):
                daemon.wait_for(f"MIDI port '{name}' is back")
            for note in (60, 64, 67):
                keyboard.send([0x90, note, 90])
            eventually(lambda: plays(synth))
