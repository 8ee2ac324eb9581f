"""Note names of other languages are refused with what to write instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import ChordError
from perform.music.chord import parse_chord
from perform.music.note_names import translate
from perform.music.quality import QUALITIES


@pytest.mark.parametrize(
    ("symbol", "mend"),
    [
        ("Do7", "Do is C in chord symbols, so write C7; D diminished is Ddim"),
        ("Do", "write C;"),
        ("Dom7", "write Cm7"),
        ("Domaj7", "write Cmaj7"),
        ("Do#m", "write C#m"),
        ("DO7", "write C7"),
        ("Ré7", "write D7"),
        ("Rem", "write Dm"),
        ("Mim7b5", "write Em7b5"),
        ("Fa#m7", "write F#m7"),
        ("Fa", "write F"),
        ("Sol7/Si", "write G7/B"),
        ("Lam", "write Am"),
        ("Sib", "write Bb"),
        ("C/Mi", "Mi is E"),
        ("H7", "H is B in chord symbols, so write B7"),
        ("Hm", "write Bm"),
        ("Es", "write Eb"),
        ("Asmaj7", "write Abmaj7"),
        ("Fism", "write F#m"),
        ("Des7", "write Db7"),
        ("Cismoll", "write C#m"),
        ("Fis-dur", "write F#"),
    ],
)
def test_a_name_of_another_language_is_refused_with_the_mend(symbol, mend):
    with pytest.raises(ChordError) as refused:
        parse_chord(symbol)
    assert mend in str(refused.value)


@pytest.mark.parametrize(
    ("symbol", "meant"),
    [
        ("Ddim7", "Ddim7"),
        ("D°7", "Ddim7"),
        ("Co7", "Cdim7"),
        ("Eo", "Edim"),
        ("Fadd9", "Fadd9"),
        ("Faug", "Faug"),
        ("F7alt", "Falt"),
        ("Esus", "Esus4"),
        ("Asus2", "Asus2"),
    ],
)
def test_chord_symbols_that_look_like_other_names_are_read(symbol, meant):
    assert parse_chord(symbol).symbol == meant


@given(
    st.sampled_from([f"{letter}{sign}" for letter in "CDEFGAB" for sign in ("", "b", "#")]),
    st.sampled_from([name for it in QUALITIES for name in (it.name, *it.aliases)]),
)
def test_no_symbol_of_ours_is_a_name_of_another_language(root, suffix):
    assert translate(root + suffix) is None


@given(st.text(max_size=12))
def test_any_text_is_a_name_or_none(text):
    translated = translate(text)
    assert translated is None or text.startswith(translated[0])
