"""What is called what at a broker, and what payloads mean: topics to addresses of the table, bytes to values.

An installation hears PREFIX/NAME/ADDRESS, PREFIX/group/GROUP/ADDRESS and PREFIX/all/ADDRESS; what it tells is at
PREFIX/NAME/state/ADDRESS, .../notes/VOICE, .../beat, .../error and .../availability.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from perform.config.mqtt import MqttConfig
from perform.errors import MessageError

OURS = ("state", "notes", "beat", "error", "availability")
MOST_PAYLOAD = 16384  # bytes: four for each character of the longest chart
SWITCHED = {"on": 1, "true": 1, "yes": 1, "off": 0, "false": 0, "no": 0}
WISHES_QOS, STATE_QOS = 1, 0  # where the rig says nothing
PANIC = "/panic"
LONGEST_CLIENT = 23
_DIGITS = re.compile(r"-?\d{1,9}([\s,]+-?\d{1,9})+", re.ASCII)
_VOICE = re.compile("/voice/[^/]+/").match
Values = tuple[Any, ...]


class Topics:
    """The topics of one installation. `controls`: address -> the control as JSON says it."""

    def __init__(self, mqtt: MqttConfig, controls: Mapping[str, Mapping[str, Any]]) -> None:
        self._prefix = f"{mqtt.prefix}/"
        self._home = f"{mqtt.prefix}/{mqtt.name}/"
        others = [f"group/{group}" for group in mqtt.groups]
        self._ways = (self._home, *(f"{mqtt.prefix}/{way}/" for way in (*others, "all")))
        self._qos = mqtt.qos
        self._controls = controls
        self._of_voices = {it.split("/", 3)[3]: how for it, how in controls.items() if _VOICE(it)}

    def of(self, *words: str) -> str:
        """The topic of ours that these words spell: "state" and "/tempo" -> PREFIX/NAME/state/tempo."""
        return self._home + "/".join(word.strip("/") for word in words)

    def filters(self) -> list[tuple[str, int]]:
        """What to subscribe to, with the best quality that is wanted of anything: all that can be said to us, and
        what is misspelt or says it to nobody, so that it can be answered. What we tell ourselves comes back.
        """
        best = max(self.qos(address, WISHES_QOS) for address in self._controls)
        return [(f"{self._prefix}+", 0), *((f"{way}#", best) for way in self._ways)]

    def stands(self, topic: str) -> bool:
        """Whether of a topic only the newest matters: it is where something stands, or panic. What is of a moment
        (a note, a tap, a snapshot to keep) is heard one by one.
        """
        address = self.address(topic)
        control = None if address is None else self.control(address)
        return control is None or control["told"] or address == PANIC

    def control(self, address: str) -> Mapping[str, Any] | None:
        """The control at an address; for a voice that is not there, what it would be. None for nonsense."""
        found = self._controls.get(address)
        if found is None and _VOICE(address):
            return self._of_voices.get(address.split("/", 3)[3])
        return found

    def qos(self, address: str, default: int) -> int:
        """The quality that the rig wants at an address of ours: that of the longest beginning it names."""
        words = address.strip("/").split("/")
        for count in range(len(words), 0, -1):
            named = self._qos.get("/".join(words[:count]))
            if named is not None:
                return named
        return self._qos.get("", default)

    def address(self, topic: str) -> str | None:
        """The address that a topic means; None for what we tell ourselves, and for what is said to nobody."""
        way = next((way for way in self._ways if topic.startswith(way)), None)
        return None if way is None or self.ours(topic) else f"/{topic[len(way) :]}"

    def ours(self, topic: str) -> bool:
        """Whether it is we who tell something there."""
        words = topic.removeprefix(self._home)
        return words != topic and words.partition("/")[0] in OURS

    def client(self, purpose: str = "") -> str:
        """What this installation is called as a client for a purpose: no other's, and letters and figures that every
        broker takes (MQTT 3.1.1, 3.1.3.1: 23 of them).
        """
        whose = hashlib.sha256(f"{self._home}{purpose}".encode()).hexdigest()
        return f"sideman{whose}"[:LONGEST_CLIENT]


def values(payload: bytes, control: Mapping[str, Any] | None) -> Values | None:
    """What a payload says to a control (none: an address that is not in the table). None where it says
    nothing: an empty payload, by which a retained message is cleared.

    WireError for what is too long, or no text.
    """
    text = _text(payload)
    kind = control["kind"] if control is not None else ""
    if not text:
        return ("",) if control and kind == "text" and control["default"] == "" else None
    if control is None:
        return (text,)
    match kind:
        case "action":
            return _pressed(text)
        case "request":
            return (text,) if control["takes"] else ()
        case "switch":
            return (SWITCHED.get(text.lower(), _number(text)),)
        case "number":
            return (_number(text),)
        case "text":
            return (text,)
    return _words(text, control)


def _text(payload: bytes) -> str:
    if len(payload) > MOST_PAYLOAD:
        raise MessageError(f"a payload has at most {MOST_PAYLOAD} bytes")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        raise MessageError("a payload is text (UTF-8)") from None
    if any(letter < " " and letter not in "\t\r\n" for letter in text):
        raise MessageError("a payload is text, without control characters")
    return text


def _pressed(text: str) -> Values:
    """Anything presses a button, but what says that it comes up."""
    return (0,) if SWITCHED.get(text.lower(), _number(text)) == 0 else ()


def _words(text: str, control: Mapping[str, Any]) -> Values:
    """JSON ("Cm7", [60, 64, 67], ["trade", 4]), numbers ("60 64 67"), or words as they are."""
    if text[0] in '["':
        try:
            said = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            raise MessageError("this is no JSON") from None
        flat = said if isinstance(said, list) else [said]
        if not all(isinstance(one, str | int | float) for one in flat):
            raise MessageError("takes a list of numbers, or of words")
        return tuple(flat)
    if control["kind"] in ("chord", "note") and _DIGITS.fullmatch(text):
        return tuple(int(word) for word in re.split(r"[\s,]+", text))
    if control["kind"] == "choice" and control["takes"] == "s[i]":
        name, *rest = text.split()
        return (name, *(_number(word) for word in rest))
    return (text,)


def _number(text: str) -> float | str:
    """The number that a text spells, or the text, so that whoever reads it says what is wrong."""
    try:
        return float(text)
    except ValueError:
        return text


def spell(value: str | float) -> str:
    """A value as a payload."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
