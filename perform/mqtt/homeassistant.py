"""MQTT device discovery, with which Home Assistant shows an installation as one device.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload (Home Assistant 2024.11
and later).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from perform.config.mqtt import MqttConfig
from perform.mqtt.queues import QueuedMessage
from perform.mqtt.topics import Topics

MAX_STATE = 255  # characters of an entity's state in Home Assistant
STATS = {
    "bars": "bars",
    "notes": "notes",
    "chords": "chords",
    "late_phrases": "phrases too late",
    "missed": "bars without their phrase",
    "substituted": "bars with another phrase",
    "stalls": "stalls",
    "late": "late notes",
    "late_p99": "lateness (p99)",
    "refused": "messages refused",
}
FADER_STEPS = 200  # from low to high
# the controls of the main page; the others are in the configuration section
MAIN_CONTROLS = (
    "/song",
    "/chord",
    "/chart",
    "/transport",
    "/tempo",
    "/metre",
    "/key",
    "/model",
    "/mode",
    "/feel",
    "/panic",
)
Entity = dict[str, Any]


def discovery(
    mqtt: MqttConfig,
    topics: Topics,
    controls: Iterable[Mapping[str, Any]],
    models: Iterable[str],
    version: str,
) -> QueuedMessage:
    """The retained message that describes the installation: a device with an entity per control."""
    device = _identifier(f"sideman_{mqtt.prefix}_{mqtt.name}")
    entities: dict[str, Entity] = {}
    for control in controls:
        entity = _control_entity(control, topics, list(models))
        if entity is not None:
            entities[_identifier(control["address"][1:])] = entity
    entities |= _sensors(topics)
    described = {
        "device": {
            "identifiers": [device],
            "name": "Sideman" if mqtt.name == "sideman" else f"Sideman {mqtt.name}",
            "model": "Sideman",
            "sw_version": version,
        },
        "origin": {"name": "Sideman", "sw_version": version},
        "availability_topic": topics.topic("availability"),
        "components": {
            name: {"unique_id": f"{device}_{name}", **entity} for name, entity in entities.items()
        },
    }
    topic = f"{mqtt.discovery}/device/{device}/config"
    return QueuedMessage(topic, msgspec.json.encode(described), 1, retain=True)


def with_removed(config: QueuedMessage, former: bytes) -> QueuedMessage:
    """The configuration, with the platform alone of each entity that only a former one has.

    By this Home Assistant removes the entity. A text that is no configuration changes nothing.
    """
    try:
        known = msgspec.json.decode(former)["components"]
        platforms = {name: entity["platform"] for name, entity in known.items()}
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        return config
    described = msgspec.json.decode(config.payload)
    for name, platform in platforms.items():
        described["components"].setdefault(name, {"platform": platform})
    return config._replace(payload=msgspec.json.encode(described))


def _control_entity(control: Mapping[str, Any], topics: Topics, models: list[str]) -> Entity | None:
    """The entity of a control; None for notes and requests, which no entity can show."""
    address, kind = control["address"], control["kind"]
    platform = _platform(control, models)
    if platform is None:
        return None
    entity = {
        "name": address[1:].removeprefix("voice/").replace("/", " "),
        "command_topic": topics.topic(address),
        **platform,
    }
    if control["told"]:
        entity["state_topic"] = topics.topic("state", address)
    if address not in MAIN_CONTROLS and kind != "action":
        entity["entity_category"] = "config"
    if address.startswith("/voice/") and kind == "number":
        entity["enabled_by_default"] = (
            False  # each voice has dozens; the user enables those that are needed
        )
    return entity


def _platform(control: Mapping[str, Any], models: list[str]) -> Entity | None:
    """The platform of a control's entity, with its options."""
    match control["kind"]:
        case "number":
            low, high = control["low"], control["high"]
            unit = {"unit_of_measurement": "bpm"} if control["unit"] == "bpm" else {}
            whole = control["takes"] == "i"
            step = 1 if whole else 0.1 if unit else (high - low) / FADER_STEPS
            return {"platform": "number", "min": low, "max": high, "step": step, **unit}
        case "switch":
            return {"platform": "switch", "payload_on": "1", "payload_off": "0"}
        case "choice":
            return _select(control["choices"])
        case "text" if control["address"].rpartition("/")[2] in ("model", "other"):
            return _select(models)
        case "text" | "chord":
            # a chart may be longer than an entity's state
            cut = {"value_template": f"{{{{ value[:{MAX_STATE}] }}}}"}
            return {"platform": "text", "max": MAX_STATE, **(cut if control["told"] else {})}
        case "action":
            return {"platform": "button"}
    return None


def _select(options: Iterable[str]) -> Entity:
    """A choice; another value, such as a metre that is not offered, shows as unknown."""
    known = list(options)
    names = msgspec.json.encode(known).decode()
    return {
        "platform": "select",
        "options": known,
        "value_template": f"{{{{ value if value in {names} else 'none' }}}}",
    }


def _sensors(topics: Topics) -> dict[str, Entity]:
    """The entities without a command: chord, bar, what is absent, the last error, the stats."""
    sensors: dict[str, Entity] = {
        "sounding": {
            "platform": "sensor",
            "name": "chord that sounds",
            "state_topic": topics.topic("state/chord"),
        },
        "bar": {
            "platform": "sensor",
            "name": "bar of the chart",
            "state_topic": topics.topic("state/chart/bar"),
        },
        "expected": {
            "platform": "sensor",
            "name": "chords expected next",
            "state_topic": topics.topic("state/chords/expected"),
            "value_template": f"{{{{ value[:{MAX_STATE}] }}}}",
        },
        "absent": {
            "platform": "sensor",
            "name": "absent",
            "state_topic": topics.topic("state/absent"),
            "value_template": f"{{{{ value[:{MAX_STATE}] }}}}",
            "entity_category": "diagnostic",
        },
        "refused": {
            "platform": "sensor",
            "name": "refused last",
            "state_topic": topics.topic("error"),
            "value_template": (
                f"{{{{ (value_json.address ~ ' ' ~ value_json.why)[:{MAX_STATE}] }}}}"
            ),
            "entity_category": "diagnostic",
        },
    }
    for stat, name in STATS.items():
        sensors[f"figure_{stat}"] = {
            "platform": "sensor",
            "name": name,
            "state_topic": topics.topic("state/stats"),
            "value_template": f"{{{{ value_json.{stat} }}}}",
            "entity_category": "diagnostic",
            **({"unit_of_measurement": "ms"} if stat == "late_p99" else {}),
        }
    return sensors


def _identifier(text: str) -> str:
    """A text in the allowed characters (A-Z, a-z, 0-9, _, -); different texts stay different."""
    return re.sub(r"[^A-Za-z0-9-]", lambda it: "_" if it[0] in "/_" else f"_{ord(it[0]):x}_", text)
