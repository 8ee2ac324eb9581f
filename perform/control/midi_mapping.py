"""MIDI mapping: what each controller and pad of a MIDI controller sets, by the rig or learnt."""

import logging
from collections.abc import Mapping
from typing import Any, cast

from perform.control import registry
from perform.engine.parameters import UNSET
from perform.errors import MessageError
from perform.events import Event

log = logging.getLogger(__name__)
CONTROL_CHANGE, NOTE_ON = 0xB0, 0x90
PAD = "note "
UPPER_HALF = 64
TAKEN_CONTROLLERS = {64, *range(120, 128)}  # the sustain pedal, and channel mode messages


class MidiMapping:
    """The address that each controller ("21": its number) and pad ("note 36": its note) sets.

    A controller sweeps the whole range of a number. A pad that goes down, at any velocity, triggers
    an action, and inverts a switch. An address with a value behind it gets that value from a pad
    that goes down, and from a controller that enters its upper half. `values`: the present value at
    each address. `has_controller`: whether a MIDI controller is open. Pure: MIDI messages in,
    events out.
    """

    def __init__(
        self, mapping: Mapping[str, str], values: Mapping[str, str | float] | None = None
    ) -> None:
        self._addresses = dict(mapping)
        self._values = {} if values is None else values
        self._last: dict[str, int] = {}
        self._learning: str | None = None
        self.has_controller = False

    @property
    def addresses(self) -> dict[str, str]:
        """The address of each controller and pad, as the rig writes them."""
        return dict(self._addresses)

    def learn(self, address: str) -> None:
        """Map the next controller or pad that is touched to an address.

        MessageError without a controller, and for an address that does not exist, or that no
        controller can set.
        """
        if not self.has_controller:
            raise MessageError("no controller to learn from; name one in [inputs.surface]")
        registry.parse_mapping(address)
        self._learning = address

    def handle(self, message: list[int]) -> Event | None:
        """The event that a raw MIDI message causes; None for what is not mapped.

        MessageError for what cannot be set.
        """
        source = _source(message)
        if source is None:
            return None
        if self._learning is not None and message[2] > 0:
            self._addresses[source] = self._learning
            log.info('learnt; for the rig: cc = { "%s" = "%s" }', source, self._learning)
            self._learning = None
        address = self._addresses.get(source)
        return None if address is None else self._event(address, source, message[2])

    def _event(self, address: str, source: str, value: int) -> Event | None:
        control, voice, fixed = registry.parse_mapping(address)
        event: Any = None
        if fixed:
            if self._goes_down(source, value, UPPER_HALF):
                event = control.parse(fixed, voice)
        elif control.kind == "number" and control.low is not None and control.high is not None:
            event = control.parse((_swept(control.low, control.high, value),), voice)
        elif self._goes_down(source, value):
            inverted = (int(not self._values.get(address)),) if control.kind == "switch" else ()
            event = control.parse(inverted, voice)
        return cast(Event | None, event)

    def _goes_down(self, source: str, value: int, least: int = 1) -> bool:
        """Whether this message presses a pad, or brings a controller to `least` or above.

        Some controllers never send the value of the release: the same value twice is a press, too.
        """
        before, self._last[source] = self._last.get(source, 0), value
        if source.startswith(PAD):
            return value > 0
        return value >= least and (before < least or before == value)


def _swept(low: float, high: float, value: int) -> float:
    """The value of a control where a controller is at `value` (0 to 127).

    A target that may be left to chance is left to chance at 0 alone.
    """
    if low == UNSET:
        return low if value == 0 else (value - 1) / 126 * high
    return low + value / 127 * (high - low)


def _source(message: list[int]) -> str | None:
    if len(message) < 3:
        return None
    kind = message[0] & 0xF0
    if kind == CONTROL_CHANGE and message[1] not in TAKEN_CONTROLLERS:
        return str(message[1])
    return f"{PAD}{message[1]}" if kind == NOTE_ON else None
