"""The short recipes: their messages are in the registry, and their programs can open them."""

import json
import re
import shutil
import subprocess
import sys

import code_blocks
import pytest

from perform.control import registry
from perform.control.published import FEEDBACK
from perform.control.registry import STATE
from perform.daemon.app import REALTIME_PRIORITY
from perform.errors import MessageError
from perform.surfaces.node_red import reader
from perform.surfaces.svg import draw

PUBLISHED = {row.address for row in FEEDBACK}
OF_MQTT = {"/availability", "/state/stats"}  # published over MQTT only
TOPIC = re.compile(r"sideman/(?:group/[\w-]+|all|\+|[\w-]+)(/[\w/-]+)")


def is_published(address):
    if address.startswith(STATE):
        try:
            return registry.find(address.removeprefix(STATE))[0].published
        except MessageError:
            return address in PUBLISHED
    return address in PUBLISHED


def has_meaning(address, value):
    """Whether the daemon accepts a payload at an address."""
    control, voice = registry.find(address)
    if control.kind == "action":
        values = ()
    elif control.kind in ("number", "switch"):
        values = (float(value),)
    elif re.fullmatch(r"\d+( \d+)+", value):
        values = tuple(int(word) for word in value.split())
    else:
        values = (value,)
    return control.parse(values, voice) is not None


@pytest.fixture
def flow(root):
    return json.loads((root / "patches/node-red/flow.json").read_text())


def test_every_wire_of_the_flow_joins_nodes_of_its_tab(flow):
    by_id = {node["id"]: node for node in flow}
    assert len(by_id) == len(flow)
    tabs = [node["id"] for node in flow if node["type"] == "tab"]
    assert len(tabs) == 1
    wired = set()
    for node in flow:
        if node["type"] in ("tab", "mqtt-broker"):
            continue
        assert node["z"] == tabs[0]
        if node["type"].startswith("mqtt"):
            assert by_id[node["broker"]]["type"] == "mqtt-broker"
        for target in (target for port in node["wires"] for target in port):
            assert by_id[target]["type"] not in ("inject", "mqtt in", "comment", "tab")
            wired |= {node["id"], target}
    loose = [n["id"] for n in flow if n["type"] not in ("tab", "mqtt-broker", "comment")]
    assert set(loose) == wired


def test_the_nodes_of_the_flow_do_not_overlap(flow):
    places = [(node["x"], node["y"], node["id"]) for node in flow if "x" in node]
    for index, (x, y, name) in enumerate(places):
        for other_x, other_y, other in places[:index]:
            assert abs(x - other_x) >= 130 or abs(y - other_y) >= 35, (name, other)


def test_the_picture_of_the_flow_shows_all_its_nodes_and_wires(root, flow):
    path = root / "patches/node-red/flow.json"
    drawn = draw(reader.read_screens(path.read_bytes()))
    command = f"python -m perform.surfaces.node_red.reader {path.relative_to(root)} > flow.svg"
    assert path.with_suffix(".svg").read_text() == drawn, command
    texts = re.findall(r">([^<>]+)</text>", drawn)
    named = [node["name"] for node in flow if node["type"] not in ("tab", "mqtt-broker")]
    assert sorted(texts) == sorted([*named, "Sideman"])
    wires = sum(len(port) for node in flow for port in node.get("wires", ()))
    assert drawn.count("<path ") == wires


def test_the_flow_sends_valid_messages_and_subscribes_to_published_ones(flow):
    by_id = {node["id"]: node for node in flow}
    sent = 0
    for node in flow:
        if node["type"] == "mqtt in":
            (address,) = TOPIC.fullmatch(node["topic"]).groups()
            assert is_published(address) or address in OF_MQTT, node["topic"]
        if node["type"] == "inject":
            for target, value in follow(by_id, node["wires"][0], node["payload"]):
                (address,) = TOPIC.fullmatch(target["topic"]).groups()
                assert has_meaning(address, value), (address, value)
                sent += 1
    assert sent >= 10


def follow(by_id, targets, value):
    """The nodes and values at which a payload arrives, through the nodes that change it."""
    for target in (by_id[each] for each in targets):
        if target["type"] == "range":
            scaled = float(value) / float(target["maxin"]) * float(target["maxout"])
            yield from follow(by_id, target["wires"][0], str(scaled))
        elif target["type"] == "change":
            yield from follow(by_id, target["wires"][0], target["rules"][0]["to"])
        else:
            yield target, value


def test_home_assistant_publishes_valid_messages(root):
    yaml = pytest.importorskip("yaml")
    automations = yaml.safe_load((root / "patches/home-assistant/automations.yaml").read_text())
    assert len({each["alias"] for each in automations}) == len(automations) == 4
    published = [action["data"] for each in automations for action in each["actions"]]
    for data in published:
        (address,) = TOPIC.fullmatch(data["topic"]).groups()
        assert has_meaning(address, data["payload"]), data
    assert all(each["triggers"] and each["mode"] for each in automations)


@pytest.mark.parametrize(
    ("path", "sends", "receives"),
    [
        ("supercollider/sideman.scd", r'~send\.\("([^"]+)"', r'~receive\.\(\\\w+, "([^"]+)"'),
        ("sonic-pi/sideman.rb", r'osc "/sideman([^"]+)"', r'sync "/osc\*/sideman([^"]+)"'),
    ],
)
def test_programs_use_addresses_of_the_registry(root, path, sends, receives):
    text = (root / "patches" / path).read_text()
    sent, received = set(re.findall(sends, text)), set(re.findall(receives, text))
    assert {"/chord", "/subscribe"} <= sent
    assert {"/note", "/beat", "/state/tempo"} <= received
    for address in sent:
        registry.find(address)
    assert all(is_published(address) for address in received)


def test_the_sonic_pi_recipe_is_ruby(root):
    text = (root / "patches/sonic-pi/sideman.rb").read_text()
    code = re.sub(r'"[^"]*"|#.*', "", text)
    opened = len(re.findall(r"\bdo\b|^\s*if\b", code, re.MULTILINE))
    assert opened == len(re.findall(r"^\s*end\b", code, re.MULTILINE))
    loops = re.findall(r"live_loop (:\w+) do\n(.*?)^end", text, re.MULTILINE | re.DOTALL)
    assert len({name for name, _ in loops}) == len(loops) >= 4
    assert all("sync " in body or "sleep " in body for _, body in loops)  # else it is stopped
    if shutil.which("ruby"):
        done = subprocess.run(
            ["ruby", "-wc"], input=text, capture_output=True, text=True, check=False
        )
        assert done.stdout.strip() == "Syntax OK", done.stderr


def test_the_service_is_a_unit_with_real_time_priority(root, tmp_path):
    unit = (root / "patches/systemd/sideman.service").read_text()
    assert f"LimitRTPRIO={REALTIME_PRIORITY}\n" in unit
    (start,) = re.findall(r"^ExecStart=\S+/bin/(perform .+)$", unit, re.MULTILINE)
    assert code_blocks.is_valid(start)
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    here = tmp_path / "sideman.service"
    here.write_text(re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", unit))
    done = subprocess.run(
        ["systemd-analyze", "verify", here], capture_output=True, text=True, check=False
    )
    assert "sideman" not in done.stderr, done.stderr
