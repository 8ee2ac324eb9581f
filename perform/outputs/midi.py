"""Notes to a MIDI port."""

import time
from collections.abc import Mapping

from perform.config.schema import MidiOutputConfig, MidiSystem
from perform.errors import OutputError
from perform.events import AllNotesOff, ClockPulse, NoteMessage, OutputEvent, TransportMessage
from perform.midi import ports

DRAIN_SECONDS = 0.05  # twice a large JACK buffer
NOTE_ON, NOTE_OFF, CONTROL = 0x90, 0x80, 0xB0
PULSE, ROLLS = 0xF8, {"start": 0xFA, "continue": 0xFB, "stop": 0xFC}
ALL_SOUND_OFF, ALL_NOTES_OFF, SUSTAIN = 120, 123, 64


class MidiOutput:
    """Plays voices on their channels (1 to 16) of one port. OutputError when the port is gone."""

    def __init__(
        self, output: MidiOutputConfig, channels: Mapping[str, int], system: MidiSystem = "auto"
    ) -> None:
        self._name = output.virtual or output.port or ""
        self.port = ports.open_output(output.port, output.virtual, system)
        self._there = True
        self._channels = {voice: channel - 1 for voice, channel in channels.items()}
        self._clock = output.clock
        self._closed = False

    def send(self, output: OutputEvent) -> None:
        """A note to the port, and the clock where it is sent; panic as all-notes-off on every channel."""
        if isinstance(output, NoteMessage):
            status = (NOTE_ON if output.velocity else NOTE_OFF) | self._channels[output.voice]
            self._write([status, output.pitch, output.velocity])
        elif self._clock and isinstance(output, ClockPulse):
            self._write([PULSE])
        elif self._clock and isinstance(output, TransportMessage):
            self._write([ROLLS[output.action]])
        elif isinstance(output, AllNotesOff):
            self._silence(range(16))

    def unplugged(self) -> None:
        """Nobody is there to play; what would be sent is not kept for them."""
        self._there = False

    def plugged(self) -> None:
        """They are back: first what they may have gone on sounding ends."""
        self._there = True
        try:
            self._silence(self._played())
        except OutputError:
            pass  # gone once more: whoever sends the next note says so

    def close(self) -> None:
        """All notes off on the channels that were played, and the port closed."""
        if self._closed:
            return
        self._closed = True
        try:
            self._silence(self._played())
            # a port that is closed at once takes its last messages with it
            time.sleep(DRAIN_SECONDS)
        except OutputError:
            pass  # it is gone: there is nobody left to silence
        finally:
            self.port.close()

    def _played(self) -> list[int]:
        return sorted(set(self._channels.values()))

    def _silence(self, channels: range | list[int]) -> None:
        for channel in channels:
            for control in (SUSTAIN, ALL_NOTES_OFF, ALL_SOUND_OFF):
                self._write([CONTROL | channel, control, 0])

    def _write(self, message: list[int]) -> None:
        if not self._there:
            return
        try:
            self.port.device.send_message(message)
        except Exception as fault:  # rtmidi raises its own kinds and bare RuntimeError
            raise OutputError(
                f"MIDI output {self._name!r} went away ({fault}); plug it in and start again"
            ) from fault
