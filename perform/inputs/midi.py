"""A MIDI port that chords are played on."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from perform import ports
from perform.config import MidiInput, MidiSystem
from perform.events import Event
from perform.inputs.hand import Hand, HandSettings
from perform.music.pitch import parse_pitch


class MidiChords:
    """Listens to a port and delivers the chords that are played, on the event loop's thread."""

    def __init__(
        self, config: MidiInput, system: MidiSystem, deliver: Callable[[Event], None]
    ) -> None:
        self._hand = Hand(
            HandSettings(
                channel=config.channel - 1 if config.channel else None,
                split=parse_pitch(config.split) if config.split else None,
                latch=config.latch,
                settle=config.settle_ms / 1000.0,
                minimum=config.minimum,
            )
        )
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._port = ports.open_input(config.port, config.virtual, system)
        self._port.set_callback(self._on_device)  # called on rtmidi's own thread

    def close(self) -> None:
        """Listen no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._port.cancel_callback()
        ports.close(self._port)

    def _on_device(self, timed: tuple[list[int], float], _: Any = None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._hear, timed[0])
        except RuntimeError:
            pass  # the loop has closed: the concert is over

    def _hear(self, message: list[int]) -> None:
        released = self._hand.hear(message, time.monotonic())
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
