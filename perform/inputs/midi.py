"""MIDI ports that are played on: chords, a melody, the knobs of a controller."""

import asyncio
import time
from collections.abc import Callable, Mapping

from perform.config.schema import (
    ChordInputConfig,
    ControllerInputConfig,
    MelodyInputConfig,
    MidiSystem,
)
from perform.errors import MessageError
from perform.events import ChordReleased, Event, PlayerNoteOff, PlayerNoteOn
from perform.inputs.chord_keyboard import ALL_NOTES_OFF, ChordKeyboard, ChordKeyboardSettings
from perform.inputs.controller import Controller
from perform.inputs.midi_base import MidiPort
from perform.music.pitch import parse_pitch

NOTE_ON, NOTE_OFF, CONTROL = 0x90, 0x80, 0xB0


class MidiMelody(MidiPort):
    """Delivers the notes of a melody, for voices that answer or resemble it."""

    def __init__(
        self, config: MelodyInputConfig, system: MidiSystem, deliver: Callable[[Event], None]
    ) -> None:
        self._channel = config.channel - 1 if config.channel else None
        self._deliver = deliver
        self._down: set[int] = set()
        super().__init__(config.port, config.virtual, system)

    def _hear(self, message: list[int], _moment: float) -> None:
        if len(message) < 3 or self._channel not in (None, message[0] & 0x0F):
            return
        kind = message[0] & 0xF0
        if kind == NOTE_ON and message[2] > 0:
            self._down.add(message[1])
            self._deliver(PlayerNoteOn(message[1], message[2]))
        elif kind in (NOTE_ON, NOTE_OFF):
            self._down.discard(message[1])
            self._deliver(PlayerNoteOff(message[1]))
        elif kind == CONTROL and message[1] in ALL_NOTES_OFF:
            self._let_go()

    def _let_go(self) -> None:
        for key in sorted(self._down):
            self._deliver(PlayerNoteOff(key))
        self._down.clear()


class MidiController(MidiPort):
    """Delivers what the knobs and pads of a controller turn. `refuse`: told in a line what cannot be turned now."""

    def __init__(
        self,
        config: ControllerInputConfig,
        system: MidiSystem,
        deliver: Callable[[Event], None],
        refuse: Callable[[str], None],
        values: Mapping[str, str | float],
    ) -> None:
        self.surface = Controller(config.cc, values)
        self._deliver = deliver
        self._refuse = refuse
        super().__init__(config.port, config.virtual, system)

    def _hear(self, message: list[int], _moment: float) -> None:
        try:
            event = self.surface.hear(message)
            if event is not None:
                self._deliver(event)
        except MessageError as fault:
            self._refuse(f"[inputs.surface] {fault}")


class MidiChords(MidiPort):
    """Delivers the chords that are played."""

    def __init__(
        self, config: ChordInputConfig, system: MidiSystem, deliver: Callable[[Event], None]
    ) -> None:
        self._hand = ChordKeyboard(
            ChordKeyboardSettings(
                channel=config.channel - 1 if config.channel else None,
                split=parse_pitch(config.split) if config.split else None,
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
