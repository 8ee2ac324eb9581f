"""Keys: found from chords one by one, and the chord scale in a key."""

import pytest

from perform.engine.harmony import Harmony, chord_scale
from perform.engine.key import KeyFinder, key_of, parse_key, raise_leading_tone
from perform.music.chord import parse_chord

NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def keys_after(chords):
    """The major key after each chord, - for none."""
    finder, keys = KeyFinder(), []
    for symbol in chords.split():
        finder.add(parse_chord(symbol))
        keys.append(next((n for pc, n in enumerate(NAMES) if finder.key == key_of(pc, False)), "-"))
    return " ".join(keys)


@pytest.mark.parametrize(
    ("chords", "key"),
    [
        ("Dm7 G7 Cmaj7", "C"),
        ("Em7b5 A7 Dm7", "F"),  # D minor, with the C# of A7
        ("C7 F7 G7", "-"),
        ("C F", "-"),  # in C and in F: not decided yet
        ("Bm F#m A E", "A"),
    ],
)
def test_a_key_is_found_where_only_one_fits(chords, key):
    assert keys_after(chords).split()[-1] == key


def test_the_key_decides_the_chord_scale():
    c_major = key_of(0, False)
    assert chord_scale(parse_chord("Dm7"), c_major) == c_major  # D Dorian
    assert chord_scale(parse_chord("Em7"), c_major) == c_major  # E Phrygian
    assert 6 in chord_scale(parse_chord("Em7"))  # Dorian without a key
    # the dominant of A minor
    assert chord_scale(parse_chord("E7"), c_major) == c_major - {7} | {8}
    assert chord_scale(parse_chord("A7"), c_major) == chord_scale(parse_chord("A7"))
    harmony = Harmony()
    for symbol in ("Dm7", "G7", "Cmaj7", "Em7"):
        harmony.set_chord(parse_chord(symbol))
    assert harmony.key == c_major
    harmony.set_key(key_of(2, False))
    assert harmony.key == key_of(2, False)
    harmony.set_key(frozenset())
    assert not harmony.key


@pytest.mark.parametrize(
    ("chords", "keys"),
    [
        ("Dm7 G7 Cmaj7 Am7 Dm7", "- - C C C"),
        ("Cmaj7 Dm7 G7 A7 Dm7 G7", "- - C C C C"),  # with a secondary dominant
        ("Dm7b5 G7 Cm7 Fm7 G7b9", "- - Eb Eb Eb"),  # C minor
        ("Am6 E7 Am6 Dm6 B7 E7 Am6", "- - - C C C C"),  # A minor
        ("Dm7 G7 Cmaj7 Cm7 F7 Bbmaj7", "- - C C - Bb"),
        ("Am7 D7 Gmaj7 C7 F7 C7 G7", "- - G G - - -"),  # then a blues
        ("C G Am F C", "- - - C C"),
    ],
)
def test_a_key_is_found_chord_by_chord(chords, keys):
    assert keys_after(chords) == keys


@pytest.mark.parametrize(
    "blues",
    [
        "C7 F7 C7 F7 C7 G7 F7 C7 G7",
        "C7 F7 C7 F7 C7 A7 Dm7 G7 C7 A7 Dm7 G7",
        "C7 F7 C7 Gm7 C7 F7 F#dim7 C7 A7 Dm7 G7 C7 A7 Dm7 G7",
        "F7 Bb7 F7 Cm7 F7 Bb7 Bdim7 F7 D7 Gm7 C7 F7 D7 Gm7 C7",
    ],
)
def test_a_blues_has_no_key(blues):
    assert set(keys_after(" ".join([blues] * 3)).split()) == {"-"}


def test_a_major_tonic_ends_the_blues():
    assert keys_after("C7 F7 C7 Dm7 G7 Cmaj7").split()[-1] == "C"


def test_a_key_gets_the_leading_tone_of_its_minor():
    assert (
        raise_leading_tone(key_of(9, True))
        == raise_leading_tone(key_of(0, False))
        == {9, 11, 0, 2, 4, 5, 8}
    )
    assert not raise_leading_tone(frozenset())
    assert not raise_leading_tone(frozenset({0, 4}))


def test_a_set_key_overrides_the_found_one():
    harmony = Harmony()
    harmony.set_key(parse_key("F"))
    for symbol in ("Dm7", "G7", "Cmaj7"):
        harmony.set_chord(parse_chord(symbol))
    assert harmony.key == key_of(5, False)
    harmony.set_key(None)
    assert harmony.key == key_of(0, False)  # found in the meantime
