"""Knobs and pads of a MIDI controller, and what each turns: by the rig, or learnt by touching one."""

import logging
from collections.abc import Mapping
from typing import Any, cast

from perform.config.schema import TAKEN_CONTROLLERS
from perform.control import registry
from perform.engine.parameters import CHANCE
from perform.events import Event

log = logging.getLogger(__name__)
CONTROL, NOTE_ON = 0xB0, 0x90
PAD = "note "
UPPER_HALF = 64


class Controller:
    """Controllers by number ("21") and pads by note ("note 36"), each with the address that it sends to.

    A knob sweeps the whole range of what it turns. A pad that goes down, however softly, does what takes no value, and
    turns a switch to its other side. A value behind the address is said by a pad that goes down, and by a controller
    that comes to its upper half. `values`: where everything stands. Pure: it is told messages and answers with events.
    """

    def __init__(
        self, mapping: Mapping[str, str], values: Mapping[str, str | float] | None = None
    ) -> None:
        self._mapping = dict(mapping)
        self._values = {} if values is None else values
        self._pushed: dict[str, int] = {}
        self._learning: str | None = None

    @property
    def mapping(self) -> dict[str, str]:
        """What is mapped now, as the rig spells it."""
        return dict(self._mapping)

    def learn(self, address: str) -> None:
        """What is touched next turns this address. WireError for an address that there is none of."""
        registry.mapped(address)
        self._learning = address

    def hear(self, message: list[int]) -> Event | None:
        """The event that a raw message means; None for what is not mapped, WireError for what cannot be turned."""
        source = _source(message)
        if source is None:
            return None
        if self._learning is not None and message[2] > 0:
            self._mapping[source] = self._learning
            log.info('learnt; for the rig: cc = { "%s" = "%s" }', source, self._learning)
            self._learning = None
        address = self._mapping.get(source)
        return None if address is None else self._event(address, source, message[2])

    def _event(self, address: str, source: str, value: int) -> Event | None:
        control, voice, said = registry.mapped(address)
        meaning: Any = None
        if said:
            if self._goes_down(source, value, UPPER_HALF):
                meaning = control.read(said, voice)
        elif control.kind == "number" and control.low is not None and control.high is not None:
            meaning = control.read((_swept(control.low, control.high, value),), voice)
        elif self._goes_down(source, value):
            switched = (int(not self._values.get(address)),) if control.kind == "switch" else ()
            meaning = control.read(switched, voice)
        return cast(Event | None, meaning)

    def _goes_down(self, source: str, value: int, least: int = 1) -> bool:
        """Whether a pad is pressed by this message: it was up, or says so once more as it never says up. `least`: from
        where on a controller is down; a pad always is.
        """
        was, self._pushed[source] = self._pushed.get(source, 0), value
        if source.startswith(PAD):
            return value > 0
        return value >= least and (was < least or was == value)


def _swept(low: float, high: float, value: int) -> float:
    """Where a knob at `value` (0 to 127) stands. What can be left to chance is so at the very left alone."""
    if low == CHANCE:
        return low if value == 0 else (value - 1) / 126 * high
    return low + value / 127 * (high - low)


def _source(message: list[int]) -> str | None:
    if len(message) < 3:
        return None
    kind = message[0] & 0xF0
    if kind == CONTROL and message[1] not in TAKEN_CONTROLLERS:
        return str(message[1])
    return f"{PAD}{message[1]}" if kind == NOTE_ON else None
