"""Topics and payloads: topics <-> addresses of the control registry, payloads <-> values.

An installation gets PREFIX/NAME/ADDRESS, PREFIX/group/GROUP/ADDRESS and PREFIX/all/ADDRESS. It
publishes PREFIX/NAME/state/ADDRESS, .../notes/VOICE, .../beat, .../error and .../availability.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from perform.config.mqtt import MqttConfig
from perform.errors import MessageError

PUBLISHED = ("state", "notes", "beat", "error", "availability")
MAX_PAYLOAD = 16384  # bytes: four for each character of the longest chart
SWITCH_VALUES = {"on": 1, "true": 1, "yes": 1, "off": 0, "false": 0, "no": 0}
COMMAND_QOS, STATE_QOS = 1, 0  # where the rig says nothing
PANIC = "/panic"
MAX_CLIENT_ID = 23
_NUMBERS = re.compile(r"-?\d{1,9}([\s,]+-?\d{1,9})+", re.ASCII)
_VOICE = re.compile("/voice/[^/]+/").match
Values = tuple[Any, ...]


class Topics:
    """The topics of one installation. `controls`: by address, each control as its JSON."""

    def __init__(self, mqtt: MqttConfig, controls: Mapping[str, Mapping[str, Any]]) -> None:
        self._prefix = f"{mqtt.prefix}/"
        self._own = f"{mqtt.prefix}/{mqtt.name}/"
        others = [f"group/{group}" for group in mqtt.groups]
        self._bases = (self._own, *(f"{mqtt.prefix}/{base}/" for base in (*others, "all")))
        self._qos = mqtt.qos
        self._controls = controls
        self._voice_controls = {
            address.split("/", 3)[3]: control
            for address, control in controls.items()
            if _VOICE(address)
        }

    def topic(self, *words: str) -> str:
        """A topic of this installation: "state" and "/tempo" give PREFIX/NAME/state/tempo."""
        return self._own + "/".join(word.strip("/") for word in words)

    def filters(self) -> list[tuple[str, int]]:
        """The topic filters to subscribe to, with their quality of service.

        They cover all commands, misspelt topics (to reply to them), and what we publish ourselves.
        """
        best = max(self.qos(address, COMMAND_QOS) for address in self._controls)
        return [(f"{self._prefix}+", 0), *((f"{base}#", best) for base in self._bases)]

    def is_value(self, topic: str) -> bool:
        """Whether only the newest message of a topic counts: it sets a value, or is panic.

        Of an action (a note, a tap, a stored snapshot) every message counts.
        """
        address = self.address(topic)
        control = None if address is None else self.control(address)
        return control is None or control["told"] or address == PANIC

    def control(self, address: str) -> Mapping[str, Any] | None:
        """The control at an address, also for an unknown voice; None for an unknown address."""
        control = self._controls.get(address)
        if control is None and _VOICE(address):
            return self._voice_controls.get(address.split("/", 3)[3])
        return control

    def qos(self, address: str, default: int) -> int:
        """The quality of service that the rig names for the longest start of an address."""
        words = address.strip("/").split("/")
        for count in range(len(words), 0, -1):
            named = self._qos.get("/".join(words[:count]))
            if named is not None:
                return named
        return self._qos.get("", default)

    def address(self, topic: str) -> str | None:
        """The address of a command's topic; None for what we publish, and for unknown bases."""
        base = next((base for base in self._bases if topic.startswith(base)), None)
        return None if base is None or self.is_own(topic) else f"/{topic[len(base) :]}"

    def is_own(self, topic: str) -> bool:
        """Whether this installation publishes at a topic."""
        words = topic.removeprefix(self._own)
        return words != topic and words.partition("/")[0] in PUBLISHED

    def client_id(self, purpose: str = "") -> str:
        """The client identifier of this installation for a purpose; no other installation has it.

        Every broker takes it: at most 23 letters and digits (MQTT 3.1.1, 3.1.3.1).
        """
        digest = hashlib.sha256(f"{self._own}{purpose}".encode()).hexdigest()
        return f"sideman{digest}"[:MAX_CLIENT_ID]


def parse_payload(payload: bytes, control: Mapping[str, Any] | None) -> Values | None:
    """The values of a payload for a control; `control` is None for an unknown address.

    None for an empty payload, with which a retained message is cleared. MessageError for a payload
    that is too long, or no text.
    """
    text = _decode(payload)
    kind = control["kind"] if control is not None else ""
    if not text:
        return ("",) if control and kind == "text" and control["default"] == "" else None
    if control is None:
        return (text,)
    match kind:
        case "action":
            return _action(text)
        case "request":
            return _list(text, control) if control["takes"] else ()
        case "switch":
            return (SWITCH_VALUES.get(text.lower(), _number(text)),)
        case "number":
            return (_number(text),)
        case "text":
            return (text,)
    return _list(text, control)


def _decode(payload: bytes) -> str:
    if len(payload) > MAX_PAYLOAD:
        raise MessageError(f"a payload has at most {MAX_PAYLOAD} bytes")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        raise MessageError("a payload is text (UTF-8)") from None
    if any(character < " " and character not in "\t\r\n" for character in text):
        raise MessageError("a payload is text, without control characters")
    return text


def _action(text: str) -> Values:
    """No values, which triggers the action; 0 for a text that says a button is released."""
    return (0,) if SWITCH_VALUES.get(text.lower(), _number(text)) == 0 else ()


def _list(text: str, control: Mapping[str, Any]) -> Values:
    """The values of JSON ("Cm7", [60, 64, 67], ["trade", 4]) or numbers (60 64 67), or the text."""
    if text[0] in '["':
        try:
            decoded = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            raise MessageError("this is no JSON") from None
        values = decoded if isinstance(decoded, list) else [decoded]
        if not all(isinstance(value, str | int | float) for value in values):
            raise MessageError("takes a list of numbers, or of words")
        return tuple(values)
    if control["kind"] in ("chord", "note") and _NUMBERS.fullmatch(text):
        return tuple(int(word) for word in re.split(r"[\s,]+", text))
    if control["kind"] == "choice" and control["takes"] == "s[i]":
        name, *rest = text.split()
        return (name, *(_number(word) for word in rest))
    return (text,)


def _number(text: str) -> float | str:
    """The number of a text; any other text itself, so that the control's parser rejects it."""
    try:
        return float(text)
    except ValueError:
        return text


def format_value(value: str | float) -> str:
    """The payload of a value."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
