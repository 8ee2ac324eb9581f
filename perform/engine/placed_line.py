"""Bars as they arrive from a source, and the notes of a placed one as they sound."""

from typing import NamedTuple

from perform.engine.form import breathe
from perform.engine.metre import Metre, fit_to_metre
from perform.engine.voicing import VoiceSettings, fold_into, prepare_phrase, single_line, thin
from perform.music.line_context import ContextChord
from perform.music.note import Phrase
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

    def prepared(self, settings: VoiceSettings) -> "ReceivedBar":
        """The bar as a voice plays it; the onsets of a placed bar stay where they are."""
        if not self.placed:
            return self._replace(phrase=prepare_phrase(self.phrase, settings))
        return self._replace(phrase=single_line(self.phrase)) if settings.single else self

    def fitted(self, settings: VoiceSettings, metre: Metre) -> Phrase:
        """The notes in a metre, over C, no more than the voice plays."""
        return thin(fit_to_metre(self.phrase, metre), settings.density, metre)

    def sounding(self, settings: VoiceSettings, metre: Metre) -> Phrase:
        """The notes of a placed bar in a metre, as they sound over its chords.

        A line that leaves the voice's range moves by octaves as a whole, as far as it fits.
        """
        phrase = breathe(self.fitted(settings, metre), self.breath, self.pickup, metre)
        shift = semitones_from_c(self.chords[0].root) if self.chords else 0
        pitches = [note.pitch + shift for note in phrase]
        low, high = min(pitches, default=settings.low), max(pitches, default=settings.high)
        shift += min(
            OCTAVES,
            key=lambda octave: (
                max(settings.low - low - octave, 0) + max(high + octave - settings.high, 0)
            ),
        )
        return tuple(
            note._replace(pitch=fold_into(note.pitch + shift, settings.low, settings.high))
            for note in phrase
        )
