"""Standard MIDI Files -> bars, with where each came from."""

import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import mido
import msgspec
import numpy as np

from perform.errors import ChordError, DatasetError
from perform.music.chord import parse_chord
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT, Note
from perform.music.pianoroll import Rolls, encode

DRUMS = 9
_SUFFIX = re.compile(r"_([A-G][#b]?)$")


class Origin(msgspec.Struct, frozen=True):
    """Where a bar came from: file name, bar number (from 1), pitch class of the chord's root."""

    file: str
    bar: int
    root: int


class Counts(msgspec.Struct):
    """What became of the bars and notes that were read.

    `moved_mean`, `moved_most`: ticks (480 a quarter) by which onsets were moved to the grid.
    """

    kept: int = 0
    empty: int = 0
    not_four_four: int = 0
    folded: int = 0
    lost: int = 0
    notes: int = 0
    moved_mean: float = 0.0
    moved_most: int = 0
    broken: list[str] = []


class Dataset(NamedTuple):
    """Bars, int8 (n, 48, 64), each with its origin, and the counts of their import."""

    rolls: Rolls
    origins: tuple[Origin, ...]
    counts: Counts


class _Song(NamedTuple):
    """A MIDI file in ticks of 480 a quarter, exact to the file's own resolution."""

    notes: tuple[Note, ...]
    roots: tuple[tuple[int, int], ...]  # tick -> pitch class
    metres: tuple[tuple[int, int, int], ...]  # tick, numerator, denominator
    end: int


def import_files(paths: Iterable[Path], chord: str | None = None) -> Dataset:
    """The bars in MIDI files and folders of them; broken files are named in the counts and skipped.

    The root of each bar comes from `chord`, else from chord markers in the file, else from a file
    name that ends like `_Bb`, else it is C. DatasetError when nothing usable is found.
    """
    root = _root(chord) if chord is not None else None
    counts = Counts()
    rolls: list[Rolls] = []
    origins: list[Origin] = []
    moved: list[int] = []
    for path in _files(paths):
        try:
            song = _read(path)
        except Exception as fault:  # noqa: BLE001 - a parser fed with anything raises anything
            counts.broken.append(
                f"{path}: {str(fault).splitlines()[0] if str(fault) else 'not a MIDI file'}"
            )
            continue
        _cut(song, path, root, counts, rolls, origins, moved)
    counts.kept = len(rolls)
    counts.moved_mean = float(np.mean(moved)) if moved else 0.0
    counts.moved_most = max(moved, default=0)
    if not rolls:
        raise DatasetError(
            "no bar to train on: "
            + (f"{len(counts.broken)} broken files, " if counts.broken else "")
            + f"{counts.empty} empty bars, {counts.not_four_four} not in 4/4; "
            "give MIDI files with a melody in 4/4"
        )
    return Dataset(np.stack(rolls), tuple(origins), counts)


def save(dataset: Dataset, path: Path) -> None:
    """Write a data set as .npz, whole or not at all."""
    story = {
        "origins": msgspec.to_builtins(dataset.origins),
        "counts": msgspec.to_builtins(dataset.counts),
    }
    draft = path.with_name(f".{path.name}.part.npz")
    np.savez_compressed(draft, rolls=dataset.rolls, story=np.array(json.dumps(story)))
    draft.replace(path)


def load(path: Path) -> Dataset:
    """The data set in an .npz that `save` wrote; DatasetError for anything else."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            rolls = archive["rolls"]
            story = json.loads(str(archive["story"]))
        origins = msgspec.convert(story["origins"], tuple[Origin, ...])
        counts = msgspec.convert(story["counts"], Counts)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, msgspec.ValidationError):
        raise DatasetError(f"{path}: not a data set; make one with training import") from None
    if rolls.ndim != 3 or rolls.shape[1:] != (48, 64) or not len(rolls):
        raise DatasetError(f"{path}: bars of shape {rolls.shape[1:]}, not (48, 64)")
    return Dataset(rolls.astype(np.int8), origins, counts)


def open_data(paths: Sequence[Path], chord: str | None = None) -> Dataset:
    """The data set in one .npz, or that of MIDI files and folders."""
    if len(paths) == 1 and paths[0].suffix == ".npz":
        return load(paths[0])
    return import_files(paths, chord)


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix.lower() in (".mid", ".midi"))
        elif path.is_file():
            found.append(path)
        else:
            raise DatasetError(f"{path}: no such file or folder")
    if not found:
        raise DatasetError("no MIDI file (.mid, .midi) there; name a folder that has some")
    return found


def _read(path: Path) -> _Song:
    """Everything of a file that bars are made of; notes of drums left out."""
    file = mido.MidiFile(path)
    scale = TICKS_PER_BEAT / file.ticks_per_beat
    notes: list[Note] = []
    roots: list[tuple[int, int]] = []
    metres: list[tuple[int, int, int]] = []
    end = 0
    for track in file.tracks:
        now = 0
        begun: dict[tuple[int, int], int] = {}
        for message in track:
            now += message.time
            tick = round(now * scale)
            if message.type == "time_signature":
                metres.append((tick, message.numerator, message.denominator))
            elif message.type in ("marker", "text", "lyrics", "cue_marker"):
                roots += _chord_text(tick, message.text)
            elif message.type in ("note_on", "note_off") and message.channel != DRUMS:
                key = (message.channel, message.note)
                if key in begun:
                    start = begun.pop(key)
                    notes.append(Note(start, max(1, tick - start), message.note))
                if message.type == "note_on" and message.velocity:
                    begun[key] = tick
            end = max(end, tick)
    return _Song(tuple(sorted(notes)), tuple(sorted(roots)), tuple(sorted(metres)), end)


def _chord_text(tick: int, text: str) -> list[tuple[int, int]]:
    try:
        chord = parse_chord(text.strip())
    except ChordError:
        return []  # markers say many things
    return [(tick, chord.root)] if chord else []


def _cut(
    song: _Song,
    path: Path,
    root: int | None,
    counts: Counts,
    rolls: list[Rolls],
    origins: list[Origin],
    moved: list[int],
) -> None:
    """A song's bars, appended to what there is."""
    named = _SUFFIX.search(path.stem)
    default = _root(named.group(1)) if named else 0
    for number, (start, length, four_four) in enumerate(_bars(song), 1):
        inside = [note for note in song.notes if note.start < start + length and note.end > start]
        if not inside:
            counts.empty += 1
            continue
        if not four_four:
            counts.not_four_four += 1
            continue
        at = [pc for tick, pc in song.roots if tick <= start]
        bar_root = root if root is not None else (at[-1] if at else default)
        shift = -bar_root if bar_root <= 6 else 12 - bar_root
        clipped = [_clip(note, start) for note in inside]
        encoded = encode(clipped, bars=1, shift=shift)
        if not (encoded.rolls > 0).any():
            counts.empty += 1
            continue
        counts.notes += len(clipped)
        counts.folded += encoded.folded
        counts.lost += encoded.lost
        moved += [abs(note.start - round(note.start / 30) * 30) for note in clipped]
        rolls.append(encoded.rolls[0])
        origins.append(Origin(path.name, number, bar_root))


def _clip(note: Note, start: int) -> Note:
    """The part of a note that lies in the bar at `start`, counted from there."""
    begin = max(note.start, start)
    return Note(begin - start, min(note.end, start + TICKS_PER_BAR) - begin, note.pitch)


def _bars(song: _Song) -> list[tuple[int, int, bool]]:
    """(start, length, whether it is 4/4) of every bar up to the end of the notes."""
    metres = [m for m in song.metres if m[0] > 0]
    first = [m for m in song.metres if m[0] == 0]
    numerator, denominator = first[-1][1:] if first else (4, 4)
    end = max((note.end for note in song.notes), default=song.end)
    bars: list[tuple[int, int, bool]] = []
    now = 0
    while now < end:
        while metres and metres[0][0] <= now:
            _, numerator, denominator = metres.pop(0)
        length = max(1, numerator * TICKS_PER_BEAT * 4 // denominator)
        if metres and metres[0][0] < now + length:
            length = metres[0][0] - now  # a metre may change before a bar is full
        whole = (numerator, denominator) == (4, 4) and length == TICKS_PER_BAR
        bars.append((now, length, whole))
        now += length
    return bars


def _root(symbol: str) -> int:
    chord = parse_chord(symbol)
    return chord.root if chord else 0
