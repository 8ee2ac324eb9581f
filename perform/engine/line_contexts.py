"""The context of a requested bar: its chords, the bars before it, its place, the targets."""

from collections.abc import Iterator

from perform.engine.arc import FREE_CHORUS, Arc
from perform.engine.harmony import BarHarmony, Harmony, chord_scale
from perform.engine.metre import Metre, to_material
from perform.engine.placed_line import ReceivedBar
from perform.engine.song_position import SongPosition
from perform.engine.voice_state import VoiceState
from perform.engine.voicing import pitch_over
from perform.music.chord import Chord
from perform.music.line_context import BARS_BEFORE, ContextChord, LineContext, context_chord
from perform.music.note import Note, Phrase


def line_context(
    voice: VoiceState,
    bar: int,
    ahead: BarHarmony,
    arc: Arc,
    harmony: Harmony,
    position: SongPosition,
) -> LineContext:
    """What is known now of a voice's bar ahead: its chords, its arc, the music up to now.

    Where the player has set no target, the arc says how dense and how high the bar is.

    Equal knowledge gives equal contexts, so that no bar is requested twice for nothing.
    """
    settings, parameters = voice.settings, voice.parameters
    key, metre = harmony.key, position.next_metre
    chords = tuple(
        _in_key(chord, key, to_material(tick, metre)) for tick, chord in ahead.timed(metre)
    )
    at = ahead.at
    return LineContext(
        chords=chords,
        following=_in_key(ahead.following, key) if ahead.following else None,
        before=_notes_before(voice, bar, ahead.first, harmony, position),
        place=at.place if at.bars else bar % FREE_CHORUS,
        length=at.bars or FREE_CHORUS,
        feel=None if voice.feel == "auto" else voice.feel,
        density=_target(parameters["target/density"], arc.density),
        register=_target(parameters["target/register"], arc.register),
        energy=arc.energy,
        low=settings.low,
        high=settings.high,
        motif=voice.motif(bar),
        taste=parameters["taste"],
        grounded=settings.grounded,
    )


def _in_key(chord: Chord, key: frozenset[int], start: int = 0) -> ContextChord:
    return context_chord(chord, chord_scale(chord, key), start)


def _target(value: float, otherwise: float) -> float:
    """A target from 0 to 1, or another value where it is not set."""
    return otherwise if value < 0 else value


def _notes_before(
    voice: VoiceState, bar: int, chord: Chord | None, harmony: Harmony, position: SongPosition
) -> Phrase:
    """The voice's notes of the bars before a bar, as they sound, in ticks before its first.

    Bars that are not placed are taken as if they sounded over `chord`.
    """
    notes: list[Note] = []
    end = 0
    for earlier in range(bar - 1, bar - 1 - BARS_BEFORE, -1):
        received, metre = voice.prepared(earlier), position.next_metre
        laid_out = None
        if received is None and earlier in voice.laid_out:
            laid_out = voice.laid_out[earlier]
            received, metre = laid_out.received, laid_out.metre
        end -= to_material(metre.bar, metre)
        if not received or not voice.plays(earlier):
            continue
        if laid_out is not None and laid_out.line is not None:
            now = harmony.chord if earlier == position.bar else None
            line = laid_out.line.sounding(now, harmony.key, voice.previous_note)
        else:
            line = _expected(voice, received, metre, chord, harmony.key)
        notes += _moved(line, metre, end)
    return tuple(sorted(notes))


def _moved(line: Phrase, metre: Metre, by: int) -> Iterator[Note]:
    """The notes of a bar as 4/4 material, moved by ticks."""
    for start, duration, pitch in line:
        begin = to_material(start, metre)
        yield Note(begin + by, to_material(start + duration, metre) - begin, pitch)


def _expected(
    voice: VoiceState,
    received: ReceivedBar,
    metre: Metre,
    chord: Chord | None,
    key: frozenset[int],
) -> Phrase:
    """The notes of a bar as they are expected to sound."""
    settings = voice.settings
    if received.placed:
        return received.sounding(settings, metre)
    if chord is None:
        return ()
    return tuple(
        note._replace(pitch=pitch_over(note, metre.weight(note.start), chord, settings, None, key))
        for note in received.fitted(settings, metre)
    )
