"""MIDI mapping: what each controller and pad of a MIDI controller sets, by the rig or learnt."""

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from perform.control import registry
from perform.control.midi_sources import BENT, UPPER_HALF, Touch, kind_of, touched
from perform.control.parsers import KnobMode
from perform.control.registry import Control
from perform.control.set_commands import SetCommand, SongSelected
from perform.control.takeover import Knob
from perform.errors import MessageError
from perform.events import Event

log = logging.getLogger(__name__)


class Mapped(NamedTuple):
    """The address that a controller sets, and how its knob is read."""

    address: str
    mode: KnobMode = "takeover"

    def in_rig(self, source: str) -> str:
        """As the rig writes it."""
        if self.mode == "takeover":
            return f'cc = {{ "{source}" = "{self.address}" }}'
        return f'cc = {{ "{source}" = {{ to = "{self.address}", mode = "{self.mode}" }} }}'


class MidiMapping:
    """The address that each source of a MIDI controller sets; see `Touch` for the sources.

    A knob sweeps the whole range of a number, as its mode says (see `Knob`). A pad that goes down,
    at any velocity, and a program change trigger an action, and invert a switch. An address with a
    value behind it gets that value from a pad that goes down, and from a controller that enters its
    upper half. `values`: the present value at each address. `programs_select_songs`: whether a
    program change that is not mapped selects a song. `has_controller`: whether a MIDI controller is
    open. Pure: MIDI messages in, events out.
    """

    def __init__(
        self,
        mapping: Mapping[str, str | Mapped],
        values: Mapping[str, str | float] | None = None,
        *,
        programs_select_songs: bool = False,
    ) -> None:
        self._mapped = {
            source: Mapped(it) if isinstance(it, str) else it for source, it in mapping.items()
        }
        self._in_rig = dict(self._mapped)
        self._values = {} if values is None else values
        self._programs_select_songs = programs_select_songs
        self._last: dict[str, float] = {}
        self._knobs: dict[str, Knob] = {}
        self._learning: Mapped | None = None
        self._struck: str | None = None  # a pad that was learnt for a number, and is still down
        self.has_controller = False

    @property
    def addresses(self) -> dict[str, str]:
        """The address of each source, as the rig writes them."""
        return {source: it.address for source, it in self._mapped.items()}

    @property
    def learnt(self) -> dict[str, Mapped]:
        """What each source sets that was learnt, not written in the rig."""
        return {
            source: mapped
            for source, mapped in self._mapped.items()
            if mapped != self._in_rig.get(source)
        }

    def assign(self, source: str, mapped: Mapped) -> None:
        """Map a source that was learnt before. MessageError for what no controller can set."""
        registry.parse_mapping(mapped.address)
        self._mapped[source] = mapped

    def learn(self, address: str, mode: KnobMode = "takeover") -> None:
        """Map what is touched next to an address.

        MessageError without a controller, and for an address that does not exist, or that no
        controller can set.
        """
        if not self.has_controller:
            raise MessageError("no controller to learn from; name one in [inputs.surface]")
        check_mapping(address, mode)
        self._learning = Mapped(address, mode)

    def handle(self, message: list[int]) -> Event | SetCommand | None:
        """The event that a raw MIDI message causes; None for what is not mapped.

        MessageError for what cannot be set.
        """
        touch = touched(message)
        if touch is None:
            return None
        if touch.kind == "note" and touch.position == 0:
            self._struck = None
        self._learn_from(touch)
        mapped = self._mapped.get(touch.source)
        if mapped is None and touch.kind == "program" and self._programs_select_songs:
            return SongSelected(int(touch.position) + 1)
        return None if mapped is None else self._event(mapped, touch)

    def _learn_from(self, touch: Touch) -> None:
        """Map what is touched if something is to be learnt.

        A pad that sends aftertouch strikes first: for a number its pressure is meant.
        """
        mapped, pressed = self._learning, touch.kind == "aftertouch" and touch.position > 0
        if mapped is None and pressed and self._struck is not None:
            mapped = self._mapped.pop(self._struck)
        if mapped is None or not touch.is_meant:
            return
        by_number = _is_swept(mapped.address)
        if by_number and touch.kind == "program":
            return  # it has no position; wait for a knob
        self._mapped[touch.source] = mapped
        self._knobs.pop(touch.source, None)
        self._struck = touch.source if by_number and touch.kind == "note" else None
        self._learning = None
        log.info("learnt; for the rig: %s", mapped.in_rig(touch.source))

    def _event(self, mapped: Mapped, touch: Touch) -> Event | SetCommand | None:
        control, voice, fixed = registry.parse_mapping(mapped.address)
        event: Any = None
        if fixed:
            if self._goes_down(touch, UPPER_HALF):
                event = control.parse(fixed, voice)
        elif control.kind == "number":
            event = self._swept(mapped, control, voice, touch)
        elif self._goes_down(touch):
            inverted = (int(not self._values.get(mapped.address)),)
            event = control.parse(inverted if control.kind == "switch" else (), voice)
        return cast(Event | SetCommand | None, event)

    def _swept(self, mapped: Mapped, control: Control, voice: str, touch: Touch) -> Any:
        if touch.kind == "note" and touch.position == 0:
            return None  # a pad sets the number by its velocity
        knob = self._knobs.get(touch.source)
        if knob is None:
            # what springs back is never taken over
            mode = "jump" if touch.kind else mapped.mode
            knob = self._knobs[touch.source] = Knob(mode, control)
        present = self._values.get(mapped.address)
        value = knob.moved(touch.position, present if isinstance(present, int | float) else None)
        if value is None:
            return None
        event = control.parse((value,), voice)
        kept = control.value(event)
        knob.keep(float(kept) if isinstance(kept, int | float) else value)
        return event

    def _goes_down(self, touch: Touch, least: float = 1) -> bool:
        """Whether this presses a pad, or brings a controller to `least` or above.

        Some controllers never send the value of the release: the same value twice is a press, too.
        """
        source, position = touch.source, touch.position
        before, self._last[source] = self._last.get(source, 0), position
        if touch.kind in ("note", "program"):
            return touch.is_meant
        if touch.kind == "bend":
            return position >= BENT > before
        again = before == position and not touch.kind
        return position >= least and (before < least or again)


def check_mapping(address: str, mode: KnobMode, source: str = "") -> None:
    """MessageError for an address that a controller cannot set, or not in this way."""
    registry.parse_mapping(address)
    swept = _is_swept(address)
    if mode != "takeover" and (not swept or kind_of(source)):
        raise MessageError(f"{mode} is for a controller with a number, like /weight/steps")
    if swept and kind_of(source) == "program":
        raise MessageError('a program change has no position; write a value, like "/tempo 96"')


def _is_swept(address: str) -> bool:
    """Whether a controller sweeps the number at an address."""
    control, _, fixed = registry.parse_mapping(address)
    return control.kind == "number" and not fixed
