"""What Home Assistant is told covers the table, and what it would send back is understood."""

import json
import re

import pytest

from perform.config.mqtt import MqttConfig
from perform.control import registry
from perform.mqtt.homeassistant import FIGURES, discovery
from perform.mqtt.topics import Topics, values

VOICES = ("lead", "left hand")
TABLE = {
    address: control.as_json() | {"address": address}
    for address, control in registry.addresses(VOICES)
}
MODELS = ["blues", "bebop"]
MQTT = MqttConfig(broker="h:1", name="foyer", prefix="museum/east", discovery="homeassistant")
# the options that each of their platforms has, of those we use (their documentation, 2024.11)
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
def letter():
    return discovery(MQTT, Topics(MQTT, TABLE), TABLE.values(), MODELS, "1.2.3")


@pytest.fixture(scope="module")
def components(letter):
    return json.loads(letter.payload)["components"]


def test_the_message_is_one_device_that_is_kept(letter):
    told = json.loads(letter.payload)
    assert letter.retain
    # <prefix>/device/<object id>/config, the id of letters, digits, _ and -
    assert re.fullmatch(r"homeassistant/device/[a-zA-Z0-9_-]+/config", letter.topic)
    assert told["device"]["identifiers"] == [letter.topic.split("/")[2]]
    assert told["device"]["name"] == "Sideman foyer"
    assert told["origin"]["name"] == "Sideman"
    assert told["availability_topic"] == "museum/east/foyer/availability"


def test_each_platform_has_only_options_that_it_knows(components):
    for name, entity in components.items():
        assert re.fullmatch(r"[a-zA-Z0-9_-]+", name)
        assert set(entity) <= COMMON | OPTIONS[entity["platform"]], name
        assert entity.get("entity_category") in (None, "config", "diagnostic")
        # a config entity can be commanded, a diagnostic one cannot
        assert ("command_topic" in entity) == (entity["platform"] != "sensor")
    assert len({entity["unique_id"] for entity in components.values()}) == len(components)


def test_every_control_is_an_entity_but_notes_and_requests(components):
    commanded = {entity.get("command_topic") for entity in components.values()} - {None}
    wanted = {
        f"museum/east/foyer{address}"
        for address, control in TABLE.items()
        if control["kind"] not in ("note", "request")
    }
    assert commanded == wanted


def test_what_is_told_is_shown_where_it_is_told(components):
    for entity in components.values():
        if "command_topic" not in entity:
            continue
        address = entity["command_topic"].removeprefix("museum/east/foyer")
        told = entity.get("state_topic")
        assert told == (f"museum/east/foyer/state{address}" if TABLE[address]["told"] else None)
    assert {f"figure_{name}" for name in FIGURES} <= set(components)
    assert components["refused"]["state_topic"] == "museum/east/foyer/error"


def test_whatever_an_entity_sends_means_something(components):
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
            said = values(str(payload).encode(), TABLE[address])
            assert registry.parse(address, said) is not None


def test_voices_that_differ_in_a_letter_stay_two(components):
    names = ("a b", "a-b", "a_b", "ä b")
    table = {
        address: control.as_json() | {"address": address}
        for address, control in registry.addresses(names)
    }
    told = json.loads(discovery(MQTT, Topics(MQTT, table), table.values(), MODELS, "1").payload)
    mutes = [name for name in told["components"] if name.endswith("mute")]
    assert len(mutes) == len(names)
