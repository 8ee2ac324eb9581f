"""Reads pieces, lines over chords in order, from books, lead sheets, MIDI files and data sets."""

from collections.abc import Sequence
from pathlib import Path

import mido

from perform.errors import ChordError, DatasetError
from perform.music.chord import Chord, parse_chord
from perform.music.feel import FEELS
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT, TICKS_PER_COLUMN, Note
from perform.music.pianoroll import decode
from perform.music.pitch import semitones_from_c
from training.data import book, dataset, lead_sheet
from training.data.midi_file import DRUMS
from training.data.piece import Piece, PieceNote

MIDI = (".mid", ".midi")
OWN_BOOK = Path(__file__).parent.with_name("books")
OWN_BASS = OWN_BOOK / "bass.book"


class NoChordsError(DatasetError):
    """Files have no chords, and lines need some."""


def own_melodies() -> tuple[Piece, ...]:
    """The melodies of our own book: all of it but the bass lines."""
    files = sorted(path for path in OWN_BOOK.glob("*.book") if path != OWN_BASS)
    return tuple(piece for path in files for piece in book.read_book(path))


def open_all(paths: Sequence[Path], *, parts: bool = False) -> tuple[Piece, ...]:
    """The pieces at several paths; without paths, our own melodies. `parts`: as `open_pieces`."""
    if not paths:
        return own_melodies()
    return tuple(piece for path in paths for piece in open_pieces(path, parts=parts))


def open_pieces(path: Path, *, parts: bool = False) -> tuple[Piece, ...]:
    """The pieces in a book, a lead sheet, a MIDI file with chord markers, or a folder of them.

    `parts`: a MIDI file gives a piece for each of its tracks. DatasetError when there is none, and
    for a single file that is wrong.
    """
    if path.is_dir():
        files = sorted(it for it in path.rglob("*") if it.suffix.lower() in _suffixes())
        found = [piece for file in files for piece in _readable(file, parts=parts)]
        if not found:
            raise NoChordsError(
                f"{path}: no line with chords in it; give books, lead sheets or MIDI"
            )
        return tuple(found)
    if not path.is_file():
        raise DatasetError(f"{path}: no such file or folder; name lines, a bundle or a run")
    if path.suffix.lower() == book.SUFFIX:
        return book.read_book(path)
    if path.suffix.lower() in lead_sheet.SUFFIXES:
        return (lead_sheet.read_lead_sheet(path),)
    if path.suffix.lower() in MIDI:
        return read_parts(path) if parts else (read_midi(path),)
    if path.suffix == ".npz":
        return bars_in_order(path)
    raise DatasetError(f"{path}: no line that can be judged; give {', '.join(_suffixes())} or .npz")


def _suffixes() -> tuple[str, ...]:
    return (book.SUFFIX, *lead_sheet.SUFFIXES, *MIDI)


def _readable(path: Path, *, parts: bool) -> tuple[Piece, ...]:
    try:
        return open_pieces(path, parts=parts)
    except DatasetError:
        return ()


def read_midi(path: Path, voice: str | None = None) -> Piece:
    """The highest line of a MIDI file (of the track `voice`) over its chord markers."""
    tracks, chords = _read_tracks(path)
    return _line(
        path, [n for name, notes in tracks if voice in (None, name) for n in notes], chords
    )


def read_parts(path: Path) -> tuple[Piece, ...]:
    """The highest line of each track of a MIDI file that has notes, over all chord markers.

    They are parts of one piece. A track without a name is called by its number.
    """
    tracks, chords = _read_tracks(path)
    lines = {name or f"track {place}": notes for place, (name, notes) in enumerate(tracks) if notes}
    parts = [_line(path, notes, chords)._replace(part=name) for name, notes in lines.items()]
    if not parts:
        raise DatasetError(f"{path}: has no notes")
    ticks = max(part.ticks for part in parts)
    return tuple(part._replace(ticks=ticks) for part in parts)


def _line(path: Path, notes: list[PieceNote], chords: list[tuple[int, Chord | None]]) -> Piece:
    if not notes:
        raise DatasetError(f"{path}: has no notes")
    if not chords:
        raise NoChordsError(f"{path}: has no chord markers")
    line = tuple(lead_sheet.one_at_a_time(notes))
    end = -(-max(note.end for note in line) // TICKS_PER_BAR) * TICKS_PER_BAR
    return Piece(path.stem, line, tuple(sorted(chords, key=lambda it: it[0])), end)


Tracks = list[tuple[str, list[PieceNote]]]


def _read_tracks(path: Path) -> tuple[Tracks, list[tuple[int, Chord | None]]]:
    """The tracks of a MIDI file, names and notes without drums, and the chord markers of all."""
    try:
        file = mido.MidiFile(path)
    except Exception as error:  # noqa: BLE001 - mido raises any type for a malformed file
        raise DatasetError(f"{path}: not a MIDI file ({error})") from None
    chords: list[tuple[int, Chord | None]] = []
    tracks: Tracks = []
    for track in file.tracks:
        notes: list[PieceNote] = []
        now, begun = 0, dict[int, tuple[int, int]]()
        for message in track:
            now += message.time
            tick = now * TICKS_PER_BEAT // max(1, file.ticks_per_beat)
            if message.type in ("marker", "text", "cue_marker"):
                chords += _marked(tick, message.text)
            elif message.type in ("note_on", "note_off") and message.channel != DRUMS:
                if message.note in begun:
                    start, velocity = begun.pop(message.note)
                    notes.append(PieceNote(start, max(1, tick - start), message.note, velocity))
                if message.type == "note_on" and message.velocity:
                    begun[message.note] = (tick, message.velocity)
        tracks.append((track.name, notes))
    return tracks, chords


def _marked(tick: int, text: str) -> list[tuple[int, Chord | None]]:
    try:
        return [(tick, parse_chord(text.strip()))]
    except ChordError:
        return []


def bars_in_order(path: Path) -> tuple[Piece, ...]:
    """The pieces in a data set: bars that follow each other, over their chords, in their feel.

    A piece of which bars are missing, or that is of another metre in between, becomes several.
    Velocities are not in a data set.
    """
    bars = dataset.load(path)
    before = dataset.bars_before(bars)
    runs: list[list[int]] = []
    for index in range(len(bars.rolls)):
        if runs and before[index] == index - 1 == runs[-1][-1]:
            runs[-1].append(index)
        else:
            runs.append([index])
    return tuple(_piece_of(bars, run) for run in runs)


def _piece_of(bars: dataset.Dataset, run: Sequence[int]) -> Piece:
    """The bars at these indices, which follow each other, as a piece."""
    notes: list[PieceNote] = []
    chords: list[tuple[int, Chord | None]] = []
    origin = bars.provenance[run[0]]
    at = 0
    for index in run:
        source = bars.provenance[index]
        at = (source.bar - origin.bar) * TICKS_PER_BAR
        symbols = source.chords or ((0, source.chord),)
        here = [(at + column * TICKS_PER_COLUMN, parse_chord(it)) for column, it in symbols]
        chords += here
        inside = [_sounding(note, at, here, source.octaves) for note in decode(bars.rolls[index])]
        first = min(inside, default=None)
        last = notes[-1] if notes else None
        if source.tied and first and last and (last.end, last.pitch) == (first.start, first.pitch):
            notes[-1] = last._replace(duration=first.end - last.start)
            inside.remove(first)
        notes += lead_sheet.one_at_a_time(inside)
    changes = [
        each for place, each in enumerate(chords) if not place or each[1] != chords[place - 1][1]
    ]
    feel = next((known for known in FEELS if known == origin.feel), None)
    name = origin.file if origin.bar == 1 + origin.silent_before else f"{origin.file} {origin.bar}"
    return Piece(name, tuple(notes), tuple(changes), at + TICKS_PER_BAR, feel)


def _sounding(
    note: Note, bar: int, chords: Sequence[tuple[int, Chord | None]], octaves: int
) -> PieceNote:
    """A note of a roll as it sounds over the chord that is there when it begins."""
    start = bar + note.start
    chord = next((chord for tick, chord in reversed(chords) if tick <= start), None)
    shift = semitones_from_c(chord.root) if chord is not None else 0
    return PieceNote(start, note.duration, note.pitch + shift - 12 * octaves)
