"""A melody that is played on a MIDI port, for voices that answer or resemble it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated

from msgspec import Meta

from perform.events import Event, InputName, PlayerNoteOff, PlayerNoteOn
from perform.inputs.base import InputContext, InputTable
from perform.inputs.midi_base import MidiPort
from perform.inputs.transposition import NONE, Semitones, TransposedKeys
from perform.inputs.zones import DRUMS
from perform.midi.messages import ALL_NOTES_OFF, CONTROL_CHANGE, NOTE_OFF, NOTE_ON
from perform.midi.settings import MidiConfig


class MelodyInputConfig(InputTable, frozen=True):
    """An instrument whose melody voices follow, by `port` or `virtual`.

    `channel` 0: all channels but that of drums, 10. `transpose`: semitones by which its notes are
    moved, as -9 for an alto saxophone in E flat that sends what its player reads.
    """

    port: str | None = None
    virtual: str | None = None
    channel: Annotated[int, Meta(ge=0, le=16)] = 0
    transpose: Semitones = 0

    def describe(self) -> Iterator[str]:
        """The port."""
        yield f"MIDI melody {self.virtual or self.port}"

    async def open(self, context: InputContext) -> None:
        """Open the port. InputError says which ports there are."""
        context.add(MidiMelody(self, context.midi, context.deliver, context.transpositions))


class MelodyKeys:
    """The keys of a melody: delivers its notes."""

    def __init__(self, deliver: Callable[[Event], None]) -> None:
        self._deliver = deliver
        self._keys: set[tuple[int, int]] = set()  # (channel, note)

    def handle(self, message: bytes | list[int]) -> None:
        """Handle a raw MIDI message of the melody."""
        if len(message) < 3:
            return
        kind, key = message[0] & 0xF0, (message[0] & 0x0F, message[1])
        if kind == NOTE_ON and message[2] > 0:
            self._keys.add(key)
            self._deliver(PlayerNoteOn(message[1], message[2]))
        elif kind in (NOTE_ON, NOTE_OFF):
            self._keys.discard(key)
            if all(note != message[1] for _, note in self._keys):  # a layer lets go of one
                self._deliver(PlayerNoteOff(message[1]))
        elif kind == CONTROL_CHANGE and message[1] in ALL_NOTES_OFF:
            self.release_all()

    def release_all(self) -> None:
        """End the notes of every key that is down."""
        for note in sorted({note for _, note in self._keys}):
            self._deliver(PlayerNoteOff(note))
        self._keys.clear()


class MidiMelody(MidiPort):
    """The port of a melody: delivers its notes."""

    def __init__(
        self,
        config: MelodyInputConfig,
        midi: MidiConfig,
        deliver: Callable[[Event], None],
        transpositions: Mapping[InputName, int] = NONE,
    ) -> None:
        self._channel = config.channel - 1 if config.channel else None
        self._keys = MelodyKeys(deliver)
        self._transposed = TransposedKeys("lead", transpositions)
        super().__init__(config.port, config.virtual, midi)

    def _handle(self, message: list[int], _moment: float) -> None:
        channel = message[0] & 0x0F
        drums = self._channel is None and channel == DRUMS
        if self._channel in (None, channel) and not drums:
            self._keys.handle(self._transposed.move(message))

    def clear_keys(self) -> None:
        """End the notes of every key that is down."""
        self._release_keys()

    def _release_keys(self) -> None:
        self._transposed.forget()
        self._keys.release_all()
