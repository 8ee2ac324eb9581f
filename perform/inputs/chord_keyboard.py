"""A keyboard that plays chords: its table in the rig, its port, and the chords of the held keys."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta

from perform.events import ChordChanged, ChordReleased, Event
from perform.inputs.base import InputContext, InputTable
from perform.inputs.midi_base import MidiPort
from perform.midi.settings import MidiConfig
from perform.music.chord import Chord
from perform.music.hints import Hints
from perform.music.pitch import parse_midi_pitch
from perform.music.recognition import recognise
from perform.tables import rig_errors

NOTE_ON, NOTE_OFF, CONTROL_CHANGE = 0x90, 0x80, 0xB0
SUSTAIN = 64
RESET_CONTROLLERS = 121
ALL_NOTES_OFF = (120, *range(123, 128))  # a change of mode ends all notes too (MIDI 1.0)
AFTERTHOUGHT_SECONDS = 0.15  # after a chord, in which a key that is released may change it


class ChordInputConfig(InputTable, frozen=True):
    """A keyboard that plays chords. `port`: part of a name, or a number; `virtual`: a name to open.

    `channel` 0: all channels. `split`: only notes below it are harmony. `latch`: a chord stays when
    the keys are released. `settle_ms`: how long the keys of one chord may take to go down.
    `minimum`: fewer held notes are no chord.
    """

    port: str | None = None
    virtual: str | None = None
    channel: Annotated[int, Meta(ge=0, le=16)] = 0
    split: str | None = None
    latch: bool = True
    settle_ms: Annotated[float, Meta(ge=0, le=500)] = 35.0
    minimum: Annotated[int, Meta(ge=1, le=8)] = 3

    def check(self, voices: Sequence[str]) -> None:  # noqa: ARG002 - the same for every rig
        """RigError for a split point that is no note."""
        if self.split is not None:
            with rig_errors("inputs.midi"):
                parse_midi_pitch(self.split)

    def describe(self) -> Iterator[str]:
        """The port."""
        yield f"MIDI {self.virtual or self.port}"

    async def open(self, context: InputContext) -> None:
        """Open the port. InputError says which ports there are."""
        context.add(MidiChords(self, context.midi, context.deliver))


class ChordKeyboardSettings(NamedTuple):
    """How keys become chords. `channel` None: every channel; only notes below `split` count."""

    channel: int | None = None
    split: int | None = None
    latch: bool = True
    settle: float = 0.035
    minimum: int = 3


class ChordKeyboard:
    """Follows held keys and the sustain pedal, and finds the chord once the keys have settled.

    Pure: it gets the time (seconds) with every message, and `deadline` says when to call `settle`.
    Keys that go down one after the other, while some of the old chord are still held, make one
    chord: every key that moves meanwhile starts the wait again.
    """

    def __init__(self, settings: ChordKeyboardSettings | None = None) -> None:
        self._settings = settings or ChordKeyboardSettings()
        self._keys: set[int] = set()
        self._sustained: set[int] = set()  # released keys that the pedal holds
        self._fresh: set[int] = set()  # pressed since the last chord, released or not
        self._pedal = False
        self._anew = False  # every key was up since the last chord
        self._chord: Chord | None = None
        self._chord_at = float("-inf")
        self.deadline: float | None = None

    def handle(self, message: bytes | list[int], now: float) -> ChordReleased | None:
        """Handle a raw MIDI message; ChordReleased where it releases the chord."""
        if len(message) < 3:
            return None
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if self._settings.channel is not None and channel != self._settings.channel:
            return None
        if kind == NOTE_ON and message[2] > 0:
            self._press(message[1], now)
        elif kind in (NOTE_ON, NOTE_OFF):
            return self._release(message[1], now)
        elif kind == CONTROL_CHANGE and message[1] == SUSTAIN:
            return self._set_pedal(message[2] >= 64, now)
        elif kind == CONTROL_CHANGE and message[1] == RESET_CONTROLLERS:
            return self._set_pedal(False, now)
        elif kind == CONTROL_CHANGE and message[1] in ALL_NOTES_OFF:
            return self.release_all(now)
        return None

    def release_all(self, now: float) -> ChordReleased | None:
        """Release all keys and the pedal; ChordReleased where that releases the chord."""
        held = self._keys or self._sustained
        self._keys, self._sustained, self._pedal = set(), set(), False
        return self._after_release(now) if held else None

    def clear_keys(self, now: float) -> ChordReleased | None:
        """As `release_all`; also forget a chord that has not settled."""
        self.deadline = None
        self._fresh.clear()
        return self.release_all(now)

    def settle(self, now: float) -> ChordChanged | None:
        """The chord of the held keys, if it is new or pressed again after all keys were up.

        It is delivered again because another input may have changed the chord meanwhile. Call this
        at `deadline`.
        """
        if self.deadline is None or now < self.deadline:
            return None
        self.deadline = None
        held = self._keys | self._sustained | self._fresh
        self._fresh.clear()
        if len(held) < self._settings.minimum:
            return None
        hints = Hints(previous=(self._chord,) if self._chord else ())
        chord = recognise(held, hints)
        if chord is None or (chord == self._chord and not self._anew):
            return None
        self._chord, self._chord_at, self._anew = chord, now, False
        return ChordChanged(chord)

    def _press(self, key: int, now: float) -> None:
        if self._settings.split is not None and key >= self._settings.split:
            return
        if self._pedal and self.deadline is None:
            # a new chord under a held pedal: keys that only the pedal holds belong to the old one
            self._sustained.clear()
        self._anew = self._anew or not self._keys
        self._keys.add(key)
        self._fresh.add(key)
        self._sustained.discard(key)
        self.deadline = now + self._settings.settle

    def _release(self, key: int, now: float) -> ChordReleased | None:
        if key not in self._keys:
            return None
        self._keys.remove(key)
        if self._pedal:
            self._sustained.add(key)
            return None
        return self._after_release(now)

    def _set_pedal(self, down: bool, now: float) -> ChordReleased | None:
        self._pedal = down
        if down or not self._sustained:
            return None
        self._sustained.clear()
        return self._after_release(now)

    def _after_release(self, now: float) -> ChordReleased | None:
        if self._keys:
            if self.deadline is not None or now - self._chord_at < AFTERTHOUGHT_SECONDS:
                self.deadline = now + self._settings.settle
            return None
        if self.deadline is not None and self._settings.latch:
            return None  # a short stab: `settle` still has the keys that were pressed
        self.deadline = None
        self._fresh.clear()
        if self._settings.latch or self._chord is None:
            return None
        self._chord = None
        return ChordReleased()


class MidiChords(MidiPort):
    """The port of a chord keyboard: delivers its chords."""

    def __init__(
        self, config: ChordInputConfig, midi: MidiConfig, deliver: Callable[[Event], None]
    ) -> None:
        self._keyboard = ChordKeyboard(
            ChordKeyboardSettings(
                channel=config.channel - 1 if config.channel else None,
                split=parse_midi_pitch(config.split) if config.split else None,
                latch=config.latch,
                settle=config.settle_ms / 1000.0,
                minimum=config.minimum,
            )
        )
        self._deliver = deliver
        self._timer: asyncio.TimerHandle | None = None
        super().__init__(config.port, config.virtual, midi)

    def clear_keys(self) -> None:
        """Forget all keys that are down."""
        self._deliver_release(self._keyboard.clear_keys(time.monotonic()))

    def close(self) -> None:
        """Close the port."""
        if self._timer is not None:
            self._timer.cancel()
        super().close()

    def _handle(self, message: list[int], moment: float) -> None:
        self._deliver_release(self._keyboard.handle(message, moment))

    def _release_keys(self) -> None:
        self._deliver_release(self._keyboard.release_all(time.monotonic()))

    def _deliver_release(self, released: ChordReleased | None) -> None:
        if released is not None:
            self._deliver(released)
        self._set_timer()

    def _settle(self) -> None:
        self._timer = None
        changed = self._keyboard.settle(time.monotonic())
        if changed is not None:
            self._deliver(changed)
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        deadline = self._keyboard.deadline
        self._timer = None if deadline is None else self._loop.call_at(deadline, self._settle)
