"""The sound of a voice on a synthesizer: its program, bank and volume."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from perform.control.set_commands import SONG_ADDRESS
from perform.events import StateChanged

CONTROL_CHANGE, PROGRAM_CHANGE = 0xB0, 0xC0
BANK, VOLUME, BANK_FINE = 0, 7, 32  # controllers


class VoiceSound(NamedTuple):
    """What is sent to the channel of a voice; None leaves it as the synthesizer has it.

    `program`: from 1, as General MIDI counts. `bank`: both bytes as one number. `volume`: 0 to 127.
    """

    program: int | None = None
    bank: int | None = None
    volume: int | None = None

    def messages(self, channel: int) -> list[list[int]]:
        """The MIDI messages for a channel (from 0); a bank is chosen by the program after it."""
        sent = []
        if self.bank is not None:
            coarse, fine = divmod(self.bank, 128)
            sent.append([CONTROL_CHANGE | channel, BANK, coarse])
            sent.append([CONTROL_CHANGE | channel, BANK_FINE, fine])
        if self.program is not None:
            sent.append([PROGRAM_CHANGE | channel, self.program - 1])
        if self.volume is not None:
            sent.append([CONTROL_CHANGE | channel, VOLUME, self.volume])
        return sent


def is_sound(event: StateChanged) -> bool:
    """Whether a value is what a synthesizer is told: that comes between the notes."""
    part = event.address.rpartition("/")[2]
    return event.address == SONG_ADDRESS or (
        part in VoiceSound._fields and event.address.startswith("/voice/")
    )


class Sounds:
    """The present sound of each voice of an output.

    `channels`: of each voice, from 0. `sounds`: as the rig says.
    """

    def __init__(self, channels: Mapping[str, int], sounds: Mapping[str, VoiceSound]) -> None:
        self._channels = channels
        self._sounds = {voice: sounds.get(voice, VoiceSound()) for voice in channels}
        self._parts = {
            f"/voice/{voice}/{part}": (voice, part)
            for voice in channels
            for part in VoiceSound._fields
        }
        self._chosen = {voice: sound[:2] for voice, sound in self._sounds.items()}

    def messages(self) -> Iterator[list[int]]:
        """The MIDI messages of all sounds."""
        for voice, sound in self._sounds.items():
            yield from sound.messages(self._channels[voice])

    def change(self, event: StateChanged) -> list[list[int]]:
        """The MIDI messages of a part of a sound that has changed; none for any other value.

        A program comes with its bank, and a bank waits for its program.
        """
        voice, part = self._parts.get(event.address, ("", ""))
        if not voice:
            return []
        before = self._sounds[voice]
        value = int(event.value)
        is_sent = value >= (1 if part == "program" else 0)
        now = self._sounds[voice] = before._replace(**{part: value if is_sent else None})
        if part == "volume":
            told = VoiceSound(volume=now.volume) if now != before else VoiceSound()
        elif part == "program" and now[:2] != self._chosen[voice]:
            self._chosen[voice] = now[:2]
            told = now._replace(volume=None)
        else:
            return []
        return told.messages(self._channels[voice])


NO_SOUNDS: Mapping[str, VoiceSound] = {}
