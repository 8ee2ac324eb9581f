"""`perform surface`: the files of a surface for a rig."""

import json

import pytest
from typer.testing import CliRunner

from perform.cli import app
from perform.errors import RigError, SidemanError

RIG = """
[inputs.osc]
listen = "0.0.0.0:7000"
allow = ["10.0.0.0/8"]
prefix = "/band/sideman"
[[voices]]
name = "trumpet"
[[voices]]
name = "tuba"
role = "bass"
"""


def run(*arguments):
    return CliRunner().invoke(app, ["surface", *map(str, arguments)], catch_exceptions=False)


def test_a_surface_has_the_voices_and_ports_of_its_rig(tmp_path):
    (tmp_path / "rig.toml").write_text(RIG)
    session = tmp_path / "mine.json"
    done = run("open-stage-control", tmp_path / "rig.toml", "-o", session, "--back", 7001)
    assert done.output.split() == [str(session), str(tmp_path / "mine.svg")]
    root = json.loads(session.read_text())["content"]
    assert root["target"] == ["127.0.0.1:7000"]
    labels = [tab["label"] for tab in root["widgets"][1]["tabs"]]
    assert labels == ["play", "all", "trumpet", "tuba"]
    assert "/band/sideman/voice/tuba/swing" in session.read_text()


def test_the_daemon_may_be_elsewhere_and_the_feedback_port_is_chosen(tmp_path):
    run("pd", "-o", tmp_path / "a.pd", "--daemon", "10.0.0.7:9100", "--back", 9105)
    patch = (tmp_path / "a.pd").read_text()
    assert " connect 10.0.0.7 9100;" in patch
    assert "netreceive -u -b 9105;" in patch
    run("max", "-o", tmp_path / "a.maxpat", "--daemon", "10.0.0.7:9100", "--back", 9105)
    assert "udpsend 10.0.0.7 9100" in (tmp_path / "a.maxpat").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.maxhelp", "a.maxpat", "a.pd", "a.svg",
    ]  # fmt: skip


def test_an_error_is_one_line(tmp_path):
    with pytest.raises(SidemanError, match="no surface is called"):
        run("maxx", "-o", tmp_path / "a")
    with pytest.raises(SidemanError, match="cannot be written"):
        run("pd", "-o", tmp_path / "nowhere" / "a.pd")
    (tmp_path / "rig.toml").write_text('[inputs.midi]\nvirtual = "keys"\n[[voices]]\nname = "a"\n')
    with pytest.raises(RigError, match="no OSC input"):
        run("pd", tmp_path / "rig.toml", "-o", tmp_path / "a.pd")
