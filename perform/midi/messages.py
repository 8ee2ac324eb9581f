"""Whole MIDI messages out of what comes from a port."""

from collections.abc import Callable, Sequence

Heard = Callable[[list[int], float], None]
SYSEX, QUARTER_FRAME, PULSE, SENSING, REAL_TIME = 0xF0, 0xF1, 0xF8, 0xFE, 0xF8
_LENGTHS = {0x80: 3, 0x90: 3, 0xA0: 3, 0xB0: 3, 0xC0: 2, 0xD0: 2, 0xE0: 3}
_SYSTEM_LENGTHS = {QUARTER_FRAME: 2, 0xF2: 3, 0xF3: 2}


class Splitter:
    """Passes whole messages on to `heard`, whether they come one by one, several at once, or in parts.

    Running status is written out, system exclusive left out, and real time that comes amid a message passed on before
    it (MIDI 1.0). `timing`: a clock's pulses and time code too; `sensing`: also what only says that somebody is there.
    """

    def __init__(self, heard: Heard, *, timing: bool = False, sensing: bool = False) -> None:
        self._heard = heard
        unwanted = set() if timing else {QUARTER_FRAME, PULSE}
        self._unwanted = unwanted if sensing else unwanted | {SENSING}
        self._status = 0  # that of the last message on a channel, or 0
        self._begun: list[int] = []

    def feed(self, data: Sequence[int], moment: float) -> None:
        """Bytes that came at this moment."""
        for byte in data:
            if byte >= REAL_TIME:
                self._pass_on([byte], moment)
            elif byte & 0x80:
                self._begin(byte, moment)
            elif self._begun or self._status:
                self._go_on(byte, moment)

    def _begin(self, status: int, moment: float) -> None:
        self._status = status if status < SYSEX else 0
        self._begun = [status] if self._status or status in _SYSTEM_LENGTHS else []
        if status == 0xF6:  # a tune request is all status
            self._pass_on([status], moment)

    def _go_on(self, byte: int, moment: float) -> None:
        begun = self._begun or [self._status]
        begun.append(byte)
        whole = len(begun) == (_SYSTEM_LENGTHS.get(begun[0]) or _LENGTHS[begun[0] & 0xF0])
        self._begun = [] if whole else begun
        if whole:
            self._pass_on(begun, moment)

    def _pass_on(self, message: list[int], moment: float) -> None:
        if message[0] not in self._unwanted:
            self._heard(message, moment)
