"""Reads pieces, lines over chords in order, from books, lead sheets, MIDI files and data sets."""

from collections.abc import Sequence
from pathlib import Path

import mido

from perform.errors import ChordError, DatasetError
from perform.music.chord import Chord, parse_chord
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from perform.music.pianoroll import decode
from training.data import book, dataset, lead_sheet
from training.data.piece import Piece, PieceNote

MIDI = (".mid", ".midi")
OWN_BOOK = Path(__file__).parent.with_name("books")
OWN_BASS = OWN_BOOK / "bass.book"


def own_melodies() -> tuple[Piece, ...]:
    """The melodies of our own book: all of it but the bass lines."""
    files = sorted(path for path in OWN_BOOK.glob("*.book") if path != OWN_BASS)
    return tuple(piece for path in files for piece in book.read_book(path))


def open_all(paths: Sequence[Path]) -> tuple[Piece, ...]:
    """The pieces at several paths; without paths, our own melodies."""
    if not paths:
        return own_melodies()
    return tuple(piece for path in paths for piece in open_pieces(path))


def open_pieces(path: Path) -> tuple[Piece, ...]:
    """The pieces in a book, a lead sheet, a MIDI file with chord markers, or a folder of them.

    DatasetError when there is none, and for a single file that is wrong.
    """
    if path.is_dir():
        files = sorted(it for it in path.rglob("*") if it.suffix.lower() in _suffixes())
        found = [piece for file in files for piece in _readable(file)]
        if not found:
            raise DatasetError(
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
        return (read_midi(path),)
    if path.suffix == ".npz":
        return bars_in_order(path)
    raise DatasetError(f"{path}: no line that can be judged; give {', '.join(_suffixes())} or .npz")


def _suffixes() -> tuple[str, ...]:
    return (book.SUFFIX, *lead_sheet.SUFFIXES, *MIDI)


def _readable(path: Path) -> tuple[Piece, ...]:
    try:
        return open_pieces(path)
    except DatasetError:
        return ()


def read_midi(path: Path, voice: str | None = None) -> Piece:
    """The highest line of a MIDI file (of the track `voice`) over its chord markers."""
    try:
        file = mido.MidiFile(path)
    except Exception as error:  # noqa: BLE001 - mido raises any type for a malformed file
        raise DatasetError(f"{path}: not a MIDI file ({error})") from None
    chords: list[tuple[int, Chord | None]] = []
    notes: list[PieceNote] = []
    for track in file.tracks:
        now, begun = 0, dict[int, tuple[int, int]]()
        for message in track:
            now += message.time
            tick = now * TICKS_PER_BEAT // max(1, file.ticks_per_beat)
            if message.type in ("marker", "text", "cue_marker"):
                chords += _marked(tick, message.text)
            elif message.type in ("note_on", "note_off") and message.channel != 9:
                if voice is not None and track.name != voice:
                    continue
                if message.note in begun:
                    start, velocity = begun.pop(message.note)
                    notes.append(PieceNote(start, max(1, tick - start), message.note, velocity))
                if message.type == "note_on" and message.velocity:
                    begun[message.note] = (tick, message.velocity)
    if not notes or not chords:
        raise DatasetError(f"{path}: has no {'notes' if not notes else 'chord markers'}")
    line = tuple(lead_sheet.one_at_a_time(notes))
    end = -(-max(note.end for note in line) // TICKS_PER_BAR) * TICKS_PER_BAR
    return Piece(path.stem, line, tuple(sorted(chords, key=lambda it: it[0])), end)


def _marked(tick: int, text: str) -> list[tuple[int, Chord | None]]:
    try:
        return [(tick, parse_chord(text.strip()))]
    except ChordError:
        return []


def bars_in_order(path: Path) -> tuple[Piece, ...]:
    """The bars of a data set in their order, sixteen in a piece, over their chords."""
    bars = dataset.load(path)
    pieces = []
    for first in range(0, len(bars.rolls) - 15, 16):
        notes: list[PieceNote] = []
        chords: list[tuple[int, Chord | None]] = []
        for place in range(16):
            at = place * TICKS_PER_BAR
            chord = parse_chord(bars.provenance[first + place].chord)
            root = chord.root if chord is not None else 0
            chords.append((at, chord))
            notes += [
                PieceNote(at + n.start, n.duration, n.pitch + (root + 5) % 12 - 5)
                for n in decode(bars.rolls[first + place])
            ]
        line = tuple(lead_sheet.one_at_a_time(notes))
        pieces.append(Piece(f"{path.stem} {first + 1}", line, tuple(chords), 16 * TICKS_PER_BAR))
    if not pieces:
        raise DatasetError(f"{path}: {len(bars.rolls)} bars; the judge needs 16 or more")
    return tuple(pieces)
