"""Voicings in context: the written set of `voicings.txt`, and any notes with any hints."""

import re
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.engine.key import key_of, parse_key
from perform.music.chord import Chord, parse_chord
from perform.music.hints import Hints, leaves_out_root
from perform.music.pitch import parse_pitch, pitch_class
from perform.music.quality import QUALITIES
from perform.music.recognition import LOW, recognise

SET = Path(__file__).parent / "voicings.txt"
ROW = re.compile(r"(?P<notes>[^|]+)\| (?P<names>.*?)(?:  \((?P<hint>\w+) (?P<value>\S+)\))?")


class Row(NamedTuple):
    """A written voicing: its line, notes, the symbols that are right, and what is known then.

    `begins`: what was before it is written, and was not played here.
    """

    begins: bool
    line: str
    held: list[int]
    symbols: list[str]
    hints: Hints

    @property
    def is_named(self):
        return self.found in self.symbols

    @property
    def found(self):
        return recognise(self.held, self.hints).symbol


def heading(line):
    """The hints with which a progression begins."""
    hints = Hints()
    for part in line.strip("[]").split(", "):
        word, value, *style = part.split()
        if word == "key":
            hints = hints._replace(key=parse_key(value))
        elif word == "chart":
            hints = hints._replace(chart=(parse_chord(value),))
        else:
            assert word == "after", line
            hints = hints._replace(previous=parse_chord(value), rootless=bool(style) or None)
    return hints


def row(line, hints, *, begins):
    match = ROW.fullmatch(line)
    assert match, line
    hint, value = match["hint"], match["value"]
    if hint in ("bass", "walk"):
        hints = hints._replace(bass=pitch_class(value), walking=hint == "walk")
    elif hint == "chart":
        hints = hints._replace(chart=(parse_chord(value),))
    held = [parse_pitch(word) for word in match["notes"].split()]
    assert held == sorted(set(held)), line
    symbols = [parse_chord(name).symbol for name in match["names"].split(" or ")]
    return Row(begins, line, held, symbols, hints)


def after(chord, held, hints):
    """The hints for the next voicing of a progression."""
    rootless = leaves_out_root(chord, held, hints.rootless)
    return hints._replace(previous=chord, rootless=rootless)


def written():
    hints, begins = Hints(), True
    for line in SET.read_text().splitlines():
        if line.startswith("["):
            hints, begins = heading(line), True
        elif line and not line.startswith("#"):
            found = row(line, hints, begins=begins)
            yield found
            if not hints.chart:
                begins = False
                hints = after(parse_chord(found.symbols[0]), found.held, hints)


ROWS = list(written())


def test_at_least_95_percent_of_the_written_voicings_have_the_name_of_a_teacher():
    wrong = [f"{it.line} -> {it.found}" for it in ROWS if not it.is_named]
    print(f"{len(ROWS)} voicings, {1 - len(wrong) / len(ROWS):.1%} named as written")
    print("\n".join(wrong))
    assert len(ROWS) >= 300
    assert len(wrong) <= 0.02 * len(ROWS)  # 5 of 100 would be good enough


def test_without_hints_most_of_them_would_be_other_chords():
    plain = sum(recognise(it.held).symbol in it.symbols for it in ROWS)
    assert plain < 0.4 * len(ROWS)


def test_names_stay_right_where_the_last_chord_is_the_one_that_was_recognised():
    """As when it plays: a wrong name is a wrong hint for the next voicing."""
    right, own = 0, Hints()
    for it in ROWS:
        known = it.hints
        if not it.begins:
            known = known._replace(previous=own.previous, rootless=own.rootless)
        chord = recognise(it.held, known)
        right += chord.symbol in it.symbols
        own = after(chord, it.held, known)
    print(f"{right / len(ROWS):.1%} with their own names as hints")
    assert right >= 0.95 * len(ROWS)


@pytest.mark.parametrize(
    ("notes", "hints", "expected"),
    [
        ("F3 A3 B3 E4", Hints(), "Fmaj7b5"),
        ("F3 A3 B3 E4", Hints(previous=parse_chord("Dm7")), "G13"),
        ("E3 Bb3 D4 G4", Hints(), "Em7b5"),
        ("E3 Bb3 D4 G4", Hints(bass=0), "C9"),
        ("E3 Bb3 D4 G4", Hints(chart=(parse_chord("C"),)), "C9"),
        ("E3 Bb3 D4 G4", Hints(chart=(parse_chord("C7"),)), "C9"),
        # the bass comes before the chart, and the chart before the last chord
        ("F3 A3 B3 E4", Hints(bass=2, chart=(parse_chord("G7"),)), "Dm6/9"),
        ("F3 A3 B3 E4", Hints(chart=(parse_chord("Dm"),), previous=parse_chord("Dm7")), "Dm6/9"),
        # a root in the bass is believed against the chart, also with a high one beside it
        ("A2 E3 G3 C4", Hints(chart=(parse_chord("Cmaj7"),)), "Am7"),
        ("Ab2 G3 C4 Eb4", Hints(chart=(parse_chord("F7"),)), "Abmaj7"),
        # a player who leaves roots out, and one who plays them
        ("F3 A3 C4 E4", Hints(previous=parse_chord("Cmaj9"), rootless=True), "Dm9"),
        ("F3 A3 C4 E4", Hints(previous=parse_chord("Cmaj9"), rootless=False), "Fmaj7"),
        # the key tells a dominant from the one a tritone away
        (
            "C#3 F3 G3 Bb3",
            Hints(key=parse_key("C"), previous=parse_chord("Cmaj9"), rootless=True),
            "A7#5b9",
        ),
        # a bass that is the chord's third: a slash chord, or only a passing note where it walks
        ("C4 E4 G4", Hints(bass=4), "C/E"),
        ("C4 E4 G4 Bb4", Hints(bass=2, walking=True), "C7"),
    ],
)
def test_hints_decide_what_a_voicing_is(notes, hints, expected):
    assert recognise([parse_pitch(note) for note in notes.split()], hints).symbol == expected


CMAJ7 = parse_chord("Cmaj7")
CHORDS = st.builds(
    lambda root, quality: Chord(root, quality, root),
    st.integers(0, 11),
    st.sampled_from([quality for quality in QUALITIES if quality.name != "1"]),
)
KEYS = st.one_of(st.just(frozenset()), st.builds(key_of, st.integers(0, 11), st.booleans()))
HINTS = st.builds(
    Hints,
    bass=st.none() | st.integers(0, 11),
    walking=st.booleans(),
    chart=st.lists(CHORDS, max_size=2).map(tuple),
    key=KEYS,
    previous=st.none() | CHORDS,
    rootless=st.sampled_from([None, False, True]),
)
VOICINGS = st.sets(st.integers(LOW, 90), min_size=1, max_size=9)


def moved(hints, by):
    """Hints in another key."""

    def chord(it):
        return Chord((it.root + by) % 12, it.quality, (it.bass + by) % 12)

    return hints._replace(
        bass=None if hints.bass is None else (hints.bass + by) % 12,
        chart=tuple(map(chord, hints.chart)),
        key=frozenset((pc + by) % 12 for pc in hints.key),
        previous=None if hints.previous is None else chord(hints.previous),
    )


@given(VOICINGS, HINTS, st.integers(0, 30))
def test_a_voicing_moved_to_another_key_has_the_same_name_there(held, hints, by):
    here = recognise(held, hints)
    there = recognise([note + by for note in held], moved(hints, by))
    if here is None:
        assert there is None
    else:
        assert (there.quality, there.root, there.bass) == (
            here.quality, (here.root + by) % 12, (here.bass + by) % 12,
        )  # fmt: skip


@given(VOICINGS, HINTS, st.data())
def test_neither_the_order_of_keys_nor_the_octave_of_upper_notes_matters(held, hints, data):
    lowest, *upper = sorted(held)
    octaves = [lowest + (note - lowest) % 12 + 12 * data.draw(st.integers(0, 2)) for note in upper]
    shuffled = data.draw(st.permutations([lowest, *octaves]))
    assert recognise(shuffled, hints) == recognise(held, hints)


@given(st.lists(st.integers(0, 127), max_size=12), HINTS)
def test_any_notes_and_hints_are_a_chord_or_none(held, hints):
    found = recognise(held, hints)
    assert (found is None) == (len({note % 12 for note in held}) < 2)
    if found is not None:
        assert parse_chord(found.symbol).root == found.root


COMMON = ("", "m", "7", "maj7", "m7", "6", "dim", "dim7", "m7b5", "7sus4", "add9", "maj9", "m9")
POSITIONS = [
    (root, quality)
    for root in range(LOW, LOW + 12)
    for quality in QUALITIES
    if quality.name in COMMON
]


@given(st.sampled_from(POSITIONS), KEYS, CHORDS)
def test_root_positions_stay_what_they_are_for_a_player_of_roots(position, key, before):
    """Whatever was played before, and in any key: a few chords without seventh differ at most."""
    root, quality = position
    held = [root + step for step in quality.intervals]
    found = recognise(held, Hints(key=key, previous=before, rootless=False))
    assert found.root == root % 12 or found.tones == recognise(held).tones


@pytest.mark.parametrize(
    ("symbol", "notes", "after_rooted", "after_rootless"),
    [
        ("G7", "G3 B3 D4 F4", False, False),  # a root position that is nothing else
        ("Dm7", "D3 F3 A3 C4", False, True),  # may be a Bbmaj9 without its root
        ("Dm7", "D2 F3 A3 C4", False, False),  # too low for that
        ("C/E", "E3 G3 C4", False, True),
        ("G13", "F3 A3 B3 E4", True, True),
    ],
)
def test_what_is_played_shows_whether_a_player_leaves_roots_out(
    symbol, notes, after_rooted, after_rootless
):
    held = [parse_pitch(note) for note in notes.split()]
    assert leaves_out_root(parse_chord(symbol), held, False) == after_rooted
    assert leaves_out_root(parse_chord(symbol), held, True) == after_rootless


def test_a_name_is_found_well_within_a_fifth_of_a_millisecond():
    for it in ROWS:
        recognise(it.held, it.hints)  # builds the tables
    # hints that no test has had: nothing comes from the cache
    voicings = [
        (it.held, it.hints._replace(chart=(CMAJ7, it.hints.previous or CMAJ7))) for it in ROWS
    ]
    start = time.process_time()
    for held, hints in voicings:
        recognise(held, hints)
    assert (time.process_time() - start) / len(voicings) < 0.0002
