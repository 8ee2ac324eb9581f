"""A MIDI port that is listened to."""

import asyncio
import time
from typing import Any

from perform.midi import ports
from perform.midi.system import MidiSystem

SENSING = 0xFE
SENSED_SECONDS = 0.5  # MIDI 1.0 promises something every 0.3; a busy machine may be late with it


class MidiPort:
    """A MIDI input whose messages arrive one by one on the event loop's thread, each with its moment (seconds).
    `timing`: those of a clock too.

    Whoever has sent active sensing is never silent again, or else gone (MIDI 1.0), and then all their keys are up.
    """

    def __init__(
        self, port: str | None, virtual: str | None, system: MidiSystem, *, timing: bool = False
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard_at = 0.0
        self._sensing: asyncio.TimerHandle | None = None
        self.port = ports.open_input(port, virtual, system)
        self.port.listen(self._on_device, timing=timing, sensing=True)

    def unplugged(self) -> None:
        """Whoever played here is gone."""
        self._let_go()

    def plugged(self) -> None:
        """They are back."""

    def close(self) -> None:
        """Listen no more."""
        if self._sensing is not None:
            self._sensing.cancel()
        self.port.close()

    def _on_device(self, timed: tuple[list[int], float], _: Any = None) -> None:
        moment = time.monotonic()
        try:
            self._loop.call_soon_threadsafe(self._arrive, timed[0], moment)
        except RuntimeError:
            pass  # the loop has closed: the concert is over

    def _arrive(self, message: list[int], moment: float) -> None:
        self._heard_at = moment
        if message[0] != SENSING:
            self._hear(message, moment)
        elif self._sensing is None:
            self._expect()

    def _expect(self) -> None:
        # messages that wait come before a timer, so a loop that was held up takes nobody for gone
        self._sensing = self._loop.call_at(self._heard_at + SENSED_SECONDS, self._sense)

    def _sense(self) -> None:
        if self._loop.time() < self._heard_at + SENSED_SECONDS:
            self._expect()
        else:
            self._sensing = None
            self._let_go()

    def _hear(self, message: list[int], moment: float) -> None:
        raise NotImplementedError

    def _let_go(self) -> None:
        """Whatever was held down is up."""
