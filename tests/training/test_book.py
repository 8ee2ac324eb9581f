"""Books: choruses as text, and the bars that are imported from them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import DatasetError
from perform.music.feel import GRIDS
from training.data import dataset
from training.data.book import parse_book, read_book
from training.data.piece_files import OWN_BOOK

CHORUS = """
title: Back Step
form: blues
key: C
feel: swing
tempo: 132

# a comment
C7                              | F7 Fm
r/4 g3/8 a3 c4 eb4 e4 g4~       | g4/4. (f4/8) d4/8t c4 eb4 p f4/4>,
"""


def one(text=CHORUS):
    (piece,) = parse_book(text)
    return piece


def test_a_chorus_has_its_header_chords_and_notes_on_the_grid_of_its_feel():
    piece = one()
    assert (piece.name, piece.feel, piece.tempo, piece.bars) == ("Back Step", "swing", 132.0, 2)
    assert [(tick, chord.symbol) for tick, chord in piece.chords] == [
        (0, "C7"), (1920, "F7"), (2880, "Fm"),
    ]  # fmt: skip
    first, *_ = piece.notes
    assert (first.start, first.duration, first.pitch) == (480, 320, 55)
    # an off-beat quaver stands on the last third of its beat
    assert piece.notes[1].start == 800


def test_a_tie_joins_two_notes_over_the_bar_line():
    tied = next(note for note in one().notes if note.pitch == 67)
    assert (tied.start, tied.end) == (1760, 2720)


def test_ghosts_accents_and_loudness_are_velocities():
    force = {note.pitch: note.velocity for note in one().notes[6:]}
    assert force[65] == 52 + 14  # the last f4: p, accented
    ghost = next(note for note in one().notes if note.start == 2720)
    assert (ghost.pitch, ghost.velocity) == (65, 80 - 24)


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ("g4~ ", "g4 e4 ", "bar 1 has 4.5 beats"),
        ("a3 c4", "a3 h4", "'h4' is no note"),
        ("F7 Fm", "F7 Hm", "bar 2: "),
        ("feel: swing", "feel: swung", "feel 'swung'; write one of swing"),
        ("key: C", "kee: C", "unknown field 'kee'"),
        ("g4/4. (f4/8)", "a4/4. (f4/8)", "a tie joins two notes of one pitch"),
        ("d4/8t c4 eb4", "d4/16 c4 eb4/8", "between the places of the feel 'swing'"),
        ("| F7 Fm", "", "2 bars of notes below 1 bars of chords"),
        ("title: Back Step", "name: Back Step", "a chorus begins with a line 'title: ...'"),
    ],
)
def test_an_error_is_named_with_its_line(wrong, right, says):
    with pytest.raises(DatasetError, match=r"book, line \d+: .*") as error:
        one(CHORUS.replace(wrong, right))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@given(st.text(alphabet="ab|~/8,.r4:()title feel swing\n#>C7", max_size=200))
def test_any_text_is_read_or_refused_in_one_line(text):
    try:
        parse_book(f"title: x\nfeel: swing\n\n{text}")
    except DatasetError as error:
        assert "\n" not in str(error)


def test_our_own_book_is_as_large_as_it_says_and_keeps_to_its_feels():
    melodies = [
        piece
        for path in OWN_BOOK.glob("*.book")
        if path.name != "bass.book"
        for piece in read_book(path)
    ]
    assert len(melodies) >= 72
    assert sum(piece.bars for piece in melodies) >= 900
    assert len({piece.feel for piece in melodies}) >= 6
    assert len({piece.name for piece in melodies}) == len(melodies)
    for piece in melodies:
        assert {note.start % 480 for note in piece.notes} <= set(GRIDS[piece.feel]), piece.name
        for note, after in zip(piece.notes, piece.notes[1:], strict=False):
            assert note.end <= after.start, piece.name
            assert abs(after.pitch - note.pitch) <= 16, piece.name
    bass = read_book(OWN_BOOK / "bass.book")
    assert len(bass) >= 24
    assert all(28 <= note.pitch <= 55 for piece in bass for note in piece.notes)


def test_bars_of_a_book_know_their_piece_chords_neighbours_and_feel(tmp_path):
    path = tmp_path / "two.book"
    path.write_text(CHORUS + CHORUS.replace("Back Step", "Front Step"))
    bars = dataset.import_files([path])
    assert [it.file for it in bars.provenance] == [
        "two.book#Back Step", "two.book#Back Step", "two.book#Front Step", "two.book#Front Step",
    ]  # fmt: skip
    assert bars.provenance[1].chords == ((0, "F7"), (32, "Fm"))
    assert bars.provenance[1].feel == "swing"
    assert dataset.bars_before(bars).tolist() == [-1, 0, -1, 2]
    dataset.save(bars, tmp_path / "bars.npz")
    assert dataset.load(tmp_path / "bars.npz").provenance == bars.provenance


def test_a_broken_book_is_skipped_and_named_once(tmp_path):
    (tmp_path / "good.book").write_text(CHORUS)
    (tmp_path / "bad.book").write_text(CHORUS.replace("g4~ ", "g4 e4 "))
    bars = dataset.import_files([tmp_path])
    (line,) = bars.counts.broken
    assert re.match(r"bad\.book, line \d+: bar 1 has", line)
