"""Notes to a MIDI port."""

import time
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from perform.clock.realtime import SPIN_SECONDS
from perform.control.set_commands import SONG_ADDRESS
from perform.engine.click import CLICK
from perform.errors import OutputError
from perform.events import (
    AllNotesOff,
    ClockPulse,
    NoteMessage,
    OutputEvent,
    StateChanged,
    TransportMessage,
)
from perform.midi import ports
from perform.midi.settings import MidiConfig
from perform.outputs.base import OpenedOutput, OutputContext, OutputTable
from perform.outputs.clock_messages import ClockMessages
from perform.outputs.shared_keys import SharedKeys
from perform.outputs.sounds import NO_SOUNDS, Sounds, VoiceSound
from perform.tables import check_port

DRAIN_SECONDS = 0.1  # some large JACK buffers: a busy server skips one now and then
NOTE_ON, NOTE_OFF, CONTROL_CHANGE = 0x90, 0x80, 0xB0
ALL_SOUND_OFF, ALL_NOTES_OFF, SUSTAIN = 120, 123, 64


class MidiOutputConfig(OutputTable, frozen=True, tag_field="kind", tag="midi"):
    """A MIDI port. `port`: part of its name, or its number; `virtual`: the name of a port to open.

    `clock`: send MIDI clock, start, stop, continue and, where the music moves, the song position;
    "continuous": pulses also while the music is stopped. `ahead_ms`: send this much earlier,
    because what is connected takes so long to sound; see `perform latency`.
    """

    every_voice: ClassVar[bool] = False
    is_midi_port: ClassVar[bool] = True
    spin: ClassVar[float] = SPIN_SECONDS

    port: str | None = None
    virtual: str | None = None
    clock: bool | Literal["continuous"] = False
    ahead_ms: Annotated[float, Meta(ge=0, le=500)] = 0.0

    @property
    def ahead(self) -> float:
        """The latency of what is connected, in seconds."""
        return self.ahead_ms / 1000

    @property
    def sends_clock(self) -> bool:
        """Whether MIDI clock is sent."""
        return bool(self.clock)

    @property
    def sends_idle_clock(self) -> bool:
        """Whether MIDI clock is sent also while the music is stopped."""
        return self.clock == "continuous"

    def check(self, where: str) -> None:
        """RigError unless one of `port` and `virtual` is given."""
        check_port(f"{where}: a midi output", self.port, self.virtual)

    def open(self, context: OutputContext) -> OpenedOutput:
        """The port, which may not be there yet. StartError without a MIDI library."""
        output = MidiOutput(self, context.channels, context.midi, context.keys, context.sounds)
        return OpenedOutput(output, port=output)


class MidiOutput:
    """Plays voices on their channels (1 to 16) of one port, from when it is there.

    OutputError when the MIDI system is gone.
    `keys`: the keys of each port by its name, for all outputs. `sounds`: of each voice, sent when
    the port is there, and again when it is back, and when the music starts after a panic.
    """

    def __init__(
        self,
        config: MidiOutputConfig,
        channels: Mapping[str, int],
        midi: MidiConfig = ports.AUTO,
        keys: dict[str, SharedKeys] | None = None,
        sounds: Mapping[str, VoiceSound] = NO_SOUNDS,
    ) -> None:
        self._name = config.virtual or config.port or ""
        self.port = ports.wait_for_output(config.port, config.virtual, midi)
        self._is_plugged = self.port.fault is None
        self._channels = {voice: channel - 1 for voice, channel in channels.items()}
        self._keys = SharedKeys()
        self._keys_of_ports = keys
        self._share_keys()
        self._clock = ClockMessages(idle=config.sends_idle_clock) if config.clock else None
        self._sounds = Sounds(self._channels, sounds)
        self._is_virtual = config.virtual is not None
        self._is_stopped, self._is_reset = True, False
        self._closed = self._counts_in = self._has_clicked = False
        self._send_sounds()

    def send(self, event: OutputEvent) -> None:
        """Send a note, a clock message where the rig says so, or all-notes-off (panic)."""
        if isinstance(event, StateChanged):
            self._change_sound(event)
        elif isinstance(event, TransportMessage):
            self._change_transport(event)
        elif isinstance(event, NoteMessage):
            channel = self._channels[event.voice]
            self._has_clicked |= event.voice == CLICK
            for note in self._keys.handle(channel, event):
                status = (NOTE_ON if note.velocity else NOTE_OFF) | channel
                self._write([status, note.pitch, note.velocity])
        elif self._clock and isinstance(event, ClockPulse):
            self._write(*self._clock.of_pulse(event))
        elif isinstance(event, AllNotesOff):
            self._silence(range(16))
            self._is_reset = True

    def handle_unplugged(self) -> None:
        """Drop events from now on: the device is gone."""
        self._is_plugged = False

    def handle_plugged(self) -> None:
        """Send events again; first end the notes that the device may have held."""
        self._is_plugged = True
        self._share_keys()
        if self._clock is not None:
            self._clock.lose()
        try:
            self._silence(self._played())
            self._send_sounds()
        except OutputError:
            pass  # it is gone again: the next note raises the error

    def close(self) -> None:
        """Send all-notes-off on the channels of the voices, and close the port."""
        if self._closed:
            return
        self._closed = True
        try:
            self._silence(self._played())
            # a port that is closed at once loses its last messages
            time.sleep(DRAIN_SECONDS)
        except OutputError:
            pass  # it is gone, and needs no all-notes-off
        finally:
            self.port.close()

    def _share_keys(self) -> None:
        """Share the keys of the port with its other outputs, from when its name is known."""
        if self._keys_of_ports is not None and self.port.name is not None:
            self._keys = self._keys_of_ports.setdefault(self.port.name, self._keys)

    def _change_sound(self, event: StateChanged) -> None:
        """Send what has changed; all of it for a song that is cued: the player may have changed it.

        While the music plays, nothing is sent again: a program change can cut notes.
        """
        self._write(*self._sounds.change(event))
        if event.address == SONG_ADDRESS and event.value and self._is_stopped:
            self._send_sounds()

    def _change_transport(self, event: TransportMessage) -> None:
        counted, self._counts_in = self._counts_in, event.action == "count-in"
        self._is_stopped = event.action == "stop"
        # a synthesizer may have been connected to a virtual port since, or reset by a panic
        starts = self._counts_in or (event.action == "start" and not counted)
        if not self._is_stopped and (self._is_reset or (self._is_virtual and starts)):
            self._is_reset = False
            self._send_sounds()
        if self._clock:
            self._write(*self._clock.of_transport(event))

    def _send_sounds(self) -> None:
        self._write(*self._sounds.messages())

    def _played(self) -> list[int]:
        """The channels of the voices, and that of the click where it has played."""
        return sorted(
            {it for voice, it in self._channels.items() if voice != CLICK or self._has_clicked}
        )

    def _silence(self, channels: range | list[int]) -> None:
        self._keys.clear(channels)
        for channel in channels:
            for control in (SUSTAIN, ALL_NOTES_OFF, ALL_SOUND_OFF):
                self._write([CONTROL_CHANGE | channel, control, 0])

    def _write(self, *messages: list[int]) -> None:
        if not self._is_plugged:
            return
        try:
            for message in messages:
                self.port.send(message)
        except Exception as error:  # the libraries raise their own classes
            raise OutputError(
                f"MIDI output {self._name!r} went away ({error}); plug it in and start again"
            ) from error
