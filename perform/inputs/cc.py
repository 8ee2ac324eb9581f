"""Knobs and pads of a MIDI controller, and what each turns: by the rig, or learnt by touching one."""

import logging
from collections.abc import Mapping
from typing import Any, cast

from perform import controls
from perform.errors import WireError
from perform.events import Event

log = logging.getLogger(__name__)
CONTROL, NOTE_ON = 0xB0, 0x90
PRESSED = 64  # a button is down from here on
RESERVED = {64, 120, 121, 122, 123, 124, 125, 126, 127}  # the sustain pedal, and channel modes


class Surface:
    """Controllers by number ("21") and pads by note ("note 36"), each with the address that it sends to.

    A knob sweeps the whole range of what it turns; what takes no value is sent when a button or pad
    goes down. Pure: it is told messages and answers with events.
    """

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self._mapping = dict(mapping)
        self._learning: str | None = None

    @property
    def mapping(self) -> dict[str, str]:
        """What is mapped now, as the rig spells it."""
        return dict(self._mapping)

    def learn(self, address: str) -> None:
        """What is touched next turns this address. WireError for an address that there is none of."""
        check(address)
        self._learning = address

    def hear(self, message: list[int]) -> Event | None:
        """The event that a raw message means; None for what is not mapped."""
        source = _source(message)
        if source is None:
            return None
        if self._learning is not None and message[2] > 0:
            self._mapping[source] = self._learning
            log.info('learnt; for the rig: cc = { "%s" = "%s" }', source, self._learning)
            self._learning = None
        address = self._mapping.get(source)
        if address is None:
            return None
        try:
            return _event(address, message[2])
        except WireError as fault:
            log.warning("%s: %s", address, fault)
            return None


def check(address: str) -> None:
    """WireError unless a controller can turn this address."""
    _event(address, 127)


def _event(address: str, value: int) -> Event | None:
    control, voice = controls.find(address)
    meaning: Any = None
    if control.kind == "number" and control.low is not None and control.high is not None:
        swept = control.low + value / 127 * (control.high - control.low)
        meaning = control.read((swept,), voice)
    elif control.kind == "switch":
        meaning = control.read((int(value >= PRESSED),), voice)
    elif control.kind == "action":
        meaning = control.read((), voice) if value >= PRESSED else None
    else:
        raise WireError("a controller cannot turn this; it takes numbers, switches and actions")
    return cast(Event | None, meaning)


def _source(message: list[int]) -> str | None:
    if len(message) < 3:
        return None
    kind = message[0] & 0xF0
    if kind == CONTROL and message[1] not in RESERVED:
        return str(message[1])
    return f"note {message[1]}" if kind == NOTE_ON else None
