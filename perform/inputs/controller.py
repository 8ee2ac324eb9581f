"""Knobs and pads of a MIDI controller, and what each turns: by the rig, or learnt by touching one."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from msgspec import field

from perform.control import registry
from perform.engine.parameters import UNSET
from perform.errors import MessageError, RigError, did_you_mean
from perform.events import Event
from perform.inputs.base import InputTable
from perform.inputs.midi_base import MidiPort
from perform.midi.system import MidiSystem
from perform.tables import rig_errors

log = logging.getLogger(__name__)
CONTROL, NOTE_ON = 0xB0, 0x90
TAKEN_CONTROLLERS = {64, *range(120, 128)}  # the sustain pedal, and channel modes
PAD = "note "
UPPER_HALF = 64


class ControllerInputConfig(InputTable, frozen=True):
    """A MIDI controller, by `port` or `virtual`.

    `cc`: what each of its controllers and pads sets, as "21" = "/weight/steps" or "note 36" = "/more",
    with the value behind the address where it sends one value: "41" = "/transport start".
    """

    port: str | None = None
    virtual: str | None = None
    cc: dict[str, str] = field(default_factory=dict)

    def check(self, voices: Sequence[str]) -> None:
        """RigError for a source that no controller sends, and for what no controller can set."""
        known = dict(registry.of_rig(voices))
        settable = [address for address, it in known.items() if it.kind in registry.TURNABLE]
        for source, address in self.cc.items():
            where = f'[inputs.surface] cc "{source}" = "{address}"'
            _check_source(where, source)
            if not {address, address.rpartition(" ")[0]} & known.keys():
                near = did_you_mean(address, settable, cutoff=0.0)
                raise RigError(f"{where}: no such address{near}")
            with rig_errors(where):
                registry.mapped(address)

    def describe(self) -> Iterator[str]:
        """The port."""
        yield f"MIDI controller {self.virtual or self.port}"


def _check_source(where: str, source: str) -> None:
    sent = re.fullmatch(r"(note )?(\d{1,3})", source)
    if not sent or int(sent[2]) > 127:
        raise RigError(f'{where}: write a controller as "21" and a pad as "note 36", up to 127')
    if not sent[1] and int(sent[2]) in TAKEN_CONTROLLERS:
        raise RigError(
            f"{where}: controller {source} is the sustain pedal or a channel mode; take another"
        )


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
    if low == UNSET:
        return low if value == 0 else (value - 1) / 126 * high
    return low + value / 127 * (high - low)


def _source(message: list[int]) -> str | None:
    if len(message) < 3:
        return None
    kind = message[0] & 0xF0
    if kind == CONTROL and message[1] not in TAKEN_CONTROLLERS:
        return str(message[1])
    return f"{PAD}{message[1]}" if kind == NOTE_ON else None


class MidiController(MidiPort):
    """Delivers what the knobs and pads of a controller turn. `refuse`: told in a line what cannot be turned now."""

    def __init__(
        self,
        config: ControllerInputConfig,
        system: MidiSystem,
        deliver: Callable[[Event], None],
        refuse: Callable[[str], None],
        values: Mapping[str, str | float],
    ) -> None:
        self.surface = Controller(config.cc, values)
        self._deliver = deliver
        self._refuse = refuse
        super().__init__(config.port, config.virtual, system)

    def _hear(self, message: list[int], _moment: float) -> None:
        try:
            event = self.surface.hear(message)
            if event is not None:
                self._deliver(event)
        except MessageError as fault:
            self._refuse(f"[inputs.surface] {fault}")
