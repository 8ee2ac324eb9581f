"""What Home Assistant is told so that an installation appears there as one device: MQTT device discovery.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload (Home Assistant 2024.11 and later).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from perform.config.mqtt import MqttConfig
from perform.mqtt.queues import QueuedMessage
from perform.mqtt.topics import Topics

LONGEST_STATE = 255  # characters that an entity of theirs can hold
FIGURES = {
    "bars": "bars",
    "notes": "notes",
    "chords": "chords",
    "late_phrases": "phrases too late",
    "missed": "bars without their phrase",
    "substituted": "bars with another phrase",
    "late": "late notes",
    "late_p99": "lateness (p99)",
    "refused": "messages refused",
}
STEPS = 200  # of a fader, from low to high
FRONT = ("/chord", "/chart", "/transport", "/tempo", "/metre", "/key", "/model", "/mode", "/panic")
Entity = dict[str, Any]


def discovery(
    mqtt: MqttConfig,
    topics: Topics,
    controls: Iterable[Mapping[str, Any]],
    models: Iterable[str],
    version: str,
) -> QueuedMessage:
    """The message that describes the installation: a device with an entity for each control of the table."""
    device = _identifier(f"sideman_{mqtt.prefix}_{mqtt.name}")
    entities: dict[str, Entity] = {}
    for control in controls:
        entity = _of_control(control, topics, list(models))
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
        "availability_topic": topics.of("availability"),
        "components": {
            name: {"unique_id": f"{device}_{name}", **entity} for name, entity in entities.items()
        },
    }
    topic = f"{mqtt.discovery}/device/{device}/config"
    return QueuedMessage(topic, msgspec.json.encode(described), 1, retain=True)


def _of_control(control: Mapping[str, Any], topics: Topics, models: list[str]) -> Entity | None:
    """The entity that shows a control; None for what no entity can be: notes, and requests."""
    address, kind = control["address"], control["kind"]
    shape = _shape(control, models)
    if shape is None:
        return None
    entity = {
        "name": address[1:].removeprefix("voice/").replace("/", " "),
        "command_topic": topics.of(address),
        **shape,
    }
    if control["told"]:
        entity["state_topic"] = topics.of("state", address)
    if address not in FRONT and kind != "action":
        entity["entity_category"] = "config"
    if address.startswith("/voice/") and kind == "number":
        entity["enabled_by_default"] = False  # dozens a voice: whoever wants one switches it on
    return entity


def _shape(control: Mapping[str, Any], models: list[str]) -> Entity | None:
    match control["kind"]:
        case "number":
            low, high = control["low"], control["high"]
            unit = {"unit_of_measurement": "bpm"} if control["unit"] == "bpm" else {}
            whole = control["takes"] == "i"
            step = 1 if whole else 0.1 if unit else (high - low) / STEPS
            return {"platform": "number", "min": low, "max": high, "step": step, **unit}
        case "switch":
            return {"platform": "switch", "payload_on": "1", "payload_off": "0"}
        case "choice":
            return _select(control["choices"])
        case "text" if control["address"].rpartition("/")[2] in ("model", "other"):
            return _select(models)
        case "text" | "chord":
            # a chart may be longer than what they hold
            cut = {"value_template": f"{{{{ value[:{LONGEST_STATE}] }}}}"}
            return {"platform": "text", "max": LONGEST_STATE, **(cut if control["told"] else {})}
        case "action":
            return {"platform": "button"}
    return None


def _select(options: Iterable[str]) -> Entity:
    """A choice; what else may be there, as a metre that is spelled, shows as unknown."""
    known = list(options)
    listed = msgspec.json.encode(known).decode()
    return {
        "platform": "select",
        "options": known,
        "value_template": f"{{{{ value if value in {listed} else 'none' }}}}",
    }


def _sensors(topics: Topics) -> dict[str, Entity]:
    """What can only be looked at: the chord that sounds, the bar of the chart, what was refused, and the figures."""
    shown: dict[str, Entity] = {
        "sounding": {
            "platform": "sensor",
            "name": "chord that sounds",
            "state_topic": topics.of("state/chord"),
        },
        "bar": {
            "platform": "sensor",
            "name": "bar of the chart",
            "state_topic": topics.of("state/chart/bar"),
        },
        "refused": {
            "platform": "sensor",
            "name": "refused last",
            "state_topic": topics.of("error"),
            "value_template": f"{{{{ (value_json.address ~ ' ' ~ value_json.why)[:{LONGEST_STATE}] }}}}",
            "entity_category": "diagnostic",
        },
    }
    for figure, name in FIGURES.items():
        shown[f"figure_{figure}"] = {
            "platform": "sensor",
            "name": name,
            "state_topic": topics.of("state/stats"),
            "value_template": f"{{{{ value_json.{figure} }}}}",
            "entity_category": "diagnostic",
            **({"unit_of_measurement": "ms"} if figure == "late_p99" else {}),
        }
    return shown


def _identifier(text: str) -> str:
    """A text of the letters that they allow (A-Z, a-z, 0-9, _ and -); different texts stay different."""
    return re.sub(r"[^A-Za-z0-9-]", lambda it: "_" if it[0] in "/_" else f"_{ord(it[0]):x}_", text)
