"""One melodic line: moves a phrase onto the harmony of the moment and into its range."""

from typing import Literal, NamedTuple

import msgspec

from perform.engine.form import Mode
from perform.engine.harmony import colours
from perform.engine.metre import COMMON, Metre
from perform.engine.parameters import PARAMETERS
from perform.music.chord import Chord
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT, TICKS_PER_COLUMN, Note, Phrase
from perform.music.pitch import semitones_from_c
from perform.music.scale import beyond, nearest

Fit = Literal["shift", "scale", "chord"]
DEFAULT_MODEL = "blues"
DEFAULT_MODE: Mode = "flow"
DEFAULT_BARS = 4  # of a turn
ANCHOR_TICKS = 7 * TICKS_PER_COLUMN  # a quaver, or one that ends a column early to be struck again
SIXTEENTH = TICKS_PER_BEAT // 4
LEAP = 7  # semitones: a fifth, as far as a line goes into its next bar without need
CLICK_TICKS = TICKS_PER_BEAT // 8  # what lasts less than a thirty-second is heard as a click
# Where notes begin within a beat: sixteenths, light and heavy swung quavers, the first of a triplet.
GROOVE = (0, SIXTEENTH, 150, 2 * SIXTEENTH, 300, 330, 3 * SIXTEENTH, TICKS_PER_BEAT)


class VoiceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one voice plays.

    `low`, `high`: MIDI numbers, both included, into which notes fold by octaves. `softest`,
    `loudest`: velocities. `density`: most notes a bar. `fit`: "shift" moves the root only (paper,
    section 4.1); "scale" also bends notes outside the chord-scale to it, and notes that stand on a
    beat and last to chord tones; "chord" bends every note to a chord tone. `form`: which bars of a
    group return, a letter a bar ("ABAC": the third bar is the first again). `single`: one note at a
    time, as a wind player would; `tight`: onsets go to sixteenths and swung quavers. `grounded`: on strong beats the
    written bass of a slash chord, as a bass player has it. `other`: the
    bundle that the knob `blend` goes towards. `mode`, `bars`: when it plays, see `perform.engine.form`.
    `parameters`: where those of `perform.engine.parameters` stand at first.
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
    parameters: dict[str, float] = {}

    def initial_parameters(self) -> dict[str, float]:
        """Where every knob stands at first."""
        return {name: self.parameters.get(name, knob.default) for name, knob in PARAMETERS.items()}


class PreviousNote(NamedTuple):
    """The note before, as the phrase has it and as it sounded."""

    written: int
    sounded: int


class PitchSpan(NamedTuple):
    """The lowest and the highest note of a bar, as the phrase has them."""

    low: int
    high: int


def pitch_over(
    note: Note,
    weight: int,
    chord: Chord,
    settings: VoiceSettings,
    before: PreviousNote | None = None,
    key: frozenset[int] = frozenset(),
) -> int:
    """The MIDI number that a phrase's note has over a chord (in a key), within the voice's range.

    `weight`: of its place, as `Metre.weight` has it: what stands on a beat and lasts is anchored in the chord.
    Where bending would flatten a step of the melody (another note than `before`, the same sound), the
    line goes on to the next note of the harmony in its own direction: contour outlives harmony.
    """
    pitch = note.pitch + semitones_from_c(chord.root)
    if settings.fit == "shift":
        return fold_into(pitch, settings.low, settings.high)
    if settings.grounded and weight > 1 and chord.bass != chord.root:
        return fold_into(nearest(pitch, frozenset({chord.bass})), settings.low, settings.high)
    anchored = weight > 0 and note.duration >= ANCHOR_TICKS
    allowed = chord.tones if anchored or settings.fit == "chord" else colours(chord, key)
    pitch = fold_into(nearest(pitch, allowed), settings.low, settings.high)
    if before is not None and pitch == before.sounded and note.pitch != before.written:
        direction = note.pitch - before.written
        pitch = fold_into(beyond(pitch, allowed, direction), settings.low, settings.high)
    return pitch


def octave_into(
    note: Note, reach: PitchSpan, chord: Chord, settings: VoiceSettings, before: PreviousNote | None
) -> int:
    """By how many semitones, -12, 0 or 12, a bar that enters with a note moves over a chord, so that it begins where the
    line is: none where it goes on within a fifth, or where the voice's range does not hold the whole bar elsewhere.
    """
    shift = semitones_from_c(chord.root)
    if before is None or abs(note.pitch + shift - before.sounded) <= LEAP:
        return 0
    octave = 12 if note.pitch + shift < before.sounded else -12
    low, high = reach.low + shift + octave, reach.high + shift + octave
    return octave if settings.low <= low and high <= settings.high else 0


def slide(pitch: int, chord: Chord, settings: VoiceSettings) -> int:
    """Where a sounding note goes when the chord changes under it: the nearest tone of the chord."""
    if pitch % 12 in chord.tones:
        return pitch
    return fold_into(nearest(pitch, chord.tones), settings.low, settings.high)


def fold_into(pitch: int, low: int, high: int) -> int:
    """The pitch moved by octaves into `low` to `high`; where no octave of it is inside, the nearer edge."""
    if pitch < low:
        pitch += 12 * -(-(low - pitch) // 12)
    elif pitch > high:
        pitch -= 12 * -(-(pitch - high) // 12)
    return min(max(pitch, low), high)


def velocity_of(note: Note, weight: int, settings: VoiceSettings) -> int:
    """How hard a note is struck: harder on strong beats (by `Metre.weight`), syncopations and high notes."""
    if weight:
        accent = 0.7 if weight > 1 else 0.55
    else:  # off the beat: a long note there is a syncopation and speaks, a short one is a ghost
        accent = 0.75 if note.duration >= TICKS_PER_BEAT else 0.35
    height = min(max((note.pitch - 48) / 36.0, 0.0), 1.0)
    share = min(0.8 * accent + 0.4 * height, 1.0)
    return round(settings.softest + share * (settings.loudest - settings.softest))


def prepare(phrase: Phrase, settings: VoiceSettings) -> Phrase:
    """A source's phrase as this voice plays it: tightened, one line, as the settings say."""
    if settings.tight:
        phrase = tighten(phrase)
    return single_line(phrase) if settings.single else phrase


def tighten(phrase: Phrase) -> Phrase:
    """The phrase with each onset on the nearest sixteenth or swung quaver; ends stay where they are."""
    moved = []
    for note in phrase:
        beat, place = divmod(note.start, TICKS_PER_BEAT)
        start = beat * TICKS_PER_BEAT + min(GROOVE, key=lambda spot: abs(spot - place))
        start = min(start, TICKS_PER_BAR - SIXTEENTH)
        moved.append(Note(start, max(note.end - start, SIXTEENTH // 2), note.pitch))
    return tuple(sorted(moved))


def single_line(phrase: Phrase) -> Phrase:
    """The phrase with one note at a time: of those that begin together, or so nearly that the first would be
    a click, the longest (then the highest) stays, and each ends where the next begins.
    """
    line: list[Note] = []
    for note in sorted(phrase):
        rival = line[-1] if line and note.start - line[-1].start < CLICK_TICKS else None
        if rival is None:
            line.append(note)
        elif (note.duration, note.pitch) > (rival.duration, rival.pitch):
            line[-1] = note
    ends = [note.start for note in line[1:]] + [line[-1].end] if line else []
    return tuple(
        note._replace(duration=min(note.duration, end - note.start))
        for note, end in zip(line, ends, strict=True)
    )


def thin(phrase: Phrase, most: int | None, metre: Metre = COMMON) -> Phrase:
    """The phrase with at most `most` notes: short ones off the beat go first."""
    if most is None or len(phrase) <= most:
        return phrase
    weight = {note: (metre.weight(note.start) > 0, note.duration) for note in phrase}
    kept = set(sorted(phrase, key=lambda note: weight[note], reverse=True)[:most])
    return tuple(note for note in phrase if note in kept)
