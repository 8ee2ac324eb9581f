"""Transposition of what comes in: a key goes up as the note as which it went down."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from perform.events import InputName
from perform.midi.messages import ALL_NOTES_OFF, CONTROL_CHANGE, NOTE_OFF, NOTE_ON
from perform.music.pitch import transposed

NONE: Mapping[InputName, int] = {}
Semitones = Annotated[int, Meta(ge=-24, le=24)]


class TransposedKeys:
    """The keys of one input. `semitones`: of each input at this moment.

    A key that is down keeps its note, so that no note hangs when the transposition changes.
    """

    def __init__(self, name: InputName, semitones: Mapping[InputName, int]) -> None:
        self._name: InputName = name
        self._semitones = semitones
        self._down: dict[tuple[int, int], int] = {}  # (channel, key): its note

    def move(self, message: list[int]) -> list[int]:
        """A raw MIDI message as it is meant; only notes move."""
        kind = message[0] & 0xF0
        if kind == CONTROL_CHANGE and message[1:2] and message[1] in ALL_NOTES_OFF:
            self.forget()
        if kind not in (NOTE_ON, NOTE_OFF) or len(message) < 3:
            return message
        key = message[0] & 0x0F, message[1]
        if kind == NOTE_ON and message[2] > 0:
            note = transposed(message[1], self._semitones.get(self._name, 0))
            # struck again while it is down: it is still the note that is held
            note = self._down.setdefault(key, note)
        else:
            note = self._down.pop(key, message[1])
        return [message[0], note, *message[2:]]

    def forget(self) -> None:
        """All keys are up."""
        self._down.clear()
