"""Data sets of bars with their provenance: import, join, save, load."""

import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from perform import atomic_file
from perform.errors import ChordError, DatasetError
from perform.music.chord import parse_chord
from perform.music.note import COLUMNS, LOWEST_PITCH, ROWS, TICKS_PER_BAR, TICKS_PER_COLUMN, Note
from perform.music.pianoroll import Rolls, encode
from perform.music.pitch import semitones_from_c
from training.data.midi_file import Root, Song
from training.data.piece import Piece
from training.data.songs import SUFFIXES, NamedSong, read_songs, song_of

OWN_BARS = Path(__file__).parent.with_name("bars")  # the MIDI files that ship
HALF_COLUMN = TICKS_PER_COLUMN // 2
MOST_BARS_A_FILE = 20_000  # a file with more has a broken delta time or time signature


class Provenance(msgspec.Struct, frozen=True):
    """The source of a bar: file name, bar number (from 1), chord at the bar's beginning.

    `file`: with the chorus behind it where a file holds many. `chords`: all chords of the bar, as
    (column, symbol). `feel`: of its chorus, "" where the file does not say. `silent_before`: how
    many empty bars stand right before it. `tied`: notes go on into it from the bar before.
    `octaves`: by how many the bar is higher than its source, so that it fits the roll.
    """

    file: str
    bar: int
    chord: str
    chords: tuple[tuple[int, str], ...] = ()
    feel: str = ""
    silent_before: int = 0
    tied: bool = False
    octaves: int = 0


class ImportCounts(msgspec.Struct):
    """What an import did with the files, bars and notes that it read.

    `empty`, `not_four_four`: bars that were left out.
    `folded`: notes moved by octaves into the 48 rows.
    `lost`: notes without room, because the same pitch begins again at once.
    `moved_mean`, `moved_most`: ticks (480 a quarter) by which note beginnings moved to the grid.
    `broken`: a line for each file that could not be read.
    """

    files: int = 0
    kept: int = 0
    empty: int = 0
    not_four_four: int = 0
    notes: int = 0
    folded: int = 0
    lost: int = 0
    moved_mean: float = 0.0
    moved_most: int = 0
    broken: list[str] = msgspec.field(default_factory=list)


class Dataset(NamedTuple):
    """Bars, int8 (n, 48, 64), the provenance of each, and the counts of their import."""

    rolls: Rolls
    provenance: tuple[Provenance, ...]
    counts: ImportCounts


class _Bar(NamedTuple):
    start: int
    four_four: bool
    notes: list[Note]  # those that sound in it, in ticks of the song


class _Import(NamedTuple):
    """An import in progress."""

    rolls: list[Rolls]
    provenance: list[Provenance]
    moved: list[int]
    counts: ImportCounts


def import_files(paths: Iterable[Path], chord: str | None = None) -> Dataset:
    """The bars of MIDI files, books and lead sheets, and of folders of them, in order.

    A broken file is counted and skipped.

    The root of a bar comes from `chord`; else from chord markers or texts in the file, each from
    its tick on; else from a file name that ends like `_Bb`; else it is C. A note across a bar line
    is split there. Drums (channel 10) are left out. DatasetError when no bar is left.
    """
    fixed = _root(chord) if chord is not None else None
    imported = _Import([], [], [], ImportCounts())
    counts = imported.counts
    for path in _files(paths):
        try:
            songs = [(each, _split_into_bars(each.song)) for each in read_songs(path)]
        except Exception as error:  # noqa: BLE001 - mido raises any type for a malformed file
            reason = (str(error) or "cut short").splitlines()[0]
            named = reason.startswith((str(path), path.name))
            counts.broken.append(reason if named else f"{path}: {reason}")
            continue
        counts.files += 1
        for each, bars in songs:
            _add_song(each, bars, ((0, fixed),) if fixed else each.song.roots, imported)
    return _finish(imported)


def import_songs(songs: Iterable[NamedSong]) -> Dataset:
    """The bars of songs in memory; otherwise as `import_files`."""
    imported = _Import([], [], [], ImportCounts())
    for named in songs:
        imported.counts.files += 1
        roots = ((0, Root("C", 0)), *named.song.roots)
        _add_song(named, _split_into_bars(named.song), roots, imported)
    return _finish(imported)


def import_pieces(pieces: Iterable[Piece]) -> Dataset:
    """The bars of pieces; otherwise as `import_files`."""
    return import_songs(NamedSong(it.name, song_of(it), it.feel or "") for it in pieces)


def join(parts: Sequence[Dataset]) -> Dataset:
    """One data set of several, in their order, with their counts added up."""
    counts = ImportCounts(broken=[line for part in parts for line in part.counts.broken])
    for name in ("files", "kept", "empty", "not_four_four", "notes", "folded", "lost"):
        setattr(counts, name, sum(getattr(part.counts, name) for part in parts))
    moved = sum(part.counts.moved_mean * part.counts.notes for part in parts)
    counts.moved_mean = moved / max(1, counts.notes)
    counts.moved_most = max(part.counts.moved_most for part in parts)
    provenance = tuple(each for part in parts for each in part.provenance)
    return Dataset(np.concatenate([part.rolls for part in parts]), provenance, counts)


def select(bars: Dataset, indices: NDArray[np.intp]) -> Dataset:
    """The bars at these indices, in their order, with their provenance."""
    provenance = tuple(bars.provenance[index] for index in indices)
    return Dataset(bars.rolls[indices], provenance, ImportCounts(kept=len(indices)))


def save(dataset: Dataset, path: Path) -> None:
    """Write a data set as an .npz, with its provenance and counts, whole or not at all."""
    story = {
        "origins": msgspec.to_builtins(dataset.provenance),
        "counts": msgspec.to_builtins(dataset.counts),
    }
    packed = io.BytesIO()
    np.savez_compressed(packed, rolls=dataset.rolls, story=np.array(json.dumps(story)))
    atomic_file.write(path, packed.getvalue())


def load(path: Path) -> Dataset:
    """The data set in an .npz that `save` wrote; DatasetError for any other file."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            rolls = np.asarray(archive["rolls"])
            story = json.loads(str(archive["story"]))
        provenance = msgspec.convert(story["origins"], tuple[Provenance, ...])
        counts = msgspec.convert(story["counts"], ImportCounts)
    except FileNotFoundError:
        raise DatasetError(f"{path}: no such file; make it with training import") from None
    except Exception:  # noqa: BLE001 - zip, zlib, npy and JSON errors have no common type
        raise DatasetError(f"{path}: not a data set; make one with training import") from None
    if rolls.ndim != 3 or rolls.shape[1:] != (ROWS, COLUMNS) or not len(rolls):
        raise DatasetError(
            f"{path}: bars of shape {rolls.shape}, not (bars, {ROWS}, {COLUMNS}); "
            "make it again with training import"
        )
    if not (rolls > 0).any():
        raise DatasetError(f"{path}: every bar is silent; import files that have notes")
    if len(provenance) != len(rolls) or not np.isin(rolls, (-1, 1)).all():
        raise DatasetError(f"{path}: its parts disagree; make it again with training import")
    return Dataset(rolls.astype(np.int8), provenance, counts)


def open_data(paths: Sequence[Path] | None = None, chord: str | None = None) -> Dataset:
    """The data set in one .npz, or of MIDI files and folders; without paths, of our own bars.

    DatasetError for an .npz beside other paths, or with a chord: its bars have their chords.
    """
    paths = paths or [OWN_BARS]
    archives = [path for path in paths if path.suffix == ".npz"]
    if not archives:
        return import_files(paths, chord)
    if len(paths) > 1:
        raise DatasetError(f"{archives[0]}: give one .npz alone, or MIDI files and folders")
    if chord is not None:
        raise DatasetError(
            f"{archives[0]}: its bars have their chords; leave out --chord, or give MIDI files"
        )
    return load(archives[0])


def bars_per_file(dataset: Dataset) -> dict[str, int]:
    """How many bars come from each file, by file name."""
    names = [each.file for each in dataset.provenance]
    return {name: names.count(name) for name in sorted(set(names))}


def _finish(imported: _Import) -> Dataset:
    counts = imported.counts
    counts.kept = len(imported.rolls)
    counts.moved_mean = float(np.mean(imported.moved)) if imported.moved else 0.0
    counts.moved_most = max(imported.moved, default=0)
    if not imported.rolls:
        raise DatasetError(_no_bar(counts))
    return Dataset(np.stack(imported.rolls), tuple(imported.provenance), counts)


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
        elif path.is_file():
            found.append(path)
        else:
            raise DatasetError(f"{path}: no such file or folder; name MIDI files or a folder")
    if not found:
        raise DatasetError(
            f"no MIDI file, book or lead sheet there ({', '.join(SUFFIXES)}); "
            "name a folder that has some"
        )
    return found


def bars_before(dataset: Dataset) -> NDArray[np.intp]:
    """For each bar the index of the bar before it in its piece; -1 where there is none, (n,).

    Empty bars between the two are not counted; a bar of another metre is none.
    """
    places = {(it.file, it.bar): index for index, it in enumerate(dataset.provenance)}
    before = ((it.file, it.bar - 1 - it.silent_before) for it in dataset.provenance)
    return np.array([places.get(place, -1) for place in before])


def _no_bar(counts: ImportCounts) -> str:
    broken = f"{len(counts.broken)} broken files ({counts.broken[0]}), " if counts.broken else ""
    return (
        f"no bar to train on: {broken}{counts.empty} empty bars, {counts.not_four_four} not in "
        "4/4; give MIDI files with a melody in 4/4"
    )


def _root(symbol: str) -> Root:
    chord = parse_chord(symbol)
    if chord is None:
        raise ChordError(symbol, 0, "a bar needs a root")
    return Root(symbol, chord.root)


def _split_into_bars(song: Song) -> list[_Bar]:
    """The bars up to the end of the last note, each with the notes that sound in it.

    Notes are moved to the grid first. So a note that ends just after a bar line leaves no short
    rest of itself in the next bar, and a note just before a bar line belongs to the next bar.
    """
    notes = [_on_grid(note) for note in song.notes]
    end = max((note.end for note in notes), default=0)
    signatures = list(song.time_signatures)
    numerator, denominator = 4, 4
    bars: list[_Bar] = []
    now = 0
    while now < end:
        while signatures and signatures[0].tick <= now:
            _, numerator, denominator = signatures.pop(0)
        length = max(1, numerator * TICKS_PER_BAR // denominator)
        if signatures:  # a time signature may change before a bar is full
            length = min(length, signatures[0].tick - now)
        whole = (numerator, denominator, length) == (4, 4, TICKS_PER_BAR)
        bars.append(_Bar(now, whole, []))
        now += length
        if len(bars) > MOST_BARS_A_FILE:
            raise DatasetError(f"more than {MOST_BARS_A_FILE} bars; cut it into pieces")
    starts = np.array([bar.start for bar in bars])
    for note, first, last in zip(
        song.notes,
        np.searchsorted(starts, [note.start for note in notes], side="right") - 1,
        np.searchsorted(starts, [note.end for note in notes]),
        strict=True,
    ):
        for place in range(first, last):
            bars[place].notes.append(note)
    return bars


def _add_song(
    named: NamedSong, bars: Sequence[_Bar], roots: Sequence[tuple[int, Root]], imported: _Import
) -> None:
    """Add the bars of a song to the import, or count why they are left out."""
    counts, silent = imported.counts, 0
    for number, bar in enumerate(bars, 1):
        if not bar.notes:
            counts.empty += 1
            silent += bar.four_four
            continue
        if bar.four_four:
            source = Provenance(named.name, number, "", feel=named.feel, silent_before=silent)
            _add_bar(bar, source, roots, imported)
        else:
            counts.not_four_four += 1
        silent = 0


def _add_bar(
    bar: _Bar, source: Provenance, roots: Sequence[tuple[int, Root]], imported: _Import
) -> None:
    """Add a bar in 4/4 that has notes to the import."""
    counts = imported.counts
    clipped, tied = [], False
    for note in bar.notes:
        placed = _on_grid(note)
        begin = max(placed.start, bar.start)
        if placed.start >= bar.start:
            imported.moved.append(abs(note.start - placed.start))
        tied = tied or placed.start < bar.start
        end = min(placed.end, bar.start + TICKS_PER_BAR)
        pitch = note.pitch - semitones_from_c(_root_at(roots, begin).pitch_class)
        clipped.append(Note(begin - bar.start, end - begin, pitch))
    octaves = _fitting_octaves(clipped)
    fitted = [note._replace(pitch=note.pitch + 12 * octaves) for note in clipped]
    encoded = encode(fitted, bars=1)
    counts.notes += len(clipped)
    counts.folded += encoded.folded
    counts.lost += encoded.lost
    imported.rolls.append(encoded.rolls[0])
    symbol = _root_at(roots, bar.start).symbol
    later = [
        ((tick - bar.start) // TICKS_PER_COLUMN, root.symbol)
        for tick, root in roots
        if bar.start < tick < bar.start + TICKS_PER_BAR
    ]
    chords = ((0, symbol), *later)
    known = msgspec.structs.replace(source, chord=symbol, chords=chords, tied=tied, octaves=octaves)
    imported.provenance.append(known)


def _fitting_octaves(notes: list[Note]) -> int:
    """-1 or 1 where only an octave lower or higher all of the notes are on the roll, else 0.

    The contour of a melody matters more than its register.
    """
    lowest, highest = min(note.pitch for note in notes), max(note.pitch for note in notes)
    for octaves in (0, -1, 1):
        if lowest + 12 * octaves >= LOWEST_PITCH and highest + 12 * octaves < LOWEST_PITCH + ROWS:
            return octaves
    return 0


def _on_grid(note: Note) -> Note:
    start = (note.start + HALF_COLUMN) // TICKS_PER_COLUMN * TICKS_PER_COLUMN
    end = (note.end + HALF_COLUMN) // TICKS_PER_COLUMN * TICKS_PER_COLUMN
    return Note(start, max(TICKS_PER_COLUMN, end - start), note.pitch)


def _root_at(roots: Sequence[tuple[int, Root]], tick: int) -> Root:
    """The last root at or before a tick."""
    return [root for since, root in roots if since <= tick][-1]
