"""The sound of a voice on a synthesizer: its program, bank and volume."""

from collections.abc import Mapping
from typing import NamedTuple

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


NO_SOUNDS: Mapping[str, VoiceSound] = {}
