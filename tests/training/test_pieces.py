"""Pieces in order: written as books, and read again from books and data sets."""

import numpy as np

from perform.music.chord import parse_chord
from training.data import dataset
from training.data.book import parse_book, read_book
from training.data.book_writer import write_book
from training.data.piece import Piece, PieceNote
from training.data.piece_files import OWN_BOOK, bars_in_order


def test_our_own_book_is_written_and_read_again_note_for_note():
    for path in OWN_BOOK.glob("*.book"):
        pieces = read_book(path)
        assert parse_book(write_book(pieces)) == pieces


def test_a_data_set_gives_back_its_pieces(tmp_path):
    """Bars in order, ties, chords within bars, the feel: all but velocities and the header."""
    pieces = [piece for path in OWN_BOOK.glob("*.book") for piece in read_book(path)][:30]
    dataset.save(dataset.import_pieces(pieces), tmp_path / "bars.npz")
    read = bars_in_order(tmp_path / "bars.npz")
    assert len(read) == len(pieces)
    for one, two in zip(pieces, read, strict=True):
        assert two.feel == one.feel
        assert [note.pitch for note in two.notes] == [note.pitch for note in one.notes]
        pairs = list(zip(one.notes, two.notes, strict=True))
        assert max(abs(a.start - b.start) for a, b in pairs) <= 15  # half a column
        starts = [note.start for note in one.notes]
        assert [two.chord_at(it + 15) for it in starts] == [one.chord_at(it) for it in starts]


def test_an_empty_bar_parts_no_piece_and_a_missing_one_does(tmp_path):
    notes = tuple(PieceNote(1920 * bar, 1920, 60) for bar in (0, 2, 3))
    piece = Piece("rests", notes, ((0, parse_chord("C")),), 4 * 1920, "latin")
    bars = dataset.import_pieces([piece])
    assert dataset.bars_before(bars).tolist() == [-1, 0, 1]
    dataset.save(bars, tmp_path / "bars.npz")
    dataset.save(dataset.select(bars, np.array([0, 2])), tmp_path / "holes.npz")
    (read,) = bars_in_order(tmp_path / "bars.npz")
    assert [note.start for note in read.notes] == [0, 3840, 5760]
    assert [it.bars for it in bars_in_order(tmp_path / "holes.npz")] == [1, 1]


def test_a_note_between_the_places_of_a_feel_moves_to_the_nearest():
    """A quaver off the beat is swung; a note that is no part of the feel's grid is not lost."""
    notes = (PieceNote(0, 240, 60), PieceNote(240, 240, 62), PieceNote(500, 100, 64, 71))
    piece = Piece("near", notes, ((0, parse_chord("C")),), 1920, "swing")
    (read,) = parse_book(write_book([piece]))
    assert [note[:3] for note in read.notes] == [(0, 320, 60), (320, 160, 62), (480, 160, 64)]
    assert {note.velocity for note in read.notes} == {80}
