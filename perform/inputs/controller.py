"""A MIDI controller: its table in the rig, and its port."""

import re
from collections.abc import Callable, Iterator, Sequence

from msgspec import field

from perform.control import registry
from perform.control.midi_mapping import TAKEN_CONTROLLERS, MidiMapping
from perform.errors import MessageError, RigError, did_you_mean
from perform.events import Event
from perform.inputs.base import InputContext, InputTable
from perform.inputs.midi_base import MidiPort
from perform.midi.settings import MidiConfig
from perform.tables import rig_errors


class ControllerInputConfig(InputTable, frozen=True):
    """A MIDI controller, by `port` or `virtual`.

    `cc`: what each of its controllers and pads sets, as "21" = "/weight/steps" or "note 36" =
    "/more", with the value behind the address where it sends one value: "41" = "/transport start".
    """

    port: str | None = None
    virtual: str | None = None
    cc: dict[str, str] = field(default_factory=dict)

    def check(self, voices: Sequence[str]) -> None:
        """RigError for a source that no controller sends, and for what no controller can set."""
        known = dict(registry.addresses(voices))
        settable = [
            address for address, it in known.items() if it.kind in registry.SETTABLE_BY_MIDI
        ]
        for source, address in self.cc.items():
            where = f'[inputs.surface] cc "{source}" = "{address}"'
            _check_source(where, source)
            if not {address, address.rpartition(" ")[0]} & known.keys():
                near = did_you_mean(address, settable, cutoff=0.0)
                raise RigError(f"{where}: no such address{near}")
            with rig_errors(where):
                registry.parse_mapping(address)

    def describe(self) -> Iterator[str]:
        """The port."""
        yield f"MIDI controller {self.virtual or self.port}"

    async def open(self, context: InputContext) -> None:
        """Open the port. InputError says which ports there are."""
        reject = context.handler.log_rejection
        context.add(MidiController(self, context.midi, context.mapping, context.apply, reject))


def _check_source(where: str, source: str) -> None:
    sent = re.fullmatch(r"(note )?(\d{1,3})", source)
    if not sent or int(sent[2]) > 127:
        raise RigError(f'{where}: write a controller as "21" and a pad as "note 36", up to 127')
    if not sent[1] and int(sent[2]) in TAKEN_CONTROLLERS:
        raise RigError(
            f"{where}: controller {source} is the sustain pedal or a channel mode; take another"
        )


class MidiController(MidiPort):
    """The port of a MIDI controller: applies what its controllers and pads set.

    `reject`: gets one line for what cannot be set now.
    """

    def __init__(
        self,
        config: ControllerInputConfig,
        midi: MidiConfig,
        mapping: MidiMapping,
        apply: Callable[[Event], None],
        reject: Callable[[str], None],
    ) -> None:
        self._mapping = mapping
        self._apply = apply
        self._reject = reject
        super().__init__(config.port, config.virtual, midi)
        mapping.has_controller = True

    def _handle(self, message: list[int], _moment: float) -> None:
        try:
            event = self._mapping.handle(message)
            if event is not None:
                self._apply(event)
        except MessageError as error:
            self._reject(f"[inputs.surface] {error}")
