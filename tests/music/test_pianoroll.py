"""The piano roll: encoding, decoding, cleaning, playability."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perform.music.note import Note
from perform.music.pianoroll import clean, decode, encode, fold_row, unplayable

COLUMN = 30


@st.composite
def phrases(draw):
    """Any phrase on the grid: notes of one pitch are at least one column apart."""
    notes = []
    for pitch in draw(st.sets(st.integers(36, 83), max_size=5)):
        column = draw(st.integers(0, 20))
        for length, gap in draw(
            st.lists(st.tuples(st.integers(1, 30), st.integers(1, 20)), max_size=5)
        ):
            notes.append(Note(column * COLUMN, length * COLUMN, pitch))
            column += length + gap
    return tuple(sorted(notes, key=lambda note: (note.start, note.pitch)))


@given(phrases())
def test_decode_undoes_encode(phrase):
    encoded = encode(phrase)
    assert decode(encoded.rolls) == phrase
    assert (encoded.folded, encoded.moved, encoded.lost) == (0, 0, 0)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 0.99))
def test_encode_undoes_decode(seed, share):
    rolls = np.where(np.random.default_rng(seed).random((2, 48, 64)) < share, 1, -1).astype(np.int8)
    assert (encode(decode(rolls), 2).rolls == rolls).all()


def test_a_note_that_is_struck_again_stays_two_notes():
    twice = (Note(0, 480, 60), Note(480, 480, 60))
    assert decode(encode(twice).rolls) == (Note(0, 450, 60), Note(480, 480, 60))


def test_a_note_inside_a_longer_one_of_its_pitch_keeps_its_own_end():
    inside = (Note(0, 960, 60), Note(480, 120, 60))
    assert decode(encode(inside).rolls) == (Note(0, 450, 60), Note(480, 120, 60))


def test_a_note_held_over_the_bar_line_is_one_note():
    held = (Note(1800, 240, 60),)
    assert encode(held).rolls.shape == (2, 48, 64)
    assert decode(encode(held).rolls) == held


def test_pitches_outside_fold_by_octaves_and_are_counted():
    encoded = encode((Note(0, 60, 35), Note(120, 60, 84), Note(240, 60, 100), Note(360, 60, 60)))
    assert encoded.folded == 3
    assert [note.pitch for note in decode(encoded.rolls)] == [47, 72, 76, 60]


@given(st.integers(-200, 200))
def test_a_fold_keeps_the_pitch_class(row):
    assert 0 <= fold_row(row) < 48
    assert fold_row(row) % 12 == row % 12


def test_a_shift_moves_the_chord_to_c():
    assert decode(encode((Note(0, 60, 65),), shift=-5).rolls)[0].pitch == 60


def test_notes_off_the_grid_move_to_it_and_the_ticks_are_counted():
    encoded = encode((Note(14, 40, 60), Note(496, 100, 62)))
    assert encoded.moved == 14 + 14
    assert [note.start for note in decode(encoded.rolls)] == [0, 510]


def test_clean_repairs_broken_notes_and_removes_short_ones_but_keeps_repeated_ones():
    roll = np.full((1, 48, 64), -1, np.int8)
    roll[0, 24, [0, 1, 2, 4]] = 1  # broken: a single column after a note
    roll[0, 30, 10] = 1  # too short
    roll[0, 36, 20:24] = roll[0, 36, 25:30] = 1  # struck twice
    assert [(n.pitch, n.start // 30, n.duration // 30) for n in decode(clean(roll))] == [
        (60, 0, 5),
        (72, 20, 4),
        (72, 25, 5),
    ]


def test_empty_bars_clusters_and_short_notes_are_unplayable():
    empty, cluster, short, fine = np.full((4, 48, 64), -1, np.int8)
    cluster[20:25, :16] = 1
    short[24, ::3] = 1
    fine[24, :16] = 1
    assert unplayable(np.stack([empty, cluster, short, fine])).tolist() == [True, True, True, False]
