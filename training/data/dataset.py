"""Bars to train on, with where each came from: import, save, load."""

import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from perform.errors import ChordError, DatasetError
from perform.music.chord import parse_chord
from perform.music.note import COLUMNS, LOWEST_PITCH, ROWS, TICKS_PER_BAR, TICKS_PER_COLUMN, Note
from perform.music.pianoroll import Rolls, encode
from perform.music.pitch import semitones_from_c
from training import files
from training.data.midi_file import Root, Song, read_song, root_of_name

HALF_COLUMN = TICKS_PER_COLUMN // 2
MOST_BARS = 20_000  # a file with more is no music: a broken delta time or metre
SUFFIXES = (".mid", ".midi")


class Provenance(msgspec.Struct, frozen=True):
    """Where a bar came from: file name, bar number (from 1), chord at the bar's beginning."""

    file: str
    bar: int
    chord: str


class Counts(msgspec.Struct):
    """What became of the bars and notes that were read.

    `folded`, `lost`: notes moved by octaves into the 48 rows, and notes that a re-strike of the
    same pitch left no room for. `moved_mean`, `moved_most`: ticks (480 a quarter) by which onsets
    were moved to the grid. `broken`: what could not be read, file by file.
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
    """Bars, int8 (n, 48, 64), each with its origin, and the counts of their import."""

    rolls: Rolls
    origins: tuple[Provenance, ...]
    counts: Counts


class _Bar(NamedTuple):
    start: int
    four_four: bool
    notes: list[Note]  # those that sound in it, in ticks of the song


class _Imported(NamedTuple):
    """What files have given so far."""

    rolls: list[Rolls]
    origins: list[Provenance]
    moved: list[int]
    counts: Counts


def import_files(paths: Iterable[Path], chord: str | None = None) -> Dataset:
    """The bars in MIDI files and folders of them; broken files are named in the counts and skipped.

    The chord comes from `chord`, else from chord markers or text in the file (each from its tick
    on), else from a file name that ends like `_Bb`, else it is C. A note held across a bar line is
    split there; drums (channel 10) are left out. DatasetError when nothing usable is found.
    """
    fixed = _root(chord) if chord is not None else None
    made = _Imported([], [], [], Counts())
    counts = made.counts
    for path in _files(paths):
        try:
            song = read_song(path)
            bars = _bars(song)
        except Exception as fault:  # noqa: BLE001 - a parser that is fed anything raises anything
            reason = (str(fault) or "cut short").splitlines()[0]
            counts.broken.append(f"{path}: {reason}")
            continue
        counts.files += 1
        roots = ((0, fixed),) if fixed else ((0, root_of_name(path)), *song.roots)
        for number, bar in enumerate(bars, 1):
            _take(bar, Provenance(path.name, number, ""), roots, made)
    return _finish(made)


def import_songs(songs: Iterable[tuple[str, Song]]) -> Dataset:
    """The bars of named songs that are already read; as `import_files`, which reads them from disk."""
    made = _Imported([], [], [], Counts())
    for name, song in songs:
        made.counts.files += 1
        roots = ((0, Root("C", 0)), *song.roots)
        for number, bar in enumerate(_bars(song), 1):
            _take(bar, Provenance(name, number, ""), roots, made)
    return _finish(made)


def join(parts: Sequence[Dataset]) -> Dataset:
    """One data set of several, in their order, their counts added up."""
    counts = Counts(broken=[line for part in parts for line in part.counts.broken])
    for name in ("files", "kept", "empty", "not_four_four", "notes", "folded", "lost"):
        setattr(counts, name, sum(getattr(part.counts, name) for part in parts))
    moved = sum(part.counts.moved_mean * part.counts.notes for part in parts)
    counts.moved_mean = moved / max(1, counts.notes)
    counts.moved_most = max(part.counts.moved_most for part in parts)
    origins = tuple(origin for part in parts for origin in part.origins)
    return Dataset(np.concatenate([part.rolls for part in parts]), origins, counts)


def some(bars: Dataset, chosen: NDArray[np.intp]) -> Dataset:
    """The bars of these indices, in their order, with their origins."""
    origins = tuple(bars.origins[place] for place in chosen)
    return Dataset(bars.rolls[chosen], origins, Counts(kept=len(chosen)))


def _finish(made: _Imported) -> Dataset:
    counts = made.counts
    counts.kept = len(made.rolls)
    counts.moved_mean = float(np.mean(made.moved)) if made.moved else 0.0
    counts.moved_most = max(made.moved, default=0)
    if not made.rolls:
        raise DatasetError(_nothing(counts))
    return Dataset(np.stack(made.rolls), tuple(made.origins), counts)


def save(dataset: Dataset, path: Path) -> None:
    """Write a data set as .npz with its origins and counts in it, whole or not at all."""
    story = {
        "origins": msgspec.to_builtins(dataset.origins),
        "counts": msgspec.to_builtins(dataset.counts),
    }
    packed = io.BytesIO()
    np.savez_compressed(packed, rolls=dataset.rolls, story=np.array(json.dumps(story)))
    files.write(path, packed.getvalue())


def load(path: Path) -> Dataset:
    """The data set in an .npz that `save` wrote; DatasetError for anything else."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            rolls = np.asarray(archive["rolls"])
            story = json.loads(str(archive["story"]))
        origins = msgspec.convert(story["origins"], tuple[Provenance, ...])
        counts = msgspec.convert(story["counts"], Counts)
    except FileNotFoundError:
        raise DatasetError(f"{path}: no such file; make it with training import") from None
    except Exception:  # noqa: BLE001 - zip, zlib, npy and JSON each have their own faults
        raise DatasetError(f"{path}: not a data set; make one with training import") from None
    if rolls.ndim != 3 or rolls.shape[1:] != (ROWS, COLUMNS) or not len(rolls):
        raise DatasetError(
            f"{path}: bars of shape {rolls.shape}, not (bars, {ROWS}, {COLUMNS}); "
            "make it again with training import"
        )
    if not (rolls > 0).any():
        raise DatasetError(f"{path}: every bar is silent; import files that have notes")
    if len(origins) != len(rolls) or not np.isin(rolls, (-1, 1)).all():
        raise DatasetError(f"{path}: its parts disagree; make it again with training import")
    return Dataset(rolls.astype(np.int8), origins, counts)


def open_data(paths: Sequence[Path], chord: str | None = None) -> Dataset:
    """The data set in one .npz, whose bars have their chords, or that of MIDI files and folders.

    DatasetError for an .npz with anything beside it, or with a chord.
    """
    kept = [path for path in paths if path.suffix == ".npz"]
    if not kept:
        return import_files(paths, chord)
    if len(paths) > 1:
        raise DatasetError(f"{kept[0]}: give one .npz alone, or MIDI files and folders")
    if chord is not None:
        raise DatasetError(
            f"{kept[0]}: its bars have their chords; leave out --chord, or give MIDI files"
        )
    return load(kept[0])


def sources(dataset: Dataset) -> dict[str, int]:
    """How many bars each file gave, by file name."""
    names = [origin.file for origin in dataset.origins]
    return {name: names.count(name) for name in sorted(set(names))}


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
        raise DatasetError("no MIDI file (.mid, .midi) there; name a folder that has some")
    return found


def _nothing(counts: Counts) -> str:
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


def _bars(song: Song) -> list[_Bar]:
    """The bars up to the end of the last note, each with the notes that sound in it.

    Notes are put on the grid first, so that one that leans over a bar line by a hair leaves no
    dust behind it, and one played just ahead of a bar line belongs to the bar that it begins.
    """
    notes = [_on_grid(note) for note in song.notes]
    end = max((note.end for note in notes), default=0)
    changes = list(song.metres)
    numerator, denominator = 4, 4
    bars: list[_Bar] = []
    now = 0
    while now < end:
        while changes and changes[0].tick <= now:
            _, numerator, denominator = changes.pop(0)
        length = max(1, numerator * TICKS_PER_BAR // denominator)
        if changes:  # a metre may change before a bar is full
            length = min(length, changes[0].tick - now)
        whole = (numerator, denominator, length) == (4, 4, TICKS_PER_BAR)
        bars.append(_Bar(now, whole, []))
        now += length
        if len(bars) > MOST_BARS:
            raise DatasetError(f"more than {MOST_BARS} bars; cut it into pieces")
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


def _take(
    bar: _Bar, origin: Provenance, roots: Sequence[tuple[int, Root]], made: _Imported
) -> None:
    """Add a bar to what was made, or count why not."""
    counts = made.counts
    if not bar.notes:
        counts.empty += 1
        return
    if not bar.four_four:
        counts.not_four_four += 1
        return
    clipped = []
    for note in bar.notes:
        placed = _on_grid(note)
        begin = max(placed.start, bar.start)
        if placed.start >= bar.start:
            made.moved.append(abs(note.start - placed.start))
        end = min(placed.end, bar.start + TICKS_PER_BAR)
        pitch = note.pitch - semitones_from_c(_sounding(roots, begin).pitch_class)
        clipped.append(Note(begin - bar.start, end - begin, pitch))
    encoded = encode(_whole_in_roll(clipped), bars=1)
    counts.notes += len(clipped)
    counts.folded += encoded.folded
    counts.lost += encoded.lost
    made.rolls.append(encoded.rolls[0])
    symbol = _sounding(roots, bar.start).symbol
    made.origins.append(msgspec.structs.replace(origin, chord=symbol))


def _whole_in_roll(notes: list[Note]) -> list[Note]:
    """The bar an octave away where only there all of it is on the roll: a contour outlives a register."""
    lowest, highest = min(note.pitch for note in notes), max(note.pitch for note in notes)
    for octave in (0, -12, 12):
        if lowest + octave >= LOWEST_PITCH and highest + octave < LOWEST_PITCH + ROWS:
            return [note._replace(pitch=note.pitch + octave) for note in notes]
    return notes


def _on_grid(note: Note) -> Note:
    start = (note.start + HALF_COLUMN) // TICKS_PER_COLUMN * TICKS_PER_COLUMN
    end = (note.end + HALF_COLUMN) // TICKS_PER_COLUMN * TICKS_PER_COLUMN
    return Note(start, max(TICKS_PER_COLUMN, end - start), note.pitch)


def _sounding(roots: Sequence[tuple[int, Root]], tick: int) -> Root:
    """The last root at or before a tick."""
    return [root for since, root in roots if since <= tick][-1]
