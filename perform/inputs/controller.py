"""A MIDI controller: its table in the rig, and its port."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from msgspec import field

from perform.control import registry
from perform.control.midi_mapping import Mapped, MidiMapping, check_mapping
from perform.control.midi_sources import wrong_spelling
from perform.control.parsers import KnobMode
from perform.control.set_commands import SetCommand
from perform.errors import MessageError, RigError, did_you_mean
from perform.events import Event
from perform.inputs.base import InputContext, InputTable
from perform.inputs.midi_base import MidiPort
from perform.midi.settings import MidiConfig
from perform.tables import RigTable, rig_errors


class KnobConfig(RigTable, frozen=True):
    """A controller that sets the number at address `to`. `mode`: how it is read, see `Knob`."""

    to: str
    mode: KnobMode = "takeover"


class ControllerInputConfig(InputTable, frozen=True):
    """A MIDI controller, by `port` or `virtual`.

    `cc`: what each of its controllers and pads sets, as "21" = "/weight/steps" or "note 36" =
    "/more", with the value behind the address where it sends one value: "41" = "/transport start".
    Program changes ("program 5"), "bend" and "aftertouch" are sources too. A knob that is not to
    take over is a table: "22" = { to = "/swing", mode = "jump" }.
    `programs`: "songs": a program change that is not in `cc` selects the song of its number.
    """

    port: str | None = None
    virtual: str | None = None
    cc: dict[str, str | KnobConfig] = field(default_factory=dict)
    programs: Literal["songs"] | None = None

    def check(self, voices: Sequence[str]) -> None:
        """RigError for a source that no controller sends, and for what no controller can set."""
        known = dict(registry.addresses(voices))
        settable = [
            address for address, it in known.items() if it.kind in registry.SETTABLE_BY_MIDI
        ]
        for source, (address, mode) in self.mapping().items():
            where = f'[inputs.surface] cc "{source}" = "{address}"'
            wrong = wrong_spelling(source)
            if wrong:
                raise RigError(f"{where}: {wrong}")
            if not any(address == it or address.startswith(f"{it} ") for it in known):
                near = did_you_mean(address, settable, cutoff=0.0)
                raise RigError(f"{where}: no such address{near}")
            with rig_errors(where):
                check_mapping(address, mode, source)

    def mapping(self) -> dict[str, Mapped]:
        """What each source sets."""
        return {
            source: Mapped(it) if isinstance(it, str) else Mapped(it.to, it.mode)
            for source, it in self.cc.items()
        }

    def describe(self) -> Iterator[str]:
        """The port."""
        yield f"MIDI controller {self.virtual or self.port}"

    async def open(self, context: InputContext) -> None:
        """Open the port. InputError says which ports there are."""
        reject = context.handler.log_rejection
        context.add(MidiController(self, context.midi, context.mapping, context.apply, reject))


class MidiController(MidiPort):
    """The port of a MIDI controller: applies what its controllers and pads set.

    `reject`: gets one line for what cannot be set now.
    """

    def __init__(
        self,
        config: ControllerInputConfig,
        midi: MidiConfig,
        mapping: MidiMapping,
        apply: Callable[[Event | SetCommand], None],
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
