"""A MIDI port that is listened to."""

import asyncio
import time
from typing import Any

from perform import ports
from perform.rig import MidiSystem


class MidiPort:
    """A MIDI input whose messages arrive one by one on the event loop's thread, each with its moment (seconds).
    `timing`: those of a clock too.
    """

    def __init__(
        self, port: str | None, virtual: str | None, system: MidiSystem, *, timing: bool = False
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.port = ports.open_input(port, virtual, system)
        self.port.listen(self._on_device, timing=timing)

    def unplugged(self) -> None:
        """Whoever played here is gone."""

    def plugged(self) -> None:
        """They are back."""

    def close(self) -> None:
        """Listen no more."""
        self.port.close()

    def _on_device(self, timed: tuple[list[int], float], _: Any = None) -> None:
        moment = time.monotonic()
        try:
            self._loop.call_soon_threadsafe(self._hear, timed[0], moment)
        except RuntimeError:
            pass  # the loop has closed: the concert is over

    def _hear(self, message: list[int], moment: float) -> None:
        raise NotImplementedError
