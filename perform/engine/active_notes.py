"""The notes that sound: each begins on the chord of its moment, and each is ended."""

from collections.abc import Sequence
from typing import NamedTuple

from perform.engine import voicing
from perform.engine.expression import PLAIN, PerformedNote, accent_velocity
from perform.engine.harmony import Harmony
from perform.engine.metre import Metre
from perform.engine.placed_line import PlacedLine
from perform.engine.schedule import EventKind, Schedule
from perform.engine.voice_state import SoundingNote, VoiceState
from perform.events import NoteMessage, OutputEvent
from perform.music.chord import Chord
from perform.music.note import Note, Phrase
from perform.music.pitch import transposed

MIN_SLIDE_TICKS = 15  # a note that slides with less time left ends instead
MIN_INTERVAL = 2  # semitones to other voices' notes; a nearer note tries another octave
MAX_APPROACH = 12  # semitones to the next bar's first note, for a note that leads into it


class PlannedNote(NamedTuple):
    """A note that is laid out for a voice.

    `voice`: the voice's index. `leads`: the metre of the next bar, where the note leads into that
    bar. `material`: the received bar that the note comes from. `span`: the pitches of its bar.
    `dynamics`: how loud the arc makes it, see `Arc.dynamics`. `line`, `place`: the placed line of
    the bar, and which of its notes it is. `tied`: whether it goes on with the note before it.
    `accent`: see `voicing.velocity_of`. `held`: ticks to the bar line, for a note that is written
    up to it: it lasts so long where the next bar goes on with it.
    """

    voice: int
    performed: PerformedNote
    leads: Metre | None
    material: Phrase
    span: voicing.PitchSpan
    dynamics: float
    line: PlacedLine | None = None
    place: int = 0
    tied: bool = False
    accent: float | None = None
    held: int = 0


class ActiveNotes:
    """The sounding notes of all voices. `played`: how many notes have begun."""

    def __init__(self, voices: Sequence[VoiceState], schedule: Schedule, harmony: Harmony) -> None:
        self._voices = voices
        self._schedule = schedule
        self._harmony = harmony
        self._token = 0
        self.played = 0

    def begin(self, tick: int, bar: int, planned: PlannedNote, done: list[OutputEvent]) -> None:
        """Begin a planned note, on the chord of this moment."""
        voice, performed = self._voices[planned.voice], planned.performed
        chord = self._harmony.chord
        if chord is None or voice.silent or not voice.plays(bar):
            if planned.tied:
                self._end_tied(tick, voice, None, done)
            return
        voice.played_material = planned.material
        note, pitch = self._voiced(voice, bar, planned, chord)
        voice.previous_note = voicing.PreviousNote(note.pitch, pitch)
        if planned.tied and self._end_tied(tick, voice, pitch, done):
            return
        settings = voice.settings
        velocity = voicing.velocity_of(note, performed.weight, settings, planned.accent)
        velocity += performed.velocity_offset
        accent = voice.expression.accent
        if accent != PLAIN.accent:
            velocity = accent_velocity(velocity, settings.softest, settings.loudest, accent)
        velocity = voicing.with_dynamics(velocity, planned.dynamics, settings)
        velocity = min(max(velocity, 1), 127)
        held = planned.held if voice.ties_into(bar + 1) else 0
        self._note_on(tick, voice, pitch, velocity, tick + max(performed.duration, held), done)

    def _voiced(
        self, voice: VoiceState, bar: int, planned: PlannedNote, chord: Chord
    ) -> tuple[Note, int]:
        """A planned note in its octave, and its pitch over a chord."""
        note, key = planned.performed.note, self._harmony.key
        if planned.line is not None:
            note, pitch = planned.line.begin(planned.place, chord, key, voice.previous_note)
        else:
            note = voice.in_octave(note, bar, planned.span, chord)
            weight, previous = planned.performed.weight, voice.previous_note
            pitch = voicing.pitch_over(note, weight, chord, voice.settings, previous, key)
        if planned.leads:
            pitch = self._approach(voice, bar + 1, planned.leads, pitch)
        if voice.parameters["share"] < 1:
            pitch = self._beside_others(voice, pitch)
        return note, pitch

    def _approach(self, voice: VoiceState, bar: int, metre: Metre, pitch: int) -> int:
        """A pitch a semitone from the first note of the next bar, on the side of `pitch`."""
        chord = self._harmony.chord_ahead(1)
        target = voice.first_pitch(bar, metre, chord, self._harmony.key) if chord else None
        if target is None or abs(target - pitch) > MAX_APPROACH:
            return pitch
        below = target - 1 if target > voice.settings.low else target + 1
        return target + 1 if pitch > target else below

    def _beside_others(self, voice: VoiceState, pitch: int) -> int:
        """The pitch, or its nearest octave in range that is apart from the other voices' notes."""
        taken = [p for other in self._voices if other is not voice for p in other.sounding]
        for octave in (0, 12, -12, 24, -24):
            moved = pitch + octave
            inside = voice.settings.low <= moved <= voice.settings.high
            if inside and all(abs(moved - other) >= MIN_INTERVAL for other in taken):
                return moved
        return pitch

    def _note_on(
        self,
        tick: int,
        voice: VoiceState,
        pitch: int,
        velocity: int,
        end: int,
        done: list[OutputEvent],
    ) -> None:
        """Begin a note; one of the same pitch ends first, and the new one lasts as long as it."""
        if pitch in voice.sounding:
            end = max(end, voice.sounding[pitch].end)
            done.append(_ended(tick, voice, pitch))
        sent = transposed(pitch, round(voice.parameters["transpose"]))
        # of another transposition
        same = [other for other, note in voice.sounding.items() if note.sent == sent]
        done.extend(_ended(tick, voice, other) for other in same)
        self._sound_until(end, voice, pitch, sent)
        done.append(NoteMessage(tick, voice.settings.name, sent, velocity))
        self.played += 1

    def _sound_until(
        self, end: int, voice: VoiceState, pitch: int, sent: int, *, tied: bool = False
    ) -> None:
        """Let a note sound until a tick, whatever was scheduled for it before."""
        self._token += 1
        voice.sounding[pitch] = SoundingNote(self._token, end, sent, tied)
        self._schedule.add(end, EventKind.OFF, (voice.index, pitch, self._token))

    def prolong(self, voice: VoiceState, pitch: int, end: int) -> None:
        """Let a note of a pitch sound on, if one sounds, up to the end of the one that is tied to
        it. It is done before the bar line, because the note would end there.
        """
        if pitch in voice.sounding:
            self._sound_until(end, voice, pitch, voice.sounding[pitch].sent, tied=True)

    def _end_tied(
        self, tick: int, voice: VoiceState, pitch: int | None, done: list[OutputEvent]
    ) -> bool:
        """End the notes that were made longer for a tied note, which begins now with `pitch` or
        with None rests, but for one of its pitch. Returns whether there is one: it goes on.
        """
        goes_on = False
        for sounding, note in list(voice.sounding.items()):
            if note.tied and sounding == pitch:
                voice.sounding[sounding] = note._replace(tied=False)
                goes_on = True
            elif note.tied:
                done.append(_ended(tick, voice, sounding))
        return goes_on

    def end(self, tick: int, item: tuple[int, ...], done: list[OutputEvent]) -> None:
        """End a scheduled note, unless it has ended already."""
        index, pitch, token = item
        voice = self._voices[index]
        note = voice.sounding.get(pitch)
        if note is not None and note.token == token:
            done.append(_ended(tick, voice, pitch))

    def slide(self, tick: int, voice: VoiceState, chord: Chord, done: list[OutputEvent]) -> None:
        """Move a voice's sounding notes to the nearest tones of a chord."""
        for pitch, note in list(voice.sounding.items()):
            target = voicing.slide_pitch(pitch, chord, voice.settings)
            if target == pitch or pitch not in voice.sounding:
                continue
            done.append(_ended(tick, voice, pitch))
            if note.end - tick >= MIN_SLIDE_TICKS:
                self._note_on(tick, voice, target, voice.settings.softest, note.end, done)
                voice.sounding[target] = voice.sounding[target]._replace(tied=note.tied)

    def silence(self, tick: int, voices: Sequence[VoiceState]) -> list[OutputEvent]:
        """Note-offs for all sounding notes of some voices; their scheduled ends then do nothing."""
        return [_ended(tick, voice, pitch) for voice in voices for pitch in list(voice.sounding)]


def _ended(tick: int, voice: VoiceState, pitch: int) -> NoteMessage:
    """The end of a note that sounds; its scheduled end then does nothing."""
    return NoteMessage(tick, voice.settings.name, voice.sounding.pop(pitch).sent, 0)
