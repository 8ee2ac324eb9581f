import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import ChordError
from perform.music.chord import QUALITIES, Chord, parse_chord

chords = st.builds(Chord, st.integers(0, 11), st.sampled_from(QUALITIES), st.integers(0, 11))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("C", "C"), ("Cm7", "Cm7"), ("C-7", "Cm7"), ("CΔ7", "Cmaj7"), ("Cmaj7", "Cmaj7"),
        ("C^7", "Cmaj7"), ("Cm7b5", "Cm7b5"), ("Cø", "Cm7b5"), ("C°7", "Cdim7"), ("C+", "Caug"),
        ("C7#9", "C7#9"), ("C7alt", "Calt"), ("C13", "C13"), ("C6/9", "C6/9"), ("Csus", "Csus4"),
        ("C7sus4", "C7sus4"), ("Cadd9", "Cadd9"), ("C/E", "C/E"), ("F#m7/C#", "F#m7/Db"),
        ("Bb", "Bb"), ("B♭7", "Bb7"), ("C:maj7/3", "Cmaj7/E"), ("A:min7/b7", "Am7/G"),
        ("C7(b9,#11)", "C7b9#11"), ("Cm(maj7)", "CmMaj7"), ("C:(1,3,5)", "C"), ("C:hdim7", "Cm7b5"),
        ("C:sus4(b7)", "C7sus4"), ("C6/9/E", "C6/9/E"),
    ],
)  # fmt: skip
def test_reads_what_lead_sheets_write(written, meant):
    assert parse_chord(written).symbol == meant


@pytest.mark.parametrize("written", ["N.C.", "NC", "N"])
def test_no_chord_is_none(written):
    assert parse_chord(written) is None


@given(chords)
def test_every_name_reads_back(chord):
    assert parse_chord(chord.symbol) == chord


@given(chords)
def test_the_scale_holds_the_chord(chord):
    assert chord.tones <= set(chord.scale)
    assert chord.root in chord.tones


def test_an_unknown_symbol_is_named_with_its_place():
    with pytest.raises(ChordError, match="'Cxyz' at character 12") as fault:
        parse_chord("Cxyz", 10)
    assert (fault.value.symbol, fault.value.position) == ("Cxyz", 11)


@given(st.text(max_size=12))
def test_any_text_is_a_chord_or_a_chord_error(text):
    try:
        parse_chord(text)
    except ChordError:
        pass


@given(st.text(alphabet="ABCDEFGb#m7/:()maj9sud+-°,136", max_size=10))
def test_any_near_symbol_is_a_chord_or_a_chord_error(text):
    try:
        parse_chord("C" + text)
    except ChordError:
        pass
