"""Chord symbols, and the scales of chords."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import ChordError
from perform.music.chord import Chord, parse_chord
from perform.music.quality import QUALITIES

chords = st.builds(Chord, st.integers(0, 11), st.sampled_from(QUALITIES), st.integers(0, 11))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("C", "C"), ("Cm7", "Cm7"), ("C-7", "Cm7"), ("CΔ7", "Cmaj7"), ("Cmaj7", "Cmaj7"),
        ("C^7", "Cmaj7"), ("Cm7b5", "Cm7b5"), ("Cø", "Cm7b5"), ("C°7", "Cdim7"), ("C+", "Caug"),
        ("C7#9", "C7#9"), ("C7alt", "Calt"), ("C13", "C13"), ("C6/9", "C6/9"), ("Csus", "Csus4"),
        ("C7sus4", "C7sus4"), ("Cadd9", "Cadd9"), ("C/E", "C/E"), ("F#m7/C#", "F#m7/C#"),
        ("Bb", "Bb"), ("B♭7", "Bb7"), ("C:maj7/3", "Cmaj7/E"), ("A:min7/b7", "Am7/G"),
        ("C7(b9,#11)", "C7b9#11"), ("Cm(maj7)", "CmMaj7"), ("C:(1,3,5)", "C"), ("C:hdim7", "Cm7b5"),
        ("C:sus4(b7)", "C7sus4"), ("C6/9/E", "C6/9/E"), ("Cmin7", "Cm7"), ("CΔ", "Cmaj7"),
        ("CM7", "Cmaj7"), ("C^", "Cmaj7"), ("C-7b5", "Cm7b5"), ("Cø7", "Cm7b5"), ("Co7", "Cdim7"),
        ("Cdim", "Cdim"), ("Caug", "Caug"), ("C+7", "C7#5"), ("C7#5", "C7#5"), ("C69", "C6/9"),
        ("C7sus", "C7sus4"), ("C7(b9)", "C7b9"), ("CmM7", "CmMaj7"), ("C-Δ7", "CmMaj7"),
        ("Db:maj9", "Dbmaj9"), ("C:maj(9)", "Cadd9"), ("C:min7(11)", "Cm7add4"), ("C(9)", "Cadd9"),
        ("C7(9,13)", "C13"), ("C7(b13,#11)", "C7#11b13"), ("Cmi(maj7)", "CmMaj7"),
        ("CMI7", "Cm7"), ("CMA7", "Cmaj7"), ("CminMaj7", "CmMaj7"), ("C\u22127", "Cm7"),
        ("C7-9", "C7b9"), ("C7+9", "C7#9"), ("C(b5)", "Cmajb5"), ("Cmadd9", "Cmadd9"),
        ("C7(no5)", "C7"), ("B♭♭", "A"), ("Cø9", "Cm9b5"), ("Cdim(maj7)", "CdimMaj7"),
        # additions in any order, with any brackets
        ("C7(13,b9)", "C13b9"), ("Cm9(maj7)", "CmMaj9"),
        ("C-9(maj7)", "CmMaj9"), ("Cm7b5(9)", "Cm9b5"),
        ("Cø7(9)", "Cm9b5"), ("C7(b9,#11,13)", "C13b9#11"), ("C7(9,#11,13)", "C13#11"),
        ("Cmaj7(9,#11)", "Cmaj9#11"), ("C7sus4(9)", "C9sus4"), ("C7sus4(13)", "C13sus4"),
        ("Cm7sus4", "C7sus4"), ("C13sus(b9)", "C13b9sus4"),
        ("Csus(b9)", "C7b9sus4"), ("Cm(add11)", "Cmadd4"),
        ("C-#5", "Cm#5"), ("Cm7(b13)", "Cm7b13"), ("C6/9(#11)", "C6/9#11"), ("C(#11)", "Cadd#11"),
        ("C7alt.", "Calt"), ("C7(b9,#9,b13)", "Calt"),
        ("C+5", "Caug"), ("Cm-5", "Cdim"), ("C(add6)", "C6"),
        ("C13b5", "C13#11"), ("C7sus2", "C7sus2"),
        ("C7/9", "C9"), ("C7M(9)", "Cmaj9"), ("Cm(7M)", "CmMaj7"),
        ("C:maj(b7)", "C7"), ("C:min(b7)", "Cm7"), ("C:dim(b7)", "Cm7b5"), ("C:aug(b7)", "C7#5"),
        ("C:maj(b7,9)", "C9"), ("C7/13", "C13"), ("C7/4", "C7sus4"), ("C7/13/E", "C13/E"),
        ("A/C#", "A/C#"), ("E/G#", "E/G#"), ("Dm/Bb", "Dm/Bb"), ("Cm7b5/Gb", "Cm7b5/Gb"),
    ],
)  # fmt: skip
def test_symbols_of_lead_sheets_and_data_sets_are_parsed(written, expected):
    assert parse_chord(written).symbol == expected


@pytest.mark.parametrize("written", ["N.C.", "NC", "N"])
def test_no_chord_is_none(written):
    assert parse_chord(written) is None


@given(chords)
def test_every_symbol_parses_to_its_chord(chord):
    assert parse_chord(chord.symbol) == chord


@given(chords)
def test_the_scale_contains_the_chord(chord):
    assert chord.tones <= set(chord.scale)
    assert chord.root in chord.tones


def test_every_symbol_of_every_root_and_bass_parses_to_its_chord():
    for root in range(12):
        for quality in QUALITIES:
            for bass in range(12):
                chord = Chord(root, quality, bass)
                assert parse_chord(chord.symbol) == chord


def test_every_alias_means_its_quality():
    spelled = {}
    for quality in QUALITIES:
        for word in quality.aliases:
            assert spelled.setdefault(word, quality) is quality
            assert parse_chord("Eb" + word).quality is quality  # C#5 would be a fifth on C#


@pytest.mark.parametrize(
    ("symbol", "scale"),
    [
        ("C/Bb", "CDEFGABb"),
        ("D/C", "DEF#GABC"),
        ("Am/G#", "ABCDEF#G#"),
        ("F/G", "FGABbCDE"),
        ("C/E", "CDEFGAB"),
    ],
)
def test_the_scale_has_the_written_bass_and_no_other_note_of_its_degree(symbol, scale):
    chord = parse_chord(symbol)
    assert set(chord.scale) == {parse_chord(name).root for name in re.findall("[A-G][#b]?", scale)}


def test_no_two_qualities_have_the_same_notes():
    sets = {frozenset(step % 12 for step in quality.intervals) for quality in QUALITIES}
    assert len(sets) == len(QUALITIES)


@pytest.mark.parametrize(
    ("written", "position"),
    [
        ("Cxyz", 1),
        ("C7xyz", 2),
        ("Cm7/H", 4),
        ("H7", 0),
        ("%", 0),
        ("C:maj7/x", 7),
        ("", 0),
        ("C13susx", 6),
        ("C-5(9)", 4),
        ("C" + "x" * 4000, 0),
    ],
)
def test_an_unknown_symbol_is_named_with_the_position_of_its_fault(written, position):
    with pytest.raises(ChordError, match=f"at character {position + 11}") as fault:
        parse_chord(written, 10)
    assert written.startswith(fault.value.symbol.removesuffix("..."))
    assert fault.value.position == position + 10


def test_a_repeat_sign_alone_needs_a_chord_before_it():
    with pytest.raises(ChordError, match="% needs a chord before it"):
        parse_chord("%")


@given(st.text(max_size=12))
def test_any_text_is_a_chord_or_a_chord_error(text):
    try:
        parse_chord(text)
    except ChordError:
        pass


@given(st.text(alphabet="ABCDEFGb#m7/:()maj9sud+-°,136", max_size=10))
def test_any_text_like_a_symbol_is_a_chord_or_a_chord_error(text):
    try:
        parse_chord("C" + text)
    except ChordError:
        pass
