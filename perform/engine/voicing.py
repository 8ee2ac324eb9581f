"""One melodic line: moves a phrase onto the current harmony and into the voice's range."""

from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from perform.engine.form import Mode
from perform.engine.harmony import chord_scale
from perform.engine.metre import COMMON, Metre
from perform.engine.parameters import PARAMETERS
from perform.music.chord import Chord
from perform.music.feel import FeelChoice
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT, TICKS_PER_COLUMN, Note, Phrase
from perform.music.pitch import semitones_from_c
from perform.music.scale import nearest_pitch, next_pitch

Fit = Literal["shift", "scale", "chord"]
DEFAULT_MODEL = "sideman"
DEFAULT_MODE: Mode = "flow"
DEFAULT_BARS = 4  # of a turn
DEFAULT_FEEL: FeelChoice = "auto"
ANCHOR_TICKS = 7 * TICKS_PER_COLUMN  # a quaver, or one that ends a column early to be struck again
SIXTEENTH = TICKS_PER_BEAT // 4
MAX_ENTRY_LEAP = 7  # semitones: a bar that enters with a larger leap may move by an octave
CLICK_TICKS = TICKS_PER_BEAT // 8  # a note shorter than a thirty-second is heard as a click
# Onsets within a beat: sixteenths, light and heavy swung quavers, the first of a triplet.
GROOVE = (0, SIXTEENTH, 150, 2 * SIXTEENTH, 300, 330, 3 * SIXTEENTH, TICKS_PER_BEAT)


class VoiceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one voice plays.

    `low`, `high`: MIDI numbers, both included, into which notes fold by octaves. `softest`,
    `loudest`: velocities. `density`: most notes a bar. `fit`: "shift" moves the root only (paper,
    section 4.1); "scale" also bends notes outside the chord scale to it, and notes that stand on a
    beat and last to chord tones; "chord" bends every note to a chord tone. `form`: which bars of a
    group return, a letter a bar ("ABAC": the third bar repeats the first). `single`: one note at a
    time, as on a wind instrument. `tight`: onsets go to sixteenths and swung quavers. `grounded`:
    strong beats have the written bass of a slash chord, as a bass player plays it. `other`: the
    bundle that the parameter `blend` mixes in. `mode`, `bars`: when the voice plays and how long a
    turn is, see `perform.engine.form`. `feel`: which one to ask a bundle for that knows feels.
    `parameters`: first values of `perform.engine.parameters`.
    """

    name: str
    model: str = DEFAULT_MODEL
    low: int = 48
    high: int = 84
    softest: int = 64
    loudest: int = 112
    density: int | None = None
    fit: Fit = "scale"
    form: str = "ABAC"
    single: bool = True
    tight: bool = True
    grounded: bool = False
    other: str | None = None
    mode: Mode = DEFAULT_MODE
    bars: int = DEFAULT_BARS
    feel: FeelChoice = DEFAULT_FEEL
    parameters: dict[str, float] = {}

    def initial_parameters(self) -> dict[str, float]:
        """The first value of every parameter, by name."""
        return {
            name: self.parameters.get(name, parameter.default)
            for name, parameter in PARAMETERS.items()
        }


class PreviousNote(NamedTuple):
    """The pitch of the voice's previous note: `written` in its phrase, and as it `sounded`."""

    written: int
    sounded: int


class PitchSpan(NamedTuple):
    """The lowest and the highest written pitch of a bar."""

    low: int
    high: int


def pitch_over(
    note: Note,
    weight: int,
    chord: Chord,
    settings: VoiceSettings,
    previous: PreviousNote | None = None,
    key: frozenset[int] = frozenset(),
) -> int:
    """The MIDI number of a phrase's note over a chord (in a key), within the voice's range.

    `weight`: the metrical weight of its place (`Metre.weight`); a long note on a beat becomes a
    chord tone. Where the phrase moves and the bent pitch would repeat the previous note, the note
    goes on to the next allowed pitch in the direction of the phrase: contour matters more.
    """
    pitch = note.pitch + semitones_from_c(chord.root)
    if settings.fit == "shift":
        return fold_into(pitch, settings.low, settings.high)
    if settings.grounded and weight > 1 and chord.bass != chord.root:
        bass = nearest_pitch(pitch, frozenset({chord.bass}))
        return fold_into(bass, settings.low, settings.high)
    anchored = weight > 0 and note.duration >= ANCHOR_TICKS
    allowed = chord.tones if anchored or settings.fit == "chord" else chord_scale(chord, key)
    pitch = fold_into(nearest_pitch(pitch, allowed), settings.low, settings.high)
    if previous is not None and pitch == previous.sounded and note.pitch != previous.written:
        direction = note.pitch - previous.written
        pitch = fold_into(next_pitch(pitch, allowed, direction), settings.low, settings.high)
    return pitch


def entry_octave(
    note: Note,
    span: PitchSpan,
    chord: Chord,
    settings: VoiceSettings,
    previous: PreviousNote | None,
) -> int:
    """By how many semitones (-12, 0 or 12) to move a bar that enters with `note`, so that it begins
    near the previous note.

    0 where the bar enters within a fifth of it, or where the whole bar (`span`) would leave the
    voice's range.
    """
    shift = semitones_from_c(chord.root)
    if previous is None or abs(note.pitch + shift - previous.sounded) <= MAX_ENTRY_LEAP:
        return 0
    octave = 12 if note.pitch + shift < previous.sounded else -12
    low, high = span.low + shift + octave, span.high + shift + octave
    return octave if settings.low <= low and high <= settings.high else 0


def slide_pitch(pitch: int, chord: Chord, settings: VoiceSettings) -> int:
    """Where a sounding note goes when the chord changes: to the nearest tone of the chord."""
    if pitch % 12 in chord.tones:
        return pitch
    return fold_into(nearest_pitch(pitch, chord.tones), settings.low, settings.high)


def fold_into(pitch: int, low: int, high: int) -> int:
    """The pitch moved by octaves into `low` to `high`; the nearer limit where no octave fits."""
    if pitch < low:
        pitch += 12 * -(-(low - pitch) // 12)
    elif pitch > high:
        pitch -= 12 * -(-(pitch - high) // 12)
    return min(max(pitch, low), high)


def velocity_of(
    note: Note, weight: int, settings: VoiceSettings, accent: float | None = None
) -> int:
    """A note's velocity: higher for accents and high notes.

    `accent`: see `accents.line_accents`; by default the place says it (`Metre.weight`): strong
    beats and syncopations are accented.
    """
    if accent is None:
        if weight:
            accent = 0.7 if weight > 1 else 0.55
        else:  # a long note off the beat is a syncopation, a short one a ghost note
            accent = 0.75 if note.duration >= TICKS_PER_BEAT else 0.35
    height = min(max((note.pitch - 48) / 36.0, 0.0), 1.0)
    share = min(0.8 * accent + 0.4 * height, 1.0)
    return round(settings.softest + share * (settings.loudest - settings.softest))


def with_dynamics(velocity: int, dynamics: float, settings: VoiceSettings) -> int:
    """A velocity moved towards the loudest of the voice (`dynamics` up to 1) or the softest (down
    to -1), as far as it says. Louder notes stay louder.
    """
    room = settings.loudest - velocity if dynamics > 0 else velocity - settings.softest
    return velocity + round(dynamics * max(room, 0))


def prepare_phrase(phrase: Phrase, settings: VoiceSettings) -> Phrase:
    """A source's phrase as this voice plays it: tightened, one note at a time, as set."""
    if settings.tight:
        phrase = tighten(phrase)
    return single_line(phrase) if settings.single else phrase


def tighten(phrase: Phrase) -> Phrase:
    """The phrase with each onset on the nearest sixteenth or swung quaver; ends do not move."""
    moved = []
    for note in phrase:
        beat, place = divmod(note.start, TICKS_PER_BEAT)
        start = beat * TICKS_PER_BEAT + min(GROOVE, key=lambda onset: abs(onset - place))
        start = min(start, TICKS_PER_BAR - SIXTEENTH)
        moved.append(Note(start, max(note.end - start, SIXTEENTH // 2), note.pitch))
    return tuple(sorted(moved))


@lru_cache(64)
def single_line(phrase: Phrase) -> Phrase:
    """The phrase with one note at a time.

    Of notes that begin together, or so close that the first would be a click, the longest (then the
    highest) stays. Each note ends where the next begins.
    """
    line: list[Note] = []
    for note in sorted(phrase):
        clashing = line[-1] if line and note.start - line[-1].start < CLICK_TICKS else None
        if clashing is None:
            line.append(note)
        elif (note.duration, note.pitch) > (clashing.duration, clashing.pitch):
            line[-1] = note
    ends = [note.start for note in line[1:]] + [line[-1].end] if line else []
    return tuple(
        note._replace(duration=min(note.duration, end - note.start))
        for note, end in zip(line, ends, strict=True)
    )


def thin(phrase: Phrase, most: int | None, metre: Metre = COMMON) -> Phrase:
    """The phrase with at most `most` notes: notes off the beat go first, of these the shortest."""
    if most is None or len(phrase) <= most:
        return phrase
    rank = {note: (metre.weight(note.start) > 0, note.duration) for note in phrase}
    kept = set(sorted(phrase, key=lambda note: rank[note], reverse=True)[:most])
    return tuple(note for note in phrase if note in kept)
