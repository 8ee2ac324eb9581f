"""Reads the songs in a file: a MIDI file holds one, a lead sheet one, a book many choruses."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from perform.music.note import Note
from training.data import book, lead_sheet
from training.data.midi_file import Root, Song, read_song, root_of_name
from training.data.piece import Piece

MIDI_SUFFIXES = (".mid", ".midi")
SUFFIXES = (*MIDI_SUFFIXES, book.SUFFIX, *lead_sheet.SUFFIXES)


class NamedSong(NamedTuple):
    """A song, what its bars are called by, and its feel; "" where the file does not say."""

    name: str
    song: Song
    feel: str = ""


def read_songs(path: Path) -> Iterator[NamedSong]:
    """The songs in a file. DatasetError for a book or lead sheet, mido's errors for a MIDI file."""
    suffix = path.suffix.lower()
    if suffix == book.SUFFIX:
        for piece in book.read_book(path):
            yield NamedSong(f"{path.name}#{piece.name}", song_of(piece), piece.feel or "")
    elif suffix in lead_sheet.SUFFIXES:
        yield NamedSong(path.name, song_of(lead_sheet.read_lead_sheet(path)))
    else:
        song = read_song(path)
        yield NamedSong(path.name, song._replace(roots=((0, root_of_name(path)), *song.roots)))


def song_of(piece: Piece) -> Song:
    """A piece as a song in 4/4. Where it has no chord, the chord before goes on."""
    roots = tuple(
        (tick, Root(chord.symbol, chord.root)) for tick, chord in piece.chords if chord is not None
    )
    notes = tuple(Note(note.start, note.duration, note.pitch) for note in piece.notes)
    return Song(notes, (), ((0, Root("C", 0)), *roots))
