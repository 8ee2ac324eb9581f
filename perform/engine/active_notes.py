"""The notes that sound: struck on the chord of their moment, kept apart from each other, always ended."""

from collections.abc import Sequence
from typing import NamedTuple

from perform.engine import expression
from perform.engine import voicing as lines
from perform.engine.expression import PerformedNote
from perform.engine.harmony import Harmony
from perform.engine.metre import Metre
from perform.engine.schedule import EventKind, Schedule
from perform.engine.voice_state import VoiceState
from perform.events import NoteMessage, OutputEvent
from perform.music.chord import Chord
from perform.music.note import Phrase

SHORTEST_TICKS = 15  # after a range fold two notes may meet; what is left shorter is not struck
NEAREST = 2  # semitones from another voice, below which a note tries another octave
FARTHEST_APPROACH = 12  # semitones: the leap into the next bar is taken a note earlier


class PlannedNote(NamedTuple):
    """A note that is laid out for a voice (its index). `leads`: into the next bar, which is in this metre; None: it
    does not. `made`: the bar of material that it is from. `reach`: of its bar as it is laid out.
    """

    line: int
    stroke: PerformedNote
    leads: Metre | None
    made: Phrase
    reach: lines.PitchSpan


class ActiveNotes:
    """What every voice sounds. `struck` counts the notes so far."""

    def __init__(self, voices: Sequence[VoiceState], schedule: Schedule, harmony: Harmony) -> None:
        self._lines = voices
        self._schedule = schedule
        self._harmony = harmony
        self._token = 0
        self.struck = 0

    @property
    def count(self) -> int:
        """How many notes sound."""
        return sum(len(line.sounding) for line in self._lines)

    def begin(self, tick: int, bar: int, coming: PlannedNote, done: list[OutputEvent]) -> None:
        """A note of a phrase becomes a sound, on the chord of this very moment."""
        line, stroke = self._lines[coming.line], coming.stroke
        chord = self._harmony.chord
        if chord is None or line.silent or not line.speaks(bar):
            return
        line.heard = coming.made
        settings = line.settings
        note = line.placed(stroke.note, bar, coming.reach, chord)
        pitch = lines.pitch_over(
            note, stroke.weight, chord, settings, line.before, self._harmony.key
        )
        if coming.leads:
            pitch = self._approach(line, bar + 1, coming.leads, pitch)
        if line.parameters["share"] < 1:
            pitch = self._beside_others(line, pitch)
        line.before = lines.PreviousNote(note.pitch, pitch)
        velocity = lines.velocity_of(note, stroke.weight, settings) + stroke.force
        if line.feel.accent != expression.PLAIN.accent:
            velocity = expression.accented(
                velocity, settings.softest, settings.loudest, line.feel.accent
            )
        velocity = min(max(velocity, 1), 127)
        self._strike(tick, line, pitch, velocity, tick + stroke.duration, done)

    def _approach(self, line: VoiceState, bar: int, metre: Metre, pitch: int) -> int:
        """A semitone from where the next bar begins, on the side that the line comes from."""
        first, chord = line.opening(bar, metre), self._harmony.coming(1)
        if first is None or chord is None:
            return pitch
        weight = metre.weight(first.start)
        target = lines.pitch_over(first, weight, chord, line.settings, None, self._harmony.key)
        if abs(target - pitch) > FARTHEST_APPROACH:
            return pitch
        below = target - 1 if target > line.settings.low else target + 1
        return target + 1 if pitch > target else below

    def _beside_others(self, line: VoiceState, pitch: int) -> int:
        """The pitch, or its nearest octave in range that is not on top of another voice's note."""
        taken = [p for other in self._lines if other is not line for p in other.sounding]
        for octave in (0, 12, -12, 24, -24):
            moved = pitch + octave
            inside = line.settings.low <= moved <= line.settings.high
            if inside and all(abs(moved - other) >= NEAREST for other in taken):
                return moved
        return pitch

    def _strike(
        self,
        tick: int,
        line: VoiceState,
        pitch: int,
        velocity: int,
        end: int,
        done: list[OutputEvent],
    ) -> None:
        if pitch in line.sounding:
            _, other_end = line.sounding.pop(pitch)
            done.append(NoteMessage(tick, line.settings.name, pitch, 0))
            end = max(end, other_end)
        self._token += 1
        line.sounding[pitch] = (self._token, end)
        self._schedule.add(end, EventKind.OFF, (line.index, pitch, self._token))
        done.append(NoteMessage(tick, line.settings.name, pitch, velocity))
        self.struck += 1

    def end(self, tick: int, item: tuple[int, ...], done: list[OutputEvent]) -> None:
        """The note that was to end now ends, unless it has ended already."""
        index, pitch, token = item
        line = self._lines[index]
        if line.sounding.get(pitch, (0, 0))[0] == token:
            del line.sounding[pitch]
            done.append(NoteMessage(tick, line.settings.name, pitch, 0))

    def slide(self, tick: int, line: VoiceState, chord: Chord, done: list[OutputEvent]) -> None:
        """What a voice sounds goes to the nearest tones of a chord."""
        for pitch, (_, end) in list(line.sounding.items()):
            target = lines.slide(pitch, chord, line.settings)
            if target == pitch or pitch not in line.sounding:
                continue
            del line.sounding[pitch]
            done.append(NoteMessage(tick, line.settings.name, pitch, 0))
            if end - tick >= SHORTEST_TICKS:
                self._strike(tick, line, target, line.settings.softest, end, done)

    def silence(self, tick: int, silenced: Sequence[VoiceState]) -> list[OutputEvent]:
        """Note-offs for all that sounds; what is scheduled to end later finds nothing to end."""
        done: list[OutputEvent] = [
            NoteMessage(tick, line.settings.name, pitch, 0)
            for line in silenced
            for pitch in line.sounding
        ]
        for line in silenced:
            line.sounding.clear()
        return done
