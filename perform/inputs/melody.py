"""A melody that is played on a MIDI port, for voices that answer or resemble it."""

from collections.abc import Callable, Iterator
from typing import Annotated

from msgspec import Meta

from perform.events import Event, PlayerNoteOff, PlayerNoteOn
from perform.inputs.base import InputContext, InputTable
from perform.inputs.chord_keyboard import ALL_NOTES_OFF
from perform.inputs.midi_base import MidiPort
from perform.midi.settings import MidiConfig

NOTE_ON, NOTE_OFF, CONTROL_CHANGE = 0x90, 0x80, 0xB0


class MelodyInputConfig(InputTable, frozen=True):
    """An instrument whose melody voices follow, by `port` or `virtual`.

    `channel` 0: all channels.
    """

    port: str | None = None
    virtual: str | None = None
    channel: Annotated[int, Meta(ge=0, le=16)] = 0

    def describe(self) -> Iterator[str]:
        """The port."""
        yield f"MIDI melody {self.virtual or self.port}"

    async def open(self, context: InputContext) -> None:
        """Open the port. InputError says which ports there are."""
        context.add(MidiMelody(self, context.midi, context.deliver))


class MidiMelody(MidiPort):
    """The port of a melody: delivers its notes."""

    def __init__(
        self, config: MelodyInputConfig, midi: MidiConfig, deliver: Callable[[Event], None]
    ) -> None:
        self._channel = config.channel - 1 if config.channel else None
        self._deliver = deliver
        self._keys: set[int] = set()
        super().__init__(config.port, config.virtual, midi)

    def _handle(self, message: list[int], _moment: float) -> None:
        if len(message) < 3 or self._channel not in (None, message[0] & 0x0F):
            return
        kind = message[0] & 0xF0
        if kind == NOTE_ON and message[2] > 0:
            self._keys.add(message[1])
            self._deliver(PlayerNoteOn(message[1], message[2]))
        elif kind in (NOTE_ON, NOTE_OFF):
            self._keys.discard(message[1])
            self._deliver(PlayerNoteOff(message[1]))
        elif kind == CONTROL_CHANGE and message[1] in ALL_NOTES_OFF:
            self._release_keys()

    def clear_keys(self) -> None:
        """End the notes of every key that is down."""
        self._release_keys()

    def _release_keys(self) -> None:
        for key in sorted(self._keys):
            self._deliver(PlayerNoteOff(key))
        self._keys.clear()
