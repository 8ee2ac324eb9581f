"""Accents of lines: peaks, ghost notes, ends of phrases."""

from hypothesis import given
from hypothesis import strategies as st
from lines import BAR, Rehearsal

from perform.engine.accents import line_accents
from perform.engine.metre import COMMON, parse_metre
from perform.engine.voicing import VoiceSettings, velocity_of
from perform.events import ChordChanged, NoteMessage
from perform.interfaces import GeneratedBar
from perform.music.chord import parse_chord
from perform.music.note import Note

SWUNG = (0, 320, 480, 800, 960, 1280, 1440, 1760)
VOICE = VoiceSettings(name="lead")


def swung(*pitches):
    """Swung quavers without a rest."""
    ends = (*SWUNG[1:], 1920)
    return tuple(
        Note(start, end - start, pitch)
        for start, end, pitch in zip(SWUNG, ends, pitches, strict=True)
    )


def velocities(line):
    accents = line_accents(line, COMMON)
    return [
        velocity_of(note, COMMON.weight(note.start), VOICE, accent)
        for note, accent in zip(line, accents, strict=True)
    ]


def test_an_up_beat_at_a_peak_is_louder_than_the_beats_beside_it():
    loud = velocities(swung(60, 64, 62, 67, 65, 64, 62, 60))
    assert loud[1] > max(loud[0], loud[2])
    assert loud[3] == max(loud)


def test_a_straight_run_is_even_but_for_its_height():
    """Beats and up-beats of one run differ by a tenth of the range at most."""
    accents = line_accents(swung(60, 62, 64, 65, 67, 69, 71, 72), COMMON)
    assert max(accents) - min(accents) <= 0.1 + 1e-9


def test_a_low_up_beat_between_two_beats_is_a_ghost_note():
    accents = line_accents(swung(67, 60, 67, 69, 71, 72, 74, 76), COMMON)
    assert accents[1] == min(accents)


def test_a_long_last_note_lands_softly_and_a_clipped_one_is_accented():
    line = swung(60, 62, 64, 65, 67, 69, 71, 72)
    landing = line_accents((*line[:4], Note(960, 480, 67)), COMMON)
    clipped = line_accents((*line[:5], Note(1280, 160, 69)), COMMON)
    assert landing[-1] == min(landing)
    assert clipped[-1] == max(clipped)


@given(
    st.lists(st.tuples(st.sampled_from(SWUNG), st.integers(48, 84)), unique_by=lambda it: it[0]),
    st.sampled_from(["3/4", "4/4", "5/4", "7/8", "12/8"]),
)
def test_accents_are_from_0_to_1_for_each_note_in_every_metre(notes, metre):
    line = tuple(sorted(Note(start, 160, pitch) for start, pitch in notes))
    accents = line_accents(line, parse_metre(metre))
    assert len(accents) == len(line)
    assert all(0 <= accent <= 1 for accent in accents)


class Line:
    """Plays one bar again and again."""

    def __init__(self, phrase, *, placed):
        self._bar = GeneratedBar(phrase, placed=placed)

    def phrase(self, *_):
        return self._bar


def test_placed_lines_are_accented_by_their_contour_and_other_bars_by_the_beat():
    line = swung(60, 64, 62, 67, 65, 64, 62, 60)
    played = {}
    for placed in (True, False):
        rehearsal = Rehearsal(Line(line, placed=placed))
        rehearsal.start(ChordChanged(parse_chord("C7")))
        rehearsal.advance(BAR - 1)
        sounds = [it for it in rehearsal.outputs if isinstance(it, NoteMessage) and it.velocity]
        played[placed] = [sound.velocity for sound in sounds]
    assert played[True][3] > played[True][4]
    assert played[False][3] < played[False][4]
