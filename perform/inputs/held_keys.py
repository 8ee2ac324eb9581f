"""The keys that are held, by channel, with fingers or with the pedal."""

from collections.abc import Iterator
from typing import NamedTuple

DOUBTED_BARS = 4  # a note-off may be lost: an older key that fits no more is not believed
DOUBTED_BASS_BARS = 16  # a pedal point is longer


class Key(NamedTuple):
    """A key of a keyboard: the same note on another channel is another key."""

    channel: int
    note: int


class HeldKeys:
    """Follows keys and sustain pedals. Times are seconds."""

    def __init__(self) -> None:
        self._down: dict[Key, float] = {}  # when each was pressed
        self._sustained: dict[Key, float] = {}  # released keys that a pedal holds
        self._pedals: set[int] = set()  # channels whose pedal is down

    def __bool__(self) -> bool:
        return bool(self._down)

    @property
    def pedal(self) -> bool:
        """Whether a pedal is down."""
        return bool(self._pedals)

    @property
    def notes(self) -> set[int]:
        """The notes that sound."""
        return {key.note for key in (*self._down, *self._sustained)}

    def is_down(self, note: int) -> bool:
        """Whether a finger holds a note."""
        return any(key.note == note for key in self._down)

    def press(self, key: Key, now: float) -> None:
        """A key goes down; one that is down already has lost its note-off."""
        self._sustained.pop(key, None)
        self._down[key] = now

    def release(self, key: Key) -> bool:
        """A key goes up; whether it was down."""
        pressed = self._down.pop(key, None)
        if pressed is not None and key.channel in self._pedals:
            self._sustained[key] = pressed
        return pressed is not None

    def set_pedal(self, channel: int, down: bool) -> bool:
        """A pedal goes down or up; whether that ends notes."""
        if down:
            self._pedals.add(channel)
            return False
        self._pedals.discard(channel)
        return self._drop(self._sustained, channel)

    def drop_sustained(self) -> None:
        """Forget the notes that only a pedal holds."""
        self._sustained.clear()

    def release_channel(self, channel: int) -> bool:
        """Forget keys and pedal of a channel; whether that ends notes."""
        self._pedals.discard(channel)
        return self._drop(self._down, channel) | self._drop(self._sustained, channel)

    def clear(self) -> bool:
        """Forget all keys and pedals; whether that ends notes."""
        held = bool(self._down or self._sustained)
        self._down.clear()
        self._sustained.clear()
        self._pedals.clear()
        return held

    def forget(self, notes: set[int]) -> None:
        """Forget keys whose note-off was lost."""
        self._down = {key: at for key, at in self._down.items() if key.note not in notes}

    def old(self, now: float, bar: float) -> Iterator[int]:
        """The notes that have been down for so many bars that their note-off may be lost."""
        lowest = min(self.notes, default=0)
        for key, pressed in self._down.items():
            bars = DOUBTED_BASS_BARS if key.note == lowest else DOUBTED_BARS
            if now - pressed > bars * bar:
                yield key.note

    @staticmethod
    def _drop(keys: dict[Key, float], channel: int) -> bool:
        found = [key for key in keys if key.channel == channel]
        for key in found:
            del keys[key]
        return bool(found)
