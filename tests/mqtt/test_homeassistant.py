"""The discovery message covers all controls, and every payload of its entities is understood."""

import json
import re

import pytest

from perform.config.mqtt import MqttConfig
from perform.control import registry
from perform.mqtt.homeassistant import STATS, discovery, with_removed
from perform.mqtt.topics import Topics, parse_payload

VOICES = ("lead", "left hand")
CONTROLS = {
    address: control.as_json() | {"address": address}
    for address, control in registry.addresses(VOICES)
}
MODELS = ["blues", "bebop"]
MQTT = MqttConfig(broker="h:1", name="foyer", prefix="museum/east", discovery="homeassistant")
# the options of each platform, as far as we use them (Home Assistant's documentation, 2024.11)
COMMON = {
    "platform", "name", "unique_id", "entity_category", "enabled_by_default", "value_template",
    "state_topic",
}  # fmt: skip
OPTIONS = {
    "number": {"command_topic", "min", "max", "step", "unit_of_measurement"},
    "select": {"command_topic", "options"},
    "switch": {"command_topic", "payload_on", "payload_off"},
    "button": {"command_topic"},
    "text": {"command_topic", "max"},
    "sensor": {"unit_of_measurement"},
}


@pytest.fixture(scope="module")
def message():
    return discovery(MQTT, Topics(MQTT, CONTROLS), CONTROLS.values(), MODELS, "1.2.3")


@pytest.fixture(scope="module")
def components(message):
    return json.loads(message.payload)["components"]


def test_the_message_describes_one_device_and_is_retained(message):
    described = json.loads(message.payload)
    assert message.retain
    # <prefix>/device/<object id>/config, the id of letters, digits, _ and -
    assert re.fullmatch(r"homeassistant/device/[a-zA-Z0-9_-]+/config", message.topic)
    assert described["device"]["identifiers"] == [message.topic.split("/")[2]]
    assert described["device"]["name"] == "Sideman foyer"
    assert described["origin"]["name"] == "Sideman"
    assert described["availability_topic"] == "museum/east/foyer/availability"


def test_each_entity_has_only_options_of_its_platform(components):
    for name, entity in components.items():
        assert re.fullmatch(r"[a-zA-Z0-9_-]+", name)
        assert set(entity) <= COMMON | OPTIONS[entity["platform"]], name
        assert entity.get("entity_category") in (None, "config", "diagnostic")
        # a config entity has a command, a diagnostic one has none
        assert ("command_topic" in entity) == (entity["platform"] != "sensor")
    assert len({entity["unique_id"] for entity in components.values()}) == len(components)


def test_every_control_but_notes_and_requests_has_an_entity(components):
    topics = {entity.get("command_topic") for entity in components.values()} - {None}
    expected = {
        f"museum/east/foyer{address}"
        for address, control in CONTROLS.items()
        if control["kind"] not in ("note", "request")
    }
    assert topics == expected


def test_each_published_value_has_its_state_topic(components):
    for entity in components.values():
        if "command_topic" not in entity:
            continue
        address = entity["command_topic"].removeprefix("museum/east/foyer")
        topic = entity.get("state_topic")
        assert topic == (f"museum/east/foyer/state{address}" if CONTROLS[address]["told"] else None)
    assert {f"figure_{name}" for name in STATS} <= set(components)
    assert components["refused"]["state_topic"] == "museum/east/foyer/error"


def test_every_payload_of_an_entity_is_parsed(components):
    for entity in components.values():
        payloads = {
            "number": [
                entity.get("min"),
                entity.get("max"),
                {20: 97, 1: 8}.get(entity.get("min"), 0.5),
            ],
            "select": entity.get("options"),
            "switch": ["1", "0"],
            "button": ["PRESS"],
            "text": [],
            "sensor": [],
        }[entity["platform"]]
        for payload in payloads:
            address = entity["command_topic"].removeprefix("museum/east/foyer")
            values = parse_payload(str(payload).encode(), CONTROLS[address])
            assert registry.parse(address, values) is not None


def test_voices_with_similar_names_stay_different_entities(components):
    names = ("a b", "a-b", "a_b", "ä b")
    controls = {
        address: control.as_json() | {"address": address}
        for address, control in registry.addresses(names)
    }
    message = discovery(MQTT, Topics(MQTT, controls), controls.values(), MODELS, "1")
    mutes = [name for name in json.loads(message.payload)["components"] if name.endswith("mute")]
    assert len(mutes) == len(names)


def test_the_entities_of_a_voice_that_is_gone_go_with_it(message, components):
    swing = CONTROLS["/swing"] | {"address": "/voice/gone/swing"}
    before = CONTROLS | {swing["address"]: swing}
    former = discovery(MQTT, Topics(MQTT, before), before.values(), MODELS, "1")
    config = with_removed(message, former.encoded)
    removed = json.loads(config.payload)["components"]
    assert removed == {**components, "voice_gone_swing": {"platform": "number"}}
    assert with_removed(config, config.encoded) == config
    for other in (b"", b"no JSON", b"[]", b'{"components": [1]}', message.encoded):
        assert json.loads(with_removed(message, other).payload)["components"] == components
