"""Notes to a MIDI port."""

import time
from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import Meta

from perform.clock.realtime import SPIN_SECONDS
from perform.errors import OutputError, StartError
from perform.events import AllNotesOff, ClockPulse, NoteMessage, OutputEvent, TransportMessage
from perform.midi import ports
from perform.midi.settings import MidiConfig
from perform.outputs.base import OpenedOutput, OutputContext, OutputTable
from perform.tables import check_port

DRAIN_SECONDS = 0.05  # twice a large JACK buffer
NOTE_ON, NOTE_OFF, CONTROL = 0x90, 0x80, 0xB0
PULSE, ROLLS = 0xF8, {"start": 0xFA, "continue": 0xFB, "stop": 0xFC}
ALL_SOUND_OFF, ALL_NOTES_OFF, SUSTAIN = 120, 123, 64


class MidiOutputConfig(OutputTable, frozen=True, tag_field="kind", tag="midi"):
    """A MIDI port. `port`: part of its name, or its number; `virtual`: the name of a port to open.

    `clock`: send MIDI clock, start, stop and continue. `ahead_ms`: send this much earlier, because
    what is connected takes so long to sound; see `perform latency`.
    """

    every_voice: ClassVar[bool] = False
    spin: ClassVar[float] = SPIN_SECONDS

    port: str | None = None
    virtual: str | None = None
    clock: bool = False
    ahead_ms: Annotated[float, Meta(ge=0, le=500)] = 0.0

    @property
    def ahead(self) -> float:
        """The latency of what is connected, in seconds."""
        return self.ahead_ms / 1000

    @property
    def sends_clock(self) -> bool:
        """Whether MIDI clock is sent."""
        return self.clock

    @property
    def is_midi_port(self) -> bool:
        """Always."""
        return True

    def check(self, where: str) -> None:
        """RigError unless one of `port` and `virtual` is given."""
        check_port(f"{where}: a midi output", self.port, self.virtual)

    def open(self, context: OutputContext) -> OpenedOutput:
        """The open port. OutputError says which ports there are."""
        try:
            output = MidiOutput(self, context.channels, context.midi)
        except StartError as error:
            raise type(error)(f"output {context.name!r}: {error}") from None
        return OpenedOutput(output, port=output)


class MidiOutput:
    """Plays voices on their channels (1 to 16) of one port. OutputError when the port is gone."""

    def __init__(
        self, output: MidiOutputConfig, channels: Mapping[str, int], midi: MidiConfig = ports.AUTO
    ) -> None:
        self._name = output.virtual or output.port or ""
        self.port = ports.open_output(output.port, output.virtual, midi)
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
            self.port.send(message)
        except Exception as fault:  # of the libraries' own kinds
            raise OutputError(
                f"MIDI output {self._name!r} went away ({fault}); plug it in and start again"
            ) from fault
