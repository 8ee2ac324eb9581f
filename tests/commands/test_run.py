"""The line that says ready: what listens where, and who may be heard there."""

import io

import pytest

from perform.commands import run
from perform.config.load import default_rig, parse_rig
from perform.errors import RigError
from perform.panel.listener import open_door


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
    assert run.welcome(rig) == (
        "ready: hears OSC 127.0.0.1:9000 (this machine), "
        "OSC over TCP 0.0.0.0:9002 (this machine, 192.168.1.0/24, 10.0.0.7), MIDI Sideman chords, "
        "MIDI controller nanoKONTROL, MIDI clock Groovebox, MQTT sideman/sideman at localhost:1883, "
        "panel 0.0.0.0:8137 (whoever has the token); lead (blues) to max"
    )


def test_it_says_that_everybody_may_or_this_machine_alone():
    output = '[outputs.max]\nkind = "osc"\nto = "127.0.0.1:9001"\n'
    loud = run.welcome(parse_rig('[inputs.osc]\nlisten = "0.0.0.0:9000"\n' + output))
    assert "OSC 0.0.0.0:9000 (everybody on the network);" in loud
    assert "hears OSC 127.0.0.1:9000 (this machine); " in run.welcome(parse_rig(output))


@pytest.mark.parametrize("half", ["0.0.0.0", "8137", ":8137", "::"])
def test_half_an_address_of_the_panel_is_answered(half):
    with pytest.raises(RigError, match=f"^--panel {half}: write host and port"):
        run.panel_at(half, None)


def test_where_the_code_to_scan_cannot_be_drawn_the_address_is_there(monkeypatch):
    door = open_door("0.0.0.0", 0)
    door.listening.close()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    assert run.welcome(default_rig(), door).startswith("panel: http://")
