"""A keyboard that plays chords, bass and melody: its table in the rig, its port and its zones."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Meta

from perform.clock.realtime import Alarm
from perform.errors import RigError
from perform.events import ChordReleased, Event, InputName
from perform.inputs.base import InputContext, InputTable
from perform.inputs.bass_line import Surroundings
from perform.inputs.chord_keyboard import ChordKeyboard, ChordKeyboardSettings
from perform.inputs.melody import MelodyKeys
from perform.inputs.midi_base import MidiPort
from perform.inputs.transposition import NONE, Semitones, TransposedKeys
from perform.inputs.zones import KeyZones, Zone
from perform.midi.messages import NOTE_OFF, NOTE_ON
from perform.midi.settings import MidiConfig
from perform.music.hints import Hints
from perform.music.pitch import parse_midi_pitch
from perform.tables import rig_errors

PREPARE_SECONDS = 0.004  # before a chord settles: it is named then, so that only its notes are left


class ChordInputConfig(InputTable, frozen=True):
    """A keyboard that plays chords. `port`: part of a name, or a number; `virtual`: a name to open.

    `channel` 0: all channels but that of drums, 10. `split`: a note that divides the keys into
    those `below` and `above`. `bass_channel`: the channel of a bass, whose notes hint at the root.
    `walking`: the bass plays passing notes too, and is no bass of a slash chord. `latch`: a chord
    stays when the keys are released. `settle_ms`: how long the keys of one chord may take to go
    down. `minimum`: fewer held notes are no chord. `transpose`: semitones by which its notes are
    moved; `split` is a key as it is played.
    """

    port: str | None = None
    virtual: str | None = None
    channel: Annotated[int, Meta(ge=0, le=16)] = 0
    split: str | None = None
    below: Zone = "chords"
    above: Zone = "off"
    bass_channel: Annotated[int, Meta(ge=0, le=16)] = 0
    walking: bool = True
    latch: bool = True
    settle_ms: Annotated[float, Meta(ge=0, le=500)] = 35.0
    minimum: Annotated[int, Meta(ge=1, le=8)] = 3
    transpose: Semitones = 0

    def check(self, voices: Sequence[str]) -> None:  # noqa: ARG002 - the same for every rig
        """RigError for a split point that is no note, and for zones that play no chord."""
        if self.split is not None:
            with rig_errors("inputs.midi"):
                parse_midi_pitch(self.split)
        elif (self.below, self.above) != ("chords", "off"):
            raise RigError('[inputs.midi] below and above need a split: split = "C4"')
        if "chords" not in (self.below, self.above):
            raise RigError('[inputs.midi] no key plays chords; write below or above = "chords"')
        if self.bass_channel and self.bass_channel == self.channel:
            raise RigError("[inputs.midi] channel and bass_channel are the same; take two")

    def describe(self) -> Iterator[str]:
        """The port."""
        yield f"MIDI {self.virtual or self.port}"

    def zones(self) -> KeyZones:
        """What each key is."""
        return KeyZones(
            self.channel - 1 if self.channel else None,
            self.bass_channel - 1 if self.bass_channel else None,
            parse_midi_pitch(self.split) if self.split else None,
            self.below,
            self.above,
        )

    def keyboard(self) -> ChordKeyboardSettings:
        """How keys become chords."""
        return ChordKeyboardSettings(self.latch, self.settle_ms / 1000.0, self.minimum)

    async def open(self, context: InputContext) -> None:
        """Open the port. InputError says which ports there are."""
        context.add(
            MidiChords(self, context.midi, context.deliver, context.around, context.transpositions)
        )


class MidiChords(MidiPort):
    """The port of a chord keyboard: delivers its chords, and the notes of its melody."""

    def __init__(
        self,
        config: ChordInputConfig,
        midi: MidiConfig,
        deliver: Callable[[Event], None],
        around: Surroundings | None = None,
        transpositions: Mapping[InputName, int] = NONE,
    ) -> None:
        self._zones = config.zones()
        self._walking = config.walking
        self._deliver = deliver
        self._transposed = TransposedKeys("midi", transpositions)
        self._around = around or Surroundings()
        self._bass = self._around.bass
        self._keyboard = ChordKeyboard(config.keyboard(), self._hints, self._around.bar_seconds)
        self._melody = MelodyKeys(deliver)
        super().__init__(config.port, config.virtual, midi)
        # not a timer of the loop, which rounds up to milliseconds: a chord is waited for
        self._alarm = Alarm(self._loop, self._settle, spin=0.0)
        self._bass.follow(self._follow_bass)

    def clear_keys(self) -> None:
        """Forget all keys that are down."""
        self._transposed.forget()
        self._bass.clear()
        self._melody.release_all()
        self._deliver_release(self._keyboard.clear_keys(time.monotonic()))

    def close(self) -> None:
        """Close the port."""
        self._alarm.close()
        super().close()

    def _handle(self, message: list[int], moment: float) -> None:
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        is_note = kind in (NOTE_ON, NOTE_OFF) and len(message) > 1
        zone = self._zones.zone(channel, message[1]) if is_note else None
        message = self._transposed.move(message)
        if zone in ("bass", None):
            self._bass.handle(message, moment)
        if zone in ("melody", None):
            self._melody.handle(message)
        if zone in ("chords", None):
            self._deliver_release(self._keyboard.handle(message, moment))

    def _release_keys(self) -> None:
        self._transposed.forget()
        self._bass.clear()
        self._melody.release_all()
        self._deliver_release(self._keyboard.release_all(time.monotonic()))

    def _hints(self, now: float) -> Hints:
        note = self._bass.note(now)
        bass = None if note is None else note % 12
        return self._around.hints()._replace(bass=bass, walking=self._walking)

    def _follow_bass(self, now: float) -> None:
        if not self._walking:
            self._keyboard.reconsider(now)
            self._set_timer()

    def _deliver_release(self, released: ChordReleased | None) -> None:
        if released is not None:
            self._deliver(released)
        self._set_timer()

    def _settle(self) -> None:
        now, deadline = time.monotonic(), self._keyboard.deadline
        if deadline is not None and now < deadline:
            self._keyboard.prepare(now)
            self._alarm.set(deadline)
            return
        changed = self._keyboard.settle(now)
        if changed is not None:
            self._deliver(changed)
        self._set_timer()

    def _set_timer(self) -> None:
        deadline = self._keyboard.deadline
        self._alarm.set(None if deadline is None else deadline - PREPARE_SECONDS)
