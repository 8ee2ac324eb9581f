"""Held keys -> chords: what a human hand does on a keyboard, and what it means."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta

from perform.events import ChordChanged, ChordReleased, Event
from perform.inputs.base import InputContext, InputTable
from perform.inputs.midi_base import MidiPort
from perform.midi.system import MidiSystem
from perform.music.chord import Chord
from perform.music.pitch import parse_midi_pitch
from perform.music.recognition import recognise
from perform.tables import rig_errors

SUSTAIN = 64
RESET_CONTROLLERS = 121
ALL_NOTES_OFF = (120, *range(123, 128))  # a change of mode too means that all notes end (MIDI 1.0)
AFTERTHOUGHT_SECONDS = 0.15


class ChordInputConfig(InputTable, frozen=True):
    """A keyboard that plays chords. `port`: part of a name, or a number; `virtual`: a name to open.

    `channel` 0: all channels. `split`: only notes below it are harmony. `latch`: a chord stays when
    the keys are released. `settle_ms`: how long the keys of one chord may take to go down. `minimum`:
    fewer held notes are no chord.
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
        context.add(MidiChords(self, context.system, context.deliver))


class ChordKeyboardSettings(NamedTuple):
    """How keys are heard. `channel` None hears all; only notes below `split` are harmony."""

    channel: int | None = None
    split: int | None = None
    latch: bool = True
    settle: float = 0.035
    minimum: int = 3


class ChordKeyboard:
    """Follows held keys and the sustain pedal; says a chord once the hand has settled.

    Pure: it is told the time (seconds) with every message, and `deadline` says when to call
    `settle`. A hand that puts notes down one after the other, still holding some of the old chord,
    yields one chord, because every key moved while the hand is on its way begins the wait anew.
    """

    def __init__(self, settings: ChordKeyboardSettings | None = None) -> None:
        self._settings = settings or ChordKeyboardSettings()
        self._keys: set[int] = set()
        self._pedalled: set[int] = set()
        self._fresh: set[int] = set()  # struck since the last chord was said, lifted or not
        self._pedal = False
        self._anew = False  # every key was up since the last chord was said
        self._said: Chord | None = None
        self._said_at = float("-inf")
        self.deadline: float | None = None

    def hear(self, message: bytes | list[int], now: float) -> ChordReleased | None:
        """A raw MIDI message; comes back with what it means at once (hands off), if anything."""
        if len(message) < 3:
            return None
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if self._settings.channel is not None and channel != self._settings.channel:
            return None
        if kind == 0x90 and message[2] > 0:
            self._press(message[1], now)
        elif kind in (0x80, 0x90):
            return self._lift({message[1]}, now)
        elif kind == 0xB0 and message[1] == SUSTAIN:
            return self._step(message[2] >= 64, now)
        elif kind == 0xB0 and message[1] == RESET_CONTROLLERS:
            return self._step(False, now)
        elif kind == 0xB0 and message[1] in ALL_NOTES_OFF:
            return self.let_go(now)
        return None

    def let_go(self, now: float) -> ChordReleased | None:
        """All keys and the pedal are up, as when the keyboard is gone; comes back with what that means at once."""
        held = self._keys or self._pedalled
        self._keys, self._pedalled, self._pedal = set(), set(), False
        return self._after_lift(now) if held else None

    def settle(self, now: float) -> ChordChanged | None:
        """The chord under the settled hand, when it is a new one or struck anew: somebody else may have played another
        meanwhile. Call at `deadline`.
        """
        if self.deadline is None or now < self.deadline:
            return None
        self.deadline = None
        held = self._keys | self._pedalled | self._fresh
        self._fresh.clear()
        if len(held) < self._settings.minimum:
            return None
        chord = recognise(held, self._said)
        if chord is None or (chord == self._said and not self._anew):
            return None
        self._said, self._said_at, self._anew = chord, now, False
        return ChordChanged(chord)

    def _press(self, note: int, now: float) -> None:
        if self._settings.split is not None and note >= self._settings.split:
            return
        if self._pedal and self.deadline is None:
            # a new chord under a held pedal: what only the pedal holds belongs to the old one
            self._pedalled.clear()
        self._anew = self._anew or not self._keys
        self._keys.add(note)
        self._fresh.add(note)
        self._pedalled.discard(note)
        self.deadline = now + self._settings.settle

    def _lift(self, notes: set[int], now: float) -> ChordReleased | None:
        notes = notes & self._keys
        if not notes:
            return None
        self._keys -= notes
        if self._pedal:
            self._pedalled |= notes
            return None
        return self._after_lift(now)

    def _step(self, down: bool, now: float) -> ChordReleased | None:
        self._pedal = down
        if down or not self._pedalled:
            return None
        self._pedalled.clear()
        return self._after_lift(now)

    def _after_lift(self, now: float) -> ChordReleased | None:
        if self._keys:
            if self.deadline is not None or now - self._said_at < AFTERTHOUGHT_SECONDS:
                self.deadline = now + self._settings.settle
            return None
        if self.deadline is not None and self._settings.latch:
            return None  # a short stab: `settle` still knows what was struck
        self.deadline = None
        self._fresh.clear()
        if self._settings.latch or self._said is None:
            return None
        self._said = None
        return ChordReleased()


class MidiChords(MidiPort):
    """Delivers the chords that are played."""

    def __init__(
        self, config: ChordInputConfig, system: MidiSystem, deliver: Callable[[Event], None]
    ) -> None:
        self._hand = ChordKeyboard(
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
        super().__init__(config.port, config.virtual, system)

    def close(self) -> None:
        """Listen no more."""
        if self._timer is not None:
            self._timer.cancel()
        super().close()

    def _hear(self, message: list[int], moment: float) -> None:
        self._pass_on(self._hand.hear(message, moment))

    def _let_go(self) -> None:
        self._pass_on(self._hand.let_go(time.monotonic()))

    def _pass_on(self, released: ChordReleased | None) -> None:
        if released is not None:
            self._deliver(released)
        self._set_timer()

    def _settle(self) -> None:
        self._timer = None
        changed = self._hand.settle(time.monotonic())
        if changed is not None:
            self._deliver(changed)
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        deadline = self._hand.deadline
        self._timer = None if deadline is None else self._loop.call_at(deadline, self._settle)
