"""A MIDI port that receives."""

import asyncio

from perform.midi import ports
from perform.midi.messages import SENSING
from perform.midi.settings import MidiConfig

SENSING_SECONDS = 0.5  # MIDI 1.0 demands a message every 0.3 s; a busy machine may be late


class MidiPort:
    """A MIDI input whose messages are handled one by one on the event loop's thread.

    `timing`: clock messages too. A device that sends active sensing and then falls silent is gone
    (MIDI 1.0): its keys are released.
    """

    def __init__(
        self, port: str | None, virtual: str | None, midi: MidiConfig, *, timing: bool = False
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._received_at = 0.0
        self._sensing: asyncio.TimerHandle | None = None
        self.port = ports.wait_for_input(port, virtual, midi)
        self.port.listen(self._receive, timing=timing, sensing=True)

    def handle_unplugged(self) -> None:
        """The device is gone: its keys are released."""
        self._release_keys()

    def handle_plugged(self) -> None:
        """The device is back."""

    def clear_keys(self) -> None:
        """Forget every key that is down, as after a lost note-off."""

    def close(self) -> None:
        """Close the port."""
        if self._sensing is not None:
            self._sensing.cancel()
        self.port.close()

    def _receive(self, message: list[int], moment: float) -> None:
        """Take a message on the poller's thread."""
        try:
            self._loop.call_soon_threadsafe(self._dispatch, message, moment)
        except RuntimeError:
            pass  # the loop is closed: the performance is over

    def _dispatch(self, message: list[int], moment: float) -> None:
        self._received_at = moment
        if message[0] != SENSING:
            self._handle(message, moment)
        elif self._sensing is None:
            self._expect()

    def _expect(self) -> None:
        # waiting messages come before a timer, so a slow loop takes no device for gone
        self._sensing = self._loop.call_at(self._received_at + SENSING_SECONDS, self._check_sensing)

    def _check_sensing(self) -> None:
        if self._loop.time() < self._received_at + SENSING_SECONDS:
            self._expect()
        else:
            self._sensing = None
            self._release_keys()

    def _handle(self, message: list[int], moment: float) -> None:
        """Handle a message that arrived at `moment` (seconds of the monotonic clock)."""
        raise NotImplementedError

    def _release_keys(self) -> None:
        """Release every key that is down, because the device is gone."""
