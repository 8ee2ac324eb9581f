"""A line goes on over another chord as a player would lead it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from perform.engine.harmony import chord_scale
from perform.engine.voice_leading import REACH, lead_line
from perform.engine.voicing import PreviousNote
from perform.music.chord import parse_chord
from perform.music.line_context import context_chord
from perform.music.note import Note

QUAVER, BEAT = 240, 480
LOW, HIGH = 36, 96
QUALITIES = ("", "m", "7", "maj7", "m7", "m7b5", "dim7", "7b9", "sus4", "6", "m6", "9", "aug")
NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def chord_of(symbol):
    chord = parse_chord(symbol)
    return context_chord(chord, chord_scale(chord))


chords = st.builds(
    lambda name, kind: chord_of(name + kind), *map(st.sampled_from, (NAMES, QUALITIES))
)


def quavers(*pitches, length=QUAVER):
    return tuple(Note(place * QUAVER, length, pitch) for place, pitch in enumerate(pitches))


def beats(*pitches):
    return tuple(Note(place * BEAT, BEAT, pitch) for place, pitch in enumerate(pitches))


@st.composite
def inside_lines(draw):
    """A chord, and a line of tones of its scale over a tenth and less, one a beat or longer."""
    chord = draw(chords)
    first = draw(st.integers(55, 70))
    allowed = [p for p in range(first, first + 16) if p % 12 in {*chord.scale, *chord.tones}]
    pitches = draw(st.lists(st.sampled_from(allowed), min_size=1, max_size=8))
    return chord, beats(*pitches)


@st.composite
def any_lines(draw):
    """A line of any notes on any sixteenths, one at a time."""
    starts = sorted(draw(st.sets(st.integers(0, 15), min_size=1, max_size=16)))
    ends = [*starts[1:], 16]
    return tuple(
        Note(a * 120, draw(st.integers(1, b - a)) * 120, draw(st.integers(48, 84)))
        for a, b in zip(starts, ends, strict=True)
    )


def sign(interval):
    return (interval > 0) - (interval < 0)


def contour(pitches):
    return [sign(b - a) for a, b in pairwise(pitches)]


def pitches_of(line):
    return [note.pitch for note in line]


@given(inside_lines(), chords)
def test_a_line_keeps_its_contour_and_goes_to_the_new_chord_and_scale(written, new):
    old, line = written
    led = lead_line(line, old, new, LOW, HIGH)
    assert contour(led) == contour(pitches_of(line))
    assert {pitch % 12 for pitch in led} <= {*new.scale, *new.tones}
    assert all(abs(a - b) <= REACH for a, b in zip(led, pitches_of(line), strict=True))


@given(inside_lines())
def test_a_line_over_its_own_chord_stays(written):
    chord, line = written
    assert lead_line(line, chord, chord, LOW, HIGH) == tuple(pitches_of(line))


@given(inside_lines(), chords)
def test_where_the_nearest_places_keep_the_contour_the_line_takes_them(written, new):
    old, line = written

    def distance(pitch, allowed):
        return min(
            abs(pitch - there) for there in range(pitch - 12, pitch + 13) if there % 12 in allowed
        )

    led = lead_line(line, old, new, LOW, HIGH)
    least = [
        distance(
            note.pitch, new.tones if note.pitch % 12 in old.tones else {*new.scale, *new.tones}
        )
        for note in line
    ]
    moved = [abs(a - b) for a, b in zip(led, pitches_of(line), strict=True)]
    if sum(moved) == sum(least):
        for note, pitch in zip(line, led, strict=True):
            assert note.pitch % 12 not in old.tones or pitch % 12 in new.tones
    assert sum(moved) >= sum(least)


@given(any_lines(), chords, chords, st.integers(40, 60), st.integers(12, 30))
def test_any_line_stays_in_the_range_and_approaches_stay_semitones(line, old, new, low, span):
    led = lead_line(line, old, new, low, low + span)
    assert len(led) == len(line)
    assert all(low <= pitch <= low + span for pitch in led)
    for (note, after), (pitch, then) in zip(pairwise(line), pairwise(led), strict=True):
        leads = note.start % BEAT and note.duration <= QUAVER and abs(after.pitch - note.pitch) == 1
        if leads and after.start - note.start < BEAT and low < then < low + span:
            assert pitch - then == note.pitch - after.pitch


@given(any_lines(), chords, chords)
def test_the_same_line_is_led_the_same_way(line, old, new):
    assert lead_line(line, old, new, LOW, HIGH) == lead_line(line, old, new, LOW, HIGH)


def test_chord_tones_go_to_the_nearest_chord_tones():
    line = beats(64, 67, 71, 72)  # over Cmaj7: E G B C
    assert lead_line(line, chord_of("Cmaj7"), chord_of("Cm7"), LOW, HIGH) == (63, 67, 70, 72)
    led = lead_line(line, chord_of("Cmaj7"), chord_of("F7"), LOW, HIGH)
    assert {pitch % 12 for pitch in led} <= {5, 9, 0, 3}


def test_an_approach_goes_with_its_target():
    # over C7: D# leads to E; over Cm7 E goes to Eb, so D leads
    line = (Note(0, QUAVER, 60), Note(QUAVER, QUAVER, 63), Note(BEAT, BEAT, 64))
    assert lead_line(line, chord_of("C7"), chord_of("Cm7"), LOW, HIGH) == (60, 62, 63)


def test_a_chromatic_run_stays_chromatic():
    # E D# D Db C in sixteenths over C7, led to the tones of F7
    line = tuple(Note(480 + place * 120, 120, 64 - place) for place in range(1, 4))
    line = (Note(480, 120, 64), *line, Note(960, BEAT, 60))
    led = lead_line(line, chord_of("C7"), chord_of("Fm7"), LOW, HIGH)
    assert [a - b for a, b in pairwise(led[1:])] == [1, 1, 1]
    assert led[0] > led[1]
    assert led[-1] == 60


def test_the_notes_around_the_line_count_for_its_contour():
    line, old, new = beats(64), chord_of("C7"), chord_of("Cm7")
    assert lead_line(line, old, new, LOW, HIGH) == (63,)
    # the note before was struck as Eb, and the line rose from it
    assert lead_line(line, old, new, LOW, HIGH, previous=PreviousNote(63, 63))[0] > 63
    # a repetition over the new chord may move
    assert lead_line(line, old, new, LOW, HIGH, previous=PreviousNote(64, 64)) == (63,)
    # the note after stays and lies above
    following = Note(BEAT, BEAT, 63)
    assert lead_line(line, old, new, LOW, HIGH, following=following)[0] > 63
    assert lead_line((), old, new, LOW, HIGH) == ()
