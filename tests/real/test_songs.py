"""A set of songs on JACK ports: program changes select them, and reach the synthesizer."""

import contextlib

import pytest
from browser import OscListener
from loopback import free_port
from parts import MidiRecorder, eventually, instrument, need_binding, perform

RIG = """
[midi]
system = "jack"
binding = "{binding}"
[set]
file = "gig.toml"
[inputs.osc]
listen = "127.0.0.1:{port}"
[inputs.midi]
port = "Stomp"
[inputs.surface]
port = "Stomp"
programs = "songs"
[outputs.synth]
kind = "midi"
port = "Triton"
[[voices]]
name = "lead"
channel = 3
program = 12
volume = 90
"""
SET = """
[[songs]]
name = "Opener"
chart = "C7 | F7"
[[songs]]
name = "Ballad"
tempo = 60
[songs.voices.lead]
program = 33
bank = 130
"""
RIGS_SOUND = [[0xC2, 11], [0xB2, 7, 90]]
WHOLE = [[0xB2, 0, 1], [0xB2, 32, 2], [0xC2, 32], [0xB2, 7, 90]]


def told(synth):
    """The programs, banks and volumes that a synthesizer has got."""
    heard = [message for _, message in list(synth.heard)]
    return [it for it in heard if it[0] == 0xC2 or (it[0] == 0xB2 and it[1] in (0, 7, 32))]


@pytest.mark.parametrize("binding", ["rtmidi", pytest.param("supriya", marks=pytest.mark.long)])
def test_a_program_change_selects_a_song_whose_sound_is_told_again(jack, tmp_path, binding):
    need_binding(binding)
    port = free_port()
    (tmp_path / "rig.toml").write_text(RIG.format(port=port, binding=binding))
    (tmp_path / "gig.toml").write_text(SET)
    with contextlib.ExitStack() as ends:
        pedals = ends.enter_context(contextlib.closing(instrument("output", "Stomp")))
        with contextlib.closing(MidiRecorder(instrument("input", "Triton"))) as synth:
            daemon = ends.enter_context(perform("run", str(tmp_path / "rig.toml")).started("ready"))
            listener = ends.enter_context(contextlib.closing(OscListener(port)))
            listener.expect("/state/song", "Opener")
            eventually(lambda: told(synth)[-2:] == RIGS_SOUND)
            synth.heard.clear()
            pedals.send([0xC0, 1])
            listener.expect("/state/song", "Ballad")
            listener.expect("/state/tempo", 60.0)
            eventually(lambda: told(synth)[-4:] == WHOLE)
            assert RIGS_SOUND[0] not in told(synth)
        daemon.wait_for(":Triton' is gone")
        synth = ends.enter_context(contextlib.closing(MidiRecorder(instrument("input", "Triton"))))
        daemon.wait_for(":Triton' is back")
        eventually(lambda: told(synth) == WHOLE)
        synth.heard.clear()
        listener.send("/panic")
        listener.send("/transport", "continue")
        eventually(lambda: told(synth) == WHOLE)
        pedals.send([0xC0, 2])  # there is no third song
        daemon.wait_for("no song 3; the set has 2")
        assert daemon.end() == 0
