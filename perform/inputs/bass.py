"""A bass that says which chord is meant: its table in the rig, and its port."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Meta

from perform.events import InputName
from perform.inputs.base import InputContext, InputTable
from perform.inputs.bass_line import BassLine
from perform.inputs.midi_base import MidiPort
from perform.inputs.transposition import NONE, Semitones, TransposedKeys
from perform.midi.settings import MidiConfig


class BassInputConfig(InputTable, frozen=True):
    """A bass that says which chord is meant, by `port` or `virtual`. `channel` 0: all channels.

    `transpose`: semitones by which its notes are moved.
    """

    port: str | None = None
    virtual: str | None = None
    channel: Annotated[int, Meta(ge=0, le=16)] = 0
    transpose: Semitones = 0

    def describe(self) -> Iterator[str]:
        """The port."""
        yield f"MIDI bass {self.virtual or self.port}"

    async def open(self, context: InputContext) -> None:
        """Open the port. InputError says which ports there are."""
        context.add(MidiBass(self, context.midi, context.around.bass, context.transpositions))


class MidiBass(MidiPort):
    """The port of a bass."""

    def __init__(
        self,
        config: BassInputConfig,
        midi: MidiConfig,
        bass: BassLine,
        transpositions: Mapping[InputName, int] = NONE,
    ) -> None:
        self._channel = config.channel - 1 if config.channel else None
        self._bass = bass
        self._transposed = TransposedKeys("bass", transpositions)
        super().__init__(config.port, config.virtual, midi)

    def clear_keys(self) -> None:
        """Forget every note."""
        self._release_keys()

    def _handle(self, message: list[int], moment: float) -> None:
        if self._channel in (None, message[0] & 0x0F):
            self._bass.handle(self._transposed.move(message), moment)

    def _release_keys(self) -> None:
        self._transposed.forget()
        self._bass.clear()
