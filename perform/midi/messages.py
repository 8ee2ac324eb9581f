"""Whole MIDI messages from the bytes that arrive at a port."""

from collections.abc import Callable, Sequence

HandleMessage = Callable[[list[int], float], None]
NOTE_OFF, NOTE_ON, CONTROL_CHANGE = 0x80, 0x90, 0xB0
SUSTAIN, RESET_CONTROLLERS = 64, 121  # controllers
ALL_NOTES_OFF = (120, *range(123, 128))  # a change of mode ends all notes too (MIDI 1.0)
SYSEX, QUARTER_FRAME, TUNE_REQUEST, PULSE, SENSING, REAL_TIME = 0xF0, 0xF1, 0xF6, 0xF8, 0xFE, 0xF8
_LENGTHS = {0x80: 3, 0x90: 3, 0xA0: 3, 0xB0: 3, 0xC0: 2, 0xD0: 2, 0xE0: 3}
_SYSTEM_LENGTHS = {QUARTER_FRAME: 2, 0xF2: 3, 0xF3: 2}


class MessageParser:
    """Calls `handle` with each whole message. Bytes may come in any portions (MIDI 1.0).

    A message with running status gets its status byte. System exclusive is left out. Real time
    that comes inside a message is handled before it. `timing`: clock pulses and time code too;
    `sensing`: active sensing too.
    """

    def __init__(
        self, handle: HandleMessage, *, timing: bool = False, sensing: bool = False
    ) -> None:
        self._handle = handle
        ignored = set() if timing else {QUARTER_FRAME, PULSE}
        self._ignored = ignored if sensing else ignored | {SENSING}
        self._status = 0  # running status: that of the last channel message, or 0
        self._partial: list[int] = []

    def feed(self, data: Sequence[int], moment: float) -> None:
        """Parse bytes that arrived at this time (seconds)."""
        for byte in data:
            if byte >= REAL_TIME:
                self._dispatch([byte], moment)
            elif byte & 0x80:
                self._begin(byte, moment)
            elif self._partial or self._status:
                self._append(byte, moment)

    def _begin(self, status: int, moment: float) -> None:
        self._status = status if status < SYSEX else 0
        self._partial = [status] if self._status or status in _SYSTEM_LENGTHS else []
        if status == TUNE_REQUEST:  # it has no data bytes
            self._dispatch([status], moment)

    def _append(self, byte: int, moment: float) -> None:
        message = self._partial or [self._status]
        message.append(byte)
        length = _SYSTEM_LENGTHS.get(message[0]) or _LENGTHS[message[0] & 0xF0]
        is_whole = len(message) == length
        self._partial = [] if is_whole else message
        if is_whole:
            self._dispatch(message, moment)

    def _dispatch(self, message: list[int], moment: float) -> None:
        if message[0] not in self._ignored:
            self._handle(message, moment)
