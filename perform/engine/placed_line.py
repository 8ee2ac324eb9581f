"""Bars as they arrive from a source, and the notes of a placed one as they sound."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from perform.engine.form import breathe
from perform.engine.harmony import chord_scale
from perform.engine.metre import Metre, fit_to_metre, from_material
from perform.engine.voice_leading import lead_line
from perform.engine.voicing import (
    PreviousNote,
    VoiceSettings,
    fold_into,
    pitch_over,
    prepare_phrase,
    single_line,
    thin,
)
from perform.music.chord import Chord
from perform.music.line_context import ContextChord, context_chord
from perform.music.note import Note, Phrase
from perform.music.pitch import semitones_from_c

OCTAVES = (0, 12, -12, 24, -24, 36, -36)


class ReceivedBar(NamedTuple):
    """A bar that has arrived, over C.

    `placed`, `tied`, `chords`: see `PhraseReady`. `breath`, `pickup`: see `Sentence`; both are 0 in
    a bar that does not rest at its end.
    """

    phrase: Phrase
    placed: bool = False
    tied: bool = False
    chords: tuple[ContextChord, ...] = ()
    breath: float = 0.0
    pickup: float = 0.0

    def __bool__(self) -> bool:
        """Whether the bar has notes."""
        return bool(self.phrase)

    @property
    def untied(self) -> "ReceivedBar":
        """The bar where it does not follow the bar that it was made to follow."""
        return self._replace(tied=False)

    def prepared(self, settings: VoiceSettings) -> "ReceivedBar":
        """The bar as a voice plays it; the onsets of a placed bar stay where they are."""
        if not self.placed:
            return self._replace(phrase=prepare_phrase(self.phrase, settings))
        return self._replace(phrase=single_line(self.phrase)) if settings.single else self

    def fitted(self, settings: VoiceSettings, metre: Metre) -> Phrase:
        """The notes in a metre, over C, no more than the voice plays."""
        return _fitted(self.phrase, metre, settings.density)

    def sounding(self, settings: VoiceSettings, metre: Metre) -> Phrase:
        """The notes of a placed bar in a metre, as they sound over its chords."""
        return _sounding(self, metre, settings.density, settings.low, settings.high)

    def chords_in(self, metre: Metre) -> tuple[ContextChord, ...]:
        """The chords of a placed bar, in ticks of a metre."""
        return tuple(
            chord._replace(start=from_material(chord.start, metre)) for chord in self.chords
        )


def _fitted(phrase: Phrase, metre: Metre, density: int | None, since: int | None = None) -> Phrase:
    return thin(fit_to_metre(phrase, metre, since), density, metre)


@lru_cache(64)
def _sounding(bar: ReceivedBar, metre: Metre, density: int | None, low: int, high: int) -> Phrase:
    """See `ReceivedBar.sounding`. A bar is asked for at each update of the bars that follow it."""
    shift = semitones_from_c(bar.chords[0].root) if bar.chords else 0
    chords = bar.chords_in(metre)
    since = bar.chords[-1].start if bar.chords else 0

    def is_chord_tone(note: Note) -> bool:
        chord = next((it for it in reversed(chords) if it.start <= note.start), None)
        return chord is None or (note.pitch + shift) % 12 in chord.tones

    line = breathe(
        _fitted(bar.phrase, metre, density, since),
        bar.breath,
        bar.pickup,
        metre,
        rests_on=is_chord_tone,
    )
    return move_line(line, shift, low, high)


def move_line(line: Phrase, shift: int, low: int, high: int) -> Phrase:
    """A line moved by semitones into a range.

    Where it leaves the range, it moves by octaves as a whole; then what still is outside folds.
    """
    pitches = [note.pitch + shift for note in line]
    lowest, highest = min(pitches, default=low), max(pitches, default=high)
    shift += min(
        OCTAVES,
        key=lambda octave: max(low - lowest - octave, 0) + max(highest + octave - high, 0),
    )
    return tuple(note._replace(pitch=fold_into(note.pitch + shift, low, high)) for note in line)


class PlacedLine:
    """The notes of a placed bar that is laid out. They move only where other chords sound than the
    expected ones.

    `line`: the notes as they sound over `chords`, which count from the bar line. `starts`: the
    ticks at which they are played.
    """

    def __init__(
        self,
        line: Phrase,
        starts: Sequence[int],
        chords: tuple[ContextChord, ...],
        settings: VoiceSettings,
        metre: Metre,
    ) -> None:
        self.line = line
        self._settings = settings
        self._metre = metre
        self._expect(chords)
        # for each note the index of its chord; 0 also where no chord is expected
        self._chord_of = [
            max(sum(chord.start <= start for chord in chords) - 1, 0) for start in starts
        ]
        self._sounded: dict[int, int] = {}  # place -> pitch
        self._led: dict[tuple[int, Chord, frozenset[int]], dict[int, int]] = {}

    def begin(
        self, place: int, chord: Chord, key: frozenset[int], previous: PreviousNote | None
    ) -> tuple[Note, int]:
        """The note at `place`, which begins now over a chord, and its pitch.

        `previous`: the note before, as in `voicing.pitch_over`.
        """
        pitch = self._sounded[place] = self._pitch(place, chord, key, previous)
        return self.line[place], pitch

    def sounding(
        self, chord: Chord | None, key: frozenset[int], previous: PreviousNote | None
    ) -> Phrase:
        """The notes as they have sounded, and as they will. `chord`: the one that sounds now, if
        the bar has begun.
        """
        left = max(self._sounded, default=-1) + 1
        now = self._chord_of[max(left - 1, 0)] if self.line else 0
        pitches = (
            self._pitch(place, chord, key, previous)
            if chord and place >= left and self._chord_of[place] == now
            else self._sounded.get(place, note.pitch)
            for place, note in enumerate(self.line)
        )
        return tuple(
            note if note.pitch == pitch else note._replace(pitch=pitch)
            for note, pitch in zip(self.line, pitches, strict=True)
        )

    def _pitch(
        self, place: int, chord: Chord, key: frozenset[int], previous: PreviousNote | None
    ) -> int:
        if not self._chords:
            self._settle(chord, key)
        note, expected = self.line[place], self._chords[self._chord_of[place]]
        settings, weight = self._settings, self._metre.weight(note.start)
        if settings.fit == "shift":
            shift = semitones_from_c((chord.root - expected.root) % 12)
            return fold_into(note.pitch + shift, settings.low, settings.high)
        on_bass = settings.grounded and weight > 1 and chord.bass != chord.root
        if settings.fit == "chord" or on_bass:
            return _bend(note, weight, chord, settings, previous, key)
        if expected.root == chord.root and chord.tones == self._tones[self._chord_of[place]]:
            return note.pitch
        led = self._led.setdefault((self._chord_of[place], chord, key), {})
        if place not in led:
            led |= self._lead(place, expected, chord, key, previous)
        return led[place]

    def _settle(self, chord: Chord, key: frozenset[int]) -> None:
        """Move a line that was made without a chord onto the first one over which it sounds."""
        settings, new = self._settings, context_chord(chord, chord_scale(chord, key))
        line = move_line(self.line, semitones_from_c(chord.root), settings.low, settings.high)
        pitches = lead_line(line, new, new, settings.low, settings.high, self._metre)
        self.line = tuple(
            note._replace(pitch=pitch) for note, pitch in zip(line, pitches, strict=True)
        )
        self._expect((new,))

    def _expect(self, chords: tuple[ContextChord, ...]) -> None:
        self._chords = chords
        self._tones = [frozenset(chord.tones) for chord in chords]

    def _lead(
        self,
        place: int,
        expected: ContextChord,
        chord: Chord,
        key: frozenset[int],
        previous: PreviousNote | None,
    ) -> dict[int, int]:
        """The pitches over a chord of the notes from `place` on that expect the same other one."""
        end = place + self._chord_of[place:].count(self._chord_of[place])
        pitches = lead_line(
            self.line[place:end],
            expected,
            context_chord(chord, chord_scale(chord, key)),
            self._settings.low,
            self._settings.high,
            self._metre,
            previous,
            self.line[end] if end < len(self.line) else None,
        )
        return dict(zip(range(place, end), pitches, strict=True))


def _bend(
    note: Note,
    weight: int,
    chord: Chord,
    settings: VoiceSettings,
    previous: PreviousNote | None,
    key: frozenset[int],
) -> int:
    """A placed note bent to a chord, as a note over C is."""
    shift = semitones_from_c(chord.root)
    if previous is not None:
        previous = previous._replace(written=previous.written - shift)
    over_c = note._replace(pitch=note.pitch - shift)
    return pitch_over(over_c, weight, chord, settings, previous, key)
