"""The context of a requested bar: its chords, the bars before it, its place, the targets."""

from perform.engine.arc import FREE_CHORUS, Arc
from perform.engine.harmony import BarHarmony, chord_scale
from perform.engine.metre import Metre, to_material
from perform.engine.placed_line import ReceivedBar
from perform.engine.voice_state import VoiceState
from perform.engine.voicing import pitch_over
from perform.music.chord import Chord
from perform.music.line_context import BARS_BEFORE, ContextChord, LineContext, context_chord
from perform.music.note import Note, Phrase


def line_context(
    voice: VoiceState, bar: int, harmony: BarHarmony, key: frozenset[int], metre: Metre, arc: Arc
) -> LineContext:
    """What is known now of a voice's bar ahead, in a metre.

    Where the player has set no target, the arc says how dense and how high the bar is.

    Equal knowledge gives equal contexts, so that no bar is requested twice for nothing.
    """
    settings, parameters = voice.settings, voice.parameters
    chords = tuple(
        _in_key(chord, key, to_material(tick, metre)) for tick, chord in harmony.timed(metre)
    )
    at = harmony.at
    return LineContext(
        chords=chords,
        following=_in_key(harmony.following, key) if harmony.following else None,
        before=_notes_before(voice, bar, harmony.first, key, metre),
        place=at.place if at.bars else bar % FREE_CHORUS,
        length=at.bars or FREE_CHORUS,
        feel=None if voice.feel == "auto" else voice.feel,
        density=_target(parameters["target/density"], arc.density),
        register=_target(parameters["target/register"], arc.register),
        energy=arc.energy,
        low=settings.low,
        high=settings.high,
        motif=voice.motif(bar),
    )


def _in_key(chord: Chord, key: frozenset[int], start: int = 0) -> ContextChord:
    return context_chord(chord, chord_scale(chord, key), start)


def _target(value: float, otherwise: float) -> float:
    """A target from 0 to 1, or another value where it is not set."""
    return otherwise if value < 0 else value


def _notes_before(
    voice: VoiceState, bar: int, chord: Chord | None, key: frozenset[int], metre: Metre
) -> Phrase:
    """The voice's notes of the bars before a bar, as they sound, in ticks before its first.

    Bars that are not placed are taken as if they sounded over `chord`.
    """
    notes: list[Note] = []
    end = 0
    for earlier in range(bar - 1, bar - 1 - BARS_BEFORE, -1):
        line, of_line = _line(voice, earlier, chord, key, metre)
        end -= to_material(of_line.bar, of_line)
        notes += [_moved(note, of_line, end) for note in line]
    return tuple(sorted(notes))


def _moved(note: Note, metre: Metre, by: int) -> Note:
    start = to_material(note.start, metre)
    return Note(start + by, to_material(note.end, metre) - start, note.pitch)


def _line(
    voice: VoiceState, bar: int, chord: Chord | None, key: frozenset[int], metre: Metre
) -> tuple[Phrase, Metre]:
    """The notes of a bar of a voice, as they sound, and its metre; no notes for a rest."""
    received = voice.prepared(bar)
    if received is None:
        received, metre = voice.laid_out.get(bar, (ReceivedBar(()), metre))
    if not voice.plays(bar):
        return (), metre
    if received.placed:
        return received.sounding(voice.settings, metre), metre
    if chord is None:
        return (), metre
    return tuple(
        note._replace(
            pitch=pitch_over(note, metre.weight(note.start), chord, voice.settings, None, key)
        )
        for note in received.fitted(voice.settings, metre)
    ), metre
