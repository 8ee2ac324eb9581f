# ruff: noqa: RUF001 - the signs that players type and paste
"""What symbols mean in each spelling: a table of notes that was written by hand.

The notes are those of a textbook, the root first; the bass stands before them with a slash.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import ChartError, ChordError
from perform.music.chart import parse_chart
from perform.music.chord import Chord, parse_chord
from perform.music.pitch import pitch_class
from perform.music.quality import QUALITIES, WRITTEN_ONLY, quality_of
from perform.music.spelling import SPELLINGS, Spelling, english, spelling_of

INTERNATIONAL = """
C: C E G | Cm: C Eb G | C-: C Eb G | Cmin: C Eb G | Cmi: C Eb G | CM: C E G | Cmaj: C E G
Cdim: C Eb Gb | C°: C Eb Gb | Co: C Eb Gb | Cdim7: C Eb Gb A | C°7: C Eb Gb A | Co7: C Eb Gb A
C07: C Eb Gb A | C⁰7: C Eb Gb A | Cø: C Eb Gb Bb | Cø7: C Eb Gb Bb | Cm7b5: C Eb Gb Bb
C-7b5: C Eb Gb Bb | Cmin7(b5): C Eb Gb Bb | Cm7(5-): C Eb Gb Bb | Cm7(5b): C Eb Gb Bb
Cm7-5: C Eb Gb Bb | Chalf-diminished: C Eb Gb Bb | Caug: C E G# | C+: C E G# | C5+: C E G#
C+5: C E G# | C(#5): C E G# | Cm+: C Eb G# | Cmaug: C Eb G# | Cm#5: C Eb G# | Cm5+: C Eb G#
C7: C E G Bb | Cdom7: C E G Bb | C⁷: C E G Bb | Cmaj7: C E G B | CM7: C E G B | Cma7: C E G B
CΔ: C E G B | CΔ7: C E G B | C△7: C E G B | C^7: C E G B | Cj7: C E G B | C7M: C E G B
Cm7: C Eb G Bb | C-7: C Eb G Bb | Cmi7: C Eb G Bb | CMI7: C Eb G Bb | Cm/maj7: C Eb G B
CmMaj7: C Eb G B | Cm(maj7): C Eb G B | C-Δ7: C Eb G B | CmM7: C Eb G B | CminMaj7: C Eb G B
C6: C E G A | Cm6: C Eb G A | C69: C E G A D | C6/9: C E G A D | Cm69: C Eb G A D
C2: C D G | Csus2: C D G | C4: C F G | Csus: C F G | Csus4: C F G | C7sus: C F G Bb
C7sus4: C F G Bb | C9sus4: C F G Bb D | C13sus: C F G Bb D A | C7b9sus: C F G Bb Db
C7b13sus: C F G Bb Ab | Cadd9: C E G D | C(add9): C E G D | Cadd2: C E G D | Cmadd9: C Eb G D
Caddb9: C E G Db | Cadd#9: C E G D# | Cadd4: C E G F | Cadd11: C E G F | Cadd#11: C E G F#
C9: C E G Bb D | Cmaj9: C E G B D | Cm9: C Eb G Bb D | CmMaj9: C Eb G B D | Cm9(maj7): C Eb G B D
C11: C E G Bb D F | Cm11: C Eb G Bb D F | C13: C E G Bb D A | C13_: C E G Bb D A
Cmaj13: C E G B D A | Cm13: C Eb G Bb D A | C7add13: C E G Bb A | C67: C E G A Bb
C7b9: C E G Bb Db | C7-9: C E G Bb Db | C7(9-): C E G Bb Db | C7#9: C E G Bb D#
C7+9: C E G Bb D# | C7(9+): C E G Bb D# | C7#11: C E G Bb F# | C7(11+): C E G Bb F#
C7b13: C E G Bb Ab | C7(b13): C E G Bb Ab | C7b5: C E Gb Bb | C7#5: C E G# Bb | C7+: C E G# Bb
C+7: C E G# Bb | Caug7: C E G# Bb | C9#5: C E G# Bb D | C7#5#9: C E G# Bb D#
C7#5b9: C E G# Bb Db | C7b9#5: C E G# Bb Db | C7#5b9#11: C E G# Bb Db F# | C9#11: C E G Bb D F#
C13#11: C E G Bb D F# A | C13b9: C E G Bb Db A | C13#9: C E G Bb D# A | C7b9#11: C E G Bb Db F#
C7b9b13: C E G Bb Db Ab | C7(b9,13): C E G Bb Db A | C7(9,13): C E G Bb D A
C7alt: C E Bb Db D# F# Ab | Cmaj7#11: C E G B F# | CM7#11: C E G B F# | Cmaj7#5: C E G# B
CM9#5: C E G# B D | CM#5add9: C E G# D | C+add9: C E G# D | C6#11: C E G A F# | C6b5: C E Gb A
Cm7b9: C Eb G Bb Db | Cmb6: C Eb G Ab | CmM7b6: C Eb G B Ab | Cm6+7: C Eb G A Bb
Cm+4: C Eb G F | Cm(add11): C Eb G F | Cm7(11): C Eb G Bb D F | C7(no3): C G Bb | C7no3: C G Bb
C7omit3: C G Bb | C9no3: C G Bb D | C5: C G | Cno3: C G | Cadd9no3: C D G | CBass: C
C11b9: C E G Bb Db F | Cmaj7#9#11: C E G B D# F# | C7sus4b9b13: C F G Bb Db Ab
C/E: E/C E G | C/Bb: Bb/C E G | C/3: E/C E G | Cm/3: Eb/C Eb G | C7/7: Bb/C E G Bb
C/5: G/C E G | Cmaj7/7: B/C E G B | Am/maj7/G#: G#/A C E G# | Em7/d: D/E G B D | C6/9/E: E/C E G A D
C7(Gm7): C E G Bb | Cmaj7(Am7 D7): C E G B | Cm7b5(F7): C Eb Gb Bb | C7(b9)(Gb7): C E G Bb Db
F#m7b5: F# A C E | B♭7: Bb D F Ab | E♭−7: Eb Gb Bb Db | Gbmaj7: Gb Bb Db F | B: B D# F# | Bb: Bb D F
Do7: D F Ab B | C7b9b9: C E G Bb Db | C7susadd7: C F G Bb | Am7b5/Eb: Eb/A C Eb G
"""
HARTE = """
C:maj: C E G | C:min: C Eb G | C:min(7): C Eb G B | D:min(7): D F A C# | C:maj(11): C E G F
G:maj(11): G B D C | F#:7(4): F# A# C# E B | C:maj(9): C E G D | C:min(9): C Eb G D
C:maj(*3): C G | C:min(*b3): C G | C:maj(*3,*5): C | C:maj(*5): C E | C:min(*5): C Eb
C:7(*3): C G Bb | C:7(*3,4): C F G Bb | C:maj(*3,9): C D G | C:maj(4)/4: F/C E F G
C:sus4(b7): C F G Bb | C:sus4(b7,9): C F G Bb D | C:maj6(9): C E G A D | C:min7(4): C Eb F G Bb
C:min7(11): C Eb G Bb F | C:min6(4): C Eb F G A | C:hdim7: C Eb Gb Bb | C:minmaj7: C Eb G B
C:(1,5): C G | C:(1): C | C:(1,2,4,5): C D F G | C:(1,b3,b5,6): C Eb Gb A | C:(1,*3,*5): C
C:7(#9): C E G Bb D# | C:min7(b5): C Eb Gb Bb | C:aug(7): C E G# B | C:aug(b7,b9): C E G# Bb Db
C:9(#11): C E G Bb D F# | C:11(b9,b13): C E G Bb D F Db Ab | C:maj/3: E/C E G | C:min/b3: Eb/C Eb G
C:maj7/7: B/C E G B | C:7/b7: Bb/C E G Bb | C:maj/9: D/C E G | C:sus2(6,b7)/6: A/C D G A Bb
C:maj7(*3)/7: B/C G B | C:min7(*5): C Eb Bb | C:dim(b13): C Eb Gb Ab | Cb:maj: B D# F# | C: C E G
C:maj(2): C D E G | C:maj(b13)/3: E/C E G Ab | C:7/E: E/C E G Bb | C:maj6(#11): C E G A F#
"""
CIFRA = """
C7+: C E G B | C7M: C E G B | Cm7+: C Eb G B | C7+(9): C E G B D | C7+(#11): C E G B F#
C7+(b5): C E Gb B | C7+(#5): C E G# B | C7(5+): C E G# Bb | Cm7(5-): C Eb Gb Bb
C7(9-): C E G Bb Db | C7(9+): C E G Bb D# | C7(4): C F G Bb | C7(4)(9): C F G Bb D | C4: C F G
C7(4/9): C F G Bb D
C9: C E G D | Cm9: C Eb G D | C9/E: E/C E G D | C7(9): C E G Bb D | C7(13): C E G Bb D A
C7(b9)(b13): C E G Bb Db Ab | C6(9): C E G A D | Cº: C Eb Gb A | C°: C Eb Gb A | C5+: C E G#
Cm(#5): C Eb G# | C7/9: C E G Bb D | C7/4: C F G Bb | C(add9): C E G D | Cm7(11): C Eb G Bb D F
Do: C E G | Fa#: F# A# C# | Bb7+/D: D/Bb D F A | A7(-13): A C# E G F | C7(sus4): C F G Bb
"""
GERMAN = """
H: B D# F# | H7: B D# F# A | Hm: B D F# | B: Bb D F | B7: Bb D F Ab | Bm: Bb Db F | Bb: Bb D F
C/H: B/C E G | G/B: Bb/G B D | Es: Eb G Bb | As7: Ab C Eb Gb | Fis: F# A# C# | Cism: C# E G#
Des: Db F Ab | Ges7: Gb Bb Db Fb | a: A C E | e7: E G B D | h: B D F# | b: Bb Db F | fis: F# A C#
es: Eb Gb Bb | d-moll: D F A | C-Dur: C E G | Hmoll: B D F# | am: A C E | Am/g: G/A C E
Esus4: E A B | Asus2: A B E | hdim: B D F | Esmaj7: Eb G Bb D | B♭7: Bb D F Ab
"""
LATIN = """
Do: C E G | Do7: C E G Bb | Re: D F# A | Rem7: D F A C | Mi7: E G# B D | Fa: F A C | Fa#m: F# A C#
Sol7: G B D F | Sol7/Si: B/G B D F | Lam: A C E | La-7: A C E G | Sib: Bb D F | Sim7b5: B D F A
Si: B D# F# | Mib7M: Eb G Bb D | DO: C E G | Ré: D F# A | Dó: C E G | Do7+: C E G B | Ut: C E G
Dodim: C Eb Gb | Solsus4: G C D
"""
TABLES = {
    "international": INTERNATIONAL, "harte": HARTE, "cifra": CIFRA, "german": GERMAN,
    "latin": LATIN,
}  # fmt: skip


def rows():
    for spelling, table in TABLES.items():
        for row in table.replace("\n", "|").split("|"):
            if row.strip():
                symbol, _, notes = row.strip().rpartition(": ")
                yield spelling, symbol, notes


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_symbol_has_the_notes_of_the_table(spelling):
    wrong = []
    for name, symbol, notes in rows():
        bass, _, tones = notes.rpartition("/")
        classes = [pitch_class(note) for note in tones.split()]
        wanted = (classes[0], set(classes), pitch_class(bass) if bass else classes[0])
        if name == spelling:
            chord = parse_chord(symbol, 0, spelling_of(name))
            if (chord.root, set(chord.tones), chord.bass) != wanted:
                wrong.append((symbol, notes, chord.symbol))
    assert wrong == []


def test_the_table_is_long_enough():
    assert len(list(rows())) >= 250


@pytest.mark.parametrize(
    "symbol", ["C7(Gm", "D-Dsus", "Fm7/Bb7", "Bb\\A", "G/Bm", "C/Mi", "Cphryg", "A2#5"]
)
def test_a_symbol_of_two_meanings_or_none_is_refused(symbol):
    with pytest.raises(ChordError):
        parse_chord(symbol)


@given(st.integers(0, 11), st.sets(st.integers(0, 11)), st.integers(0, 11))
def test_every_set_of_notes_has_a_symbol_that_is_read_back(root, steps, bass):
    chord = Chord(root, quality_of(steps), bass)
    assert chord.tones == {(root + step) % 12 for step in steps | {0}}
    assert parse_chord(chord.symbol) == chord


@pytest.mark.parametrize("quality", WRITTEN_ONLY, ids=lambda it: it.name)
def test_a_quality_that_is_only_written_is_read_back_and_no_other_has_its_notes(quality):
    assert parse_chord("F#" + quality.name).quality is quality
    classes = {frozenset(step % 12 for step in it.intervals) for it in QUALITIES}
    assert frozenset(step % 12 for step in quality.intervals) not in classes


@given(
    st.text(alphabet="ABCDEFGHabcdefghmoliars#b7+-()/:9*º°Mj,1353", max_size=12),
    st.sampled_from(SPELLINGS),
)
def test_any_text_is_a_chord_or_one_error_in_every_spelling(text, name):
    try:
        parse_chord(text, 0, spelling_of(name))
    except ChordError as fault:
        assert fault.symbol == text
        assert "\n" not in str(fault)
    assert isinstance(english(text, Spelling(name)), str)


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        ("H7 | E | B | Hm", "B7 | E | Bb | Bm", "German"),
        ("Es | B | F7 | B", "Eb | Bb | F7 | Bb", "B flat"),
        ("H7 | Em | Bb", "B7 | Em | Bb", "H is B"),
        ("Do7 | Fa | Sol7 | Lam", "C7 | F | G7 | Am", "latin"),
        ("Do7 | G7 | C", "Ddim7 | G7 | C", ""),
        ("C7+ | Dm7(5-) | G7(4) | C7+(9)", "Cmaj7 | Dm7b5 | G7sus4 | Cmaj9", "cifra"),
        ("C7+ | F7", "C7#5 | F7", "spelling: cifra"),
        ("e | a | h7 | e", "Em | Am | Bm7 | Em", "German"),
        ("Dó | Fá | Sol7", "C | F | G7", "latin"),
        ("C | a | F | G7", "C | Am | F | G7", "lower-case root is minor"),
        ("am | f | c | g7", "Am | F | C | G7", "capitals"),
        ("C:maj7 | D:min(7)", "Cmaj7 | DmMaj7", ""),
        ("B7 | E | B", "B7 | E | B", ""),
        ("Esus | Asus | Dadd9 | Faug", "Esus4 | Asus4 | Dadd9 | Faug", ""),
        ("spelling: german\nB | F", "Bb | F", ""),
        ("spelling: international\nB | E", "B | E", ""),
    ],
)
def test_the_spelling_of_a_chart_is_guessed_where_it_is_plain_and_said(text, wanted, said):
    chart = parse_chart(text)
    assert chart.bars == parse_chart(wanted).bars
    assert said in " ".join(chart.notes)
    assert bool(said) == bool(chart.notes)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("H7 | B | Bb", "spelling: german"),
        ("c | f | g", "did you mean C"),
        ("spelling: klingon\nC", "there are international"),
    ],
)
def test_a_chart_whose_spelling_is_doubtful_is_refused_with_the_mend(text, mend):
    with pytest.raises((ChartError, ChordError), match=mend):
        parse_chart(text)
