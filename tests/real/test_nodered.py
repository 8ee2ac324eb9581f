"""The Node-RED flow of patches/ in a real Node-RED, with a broker and Sideman."""

import json
import urllib.request

import pytest
from brokers import Broker
from loopback import free_port
from parts import START_SECONDS, Program, eventually, need, perform

RIG = """
[inputs.osc]
listen = "127.0.0.1:{osc}"
[outputs.max]
kind = "osc"
to = "127.0.0.1:{output}"
[[voices]]
name = "lead"
[mqtt]
broker = "127.0.0.1:{broker}"
name = "hall"
groups = ["ground-floor"]
"""
# The settings of a user: no telemetry, and access from this machine only.
SETTINGS = """module.exports = {
  uiHost: "127.0.0.1", flowFile: "flow.json", telemetry: { enabled: false },
  logging: { console: { level: "info" } },
}
"""


@pytest.fixture
def broker(tmp_path):
    one = Broker(tmp_path).start()
    yield one
    one.end()


@pytest.fixture
def hall(broker, tmp_path):
    rig = tmp_path / "rig.toml"
    rig.write_text(RIG.format(osc=free_port(), output=free_port(), broker=broker.port))
    daemon = perform("run", str(rig)).started("ready")
    yield daemon
    assert daemon.end() == 0
    assert not daemon.saw("Traceback")


@pytest.fixture
def node_red(broker, hall, root, tmp_path):
    """A Node-RED with the flow, connected to the broker. Debug nodes also print to its console."""
    program = root / ".node-red" / "node_modules" / ".bin" / "node-red"
    need(str(program))
    flow = json.loads((root / "patches/node-red/flow.json").read_text())
    for node in flow:
        if node["type"] == "mqtt-broker":
            node["port"] = str(broker.port)
        if node["type"] == "debug":
            node["console"] = True
    (tmp_path / "flow.json").write_text(json.dumps(flow))
    settings, port = tmp_path / "settings.js", free_port()
    settings.write_text(SETTINGS)
    one = Program(
        str(program), "-u", str(tmp_path), "-s", str(settings), "-p", str(port),
        env={"HOME": str(tmp_path)},
    )  # fmt: skip
    one.press = lambda node: urllib.request.urlopen(
        urllib.request.Request(f"http://127.0.0.1:{port}/inject/{node}", data=b"", method="POST"),
        timeout=START_SECONDS,
    ).close()
    yield one
    one.end()


def test_buttons_control_the_installation_and_the_flow_shows_its_chord(broker, node_red):
    node_red.wait_for("Connected to broker")
    published = broker.listen("sideman/hall/state/#")
    try:
        node_red.wait_for("[debug:online, offline] online")
        node_red.press("sideman-start")
        eventually(lambda: published.saw("state/transport start"))
        for button, chord in (("sideman-chord-2", "G7"), ("sideman-chord-4", "C7")):
            node_red.press(button)
            node_red.wait_for(f"[debug:sounding chord] {chord}")
        node_red.press("sideman-light-2")
        eventually(lambda: published.saw("state/target/density 0.9"))
        eventually(lambda: published.saw("state/weight/density 1"))
        node_red.wait_for("[debug:late notes]")
        node_red.press("sideman-stop")
        eventually(lambda: published.saw("state/transport stop"))
        assert not [it for it in node_red.lines if "[error]" in it]
    finally:
        published.end()
