"""Reads tunes of music21's bundled corpus into bars or pieces, over chords that they imply."""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from perform.errors import ChordError, DatasetError, did_you_mean
from perform.music.chord import Chord, parse_chord
from perform.music.feel import Feel
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT, Note
from perform.music.pitch import note_name
from training.data import dataset
from training.data.lead_sheet import one_at_a_time
from training.data.midi_file import Root, Song, TimeSignature
from training.data.piece import Piece, PieceNote
from training.data.songs import NamedSong

COLLECTIONS = ("ryansMammoth", "oneills1850", "airdsAirs", "nottingham-dataset", "essenFolksong")
# The triads of a folk tune, as semitones above its tonic and whether they are minor.
MAJOR_KEY = ((0, False), (5, False), (7, False), (9, True), (2, True))
MINOR_KEY = ((0, True), (10, False), (5, True), (7, True), (3, False), (8, False))
MODE_TRIADS = {
    "mixolydian": ((0, False), (10, False), (5, False), (7, True)),
    "dorian": ((0, True), (10, False), (5, False), (7, True), (3, False)),
}
MINOR_MODES = ("minor", "aeolian", "dorian", "phrygian")
FEEL: Feel = "straight"  # as they are written
CACHE_VERSION = 4  # raise it when the same files give other bars
TONIC_FACTOR = 1.15  # the tonic wins a near tie: a tune is on its tonic most of the time


LEAST_BARS = 4  # of a piece: fewer are a fragment


class Tune(NamedTuple):
    """A tune: its name (`collection/file#number`), and its song; None if it cannot be read.

    `key`: its tonic, with `m` behind it where the third is minor.
    """

    name: str
    song: Song | None
    key: str = ""


def import_corpus(
    collections: Sequence[str] = COLLECTIONS, kind: str = "", limit: int | None = None
) -> dataset.Dataset:
    """The bars of collections in music21's corpus. A broken tune is counted and skipped.

    `kind`: only tunes of this kind ("reel", "hornpipe"); their provenance names it.
    `limit`: at most so many tunes of each collection. Bars in 2/4 come with doubled note values,
    as players count them; pick-ups and other metres are counted and left out. Each collection is
    cached in the user's cache folder, if that can be written. DatasetError for an unknown
    collection or kind, or when music21 is not installed.
    """
    kind = kind.strip().lower()
    parts, errors = [], []
    for name in _chosen(collections, kind):
        path = _cache_path(name, kind, limit)
        try:
            parts.append(dataset.load(path))
        except DatasetError:
            parts.append(_read_collection(name, kind, limit))
            try:
                dataset.save(parts[-1], path)
            except OSError as error:
                errors.append(f"{error.filename}: {error.strerror}")
    if errors:
        print(f"{errors[0]}; the corpus will be read again next time", file=sys.stderr)
    return dataset.join(parts)


def read_pieces(
    collections: Sequence[str] = COLLECTIONS, kind: str = "", limit: int | None = None
) -> tuple[tuple[Piece, ...], int]:
    """The tunes of collections as pieces, bars in order, and how many tunes were left out.

    A pick-up is kept, and a bar that a repeat sign parts is joined again. A chord is the one that
    is written, or else what its bar implies. Left out are tunes in other metres than 4/4, 2/2 and
    2/4, with bars of other lengths, and with fewer than four bars. Arguments and errors are those
    of `import_corpus`.
    """
    kind = kind.strip().lower()
    pieces, left_out = [], 0
    for name in _chosen(collections, kind):
        for tune in read_tunes(name, kind, limit):
            piece = _piece(tune, kind)
            left_out += piece is None
            pieces += [piece] if piece is not None else []
    if not pieces:
        raise DatasetError(f"no tune of {', '.join(collections)} is in 4/4; name others")
    return tuple(pieces), left_out


def _chosen(collections: Sequence[str], kind: str) -> list[str]:
    """The collections that have tunes of a kind; DatasetError for an unknown name or kind."""
    unknown = [name for name in collections if name not in COLLECTIONS]
    if unknown:
        raise DatasetError(f"no collection {unknown[0]!r}; there are {', '.join(COLLECTIONS)}")
    chosen = [name for name in collections if not kind or _has_kind(name, kind)]
    if not chosen:
        raise DatasetError(_unknown_kind(kind, collections))
    return chosen


def _piece(tune: Tune, kind: str) -> Piece | None:
    """A tune as a piece; None where its bars are not all of four quarters."""
    song = tune.song
    if song is None or any(it[1:] != (4, 4) for it in song.time_signatures):
        return None
    starts = [it.tick for it in song.time_signatures]
    first = starts[1] - starts[0] if len(starts) > 1 else TICKS_PER_BAR
    pickup = first < TICKS_PER_BAR
    shift = TICKS_PER_BAR - first if pickup else 0
    ends = [*starts[1:], max(note.end for note in song.notes)]
    whole = [a for a, b in zip(starts, ends, strict=True) if b - a >= TICKS_PER_BAR]
    end = -(-(ends[-1] + shift) // TICKS_PER_BAR) * TICKS_PER_BAR
    if end < LEAST_BARS * TICKS_PER_BAR or any((it + shift) % TICKS_PER_BAR for it in whole):
        return None
    notes = [PieceNote(n.start + shift, n.duration, n.pitch) for n in song.notes]
    parted = {it for it in starts if (it + shift) % TICKS_PER_BAR} - {0}
    chords = [(at + shift, _chord(root)) for at, root in song.roots if at not in parted]
    return Piece(
        name=tune.name,
        notes=tuple(one_at_a_time(notes)),
        chords=tuple((0, chord) if at < TICKS_PER_BAR and pickup else (at, chord)
                     for at, chord in chords),
        ticks=end,
        feel=FEEL,
        form=kind,
        key=tune.key,
        pickup=pickup,
    )  # fmt: skip


def _chord(root: Root) -> Chord | None:
    try:
        return parse_chord(root.symbol)
    except ChordError:
        return parse_chord(note_name(root.pitch_class))


def extractor_corpus() -> dataset.Dataset:
    """The bars that the shipped feature extractor learned from.

    It is the whole corpus without Essen's tunes after the 1,500th, which would outweigh the rest.
    """
    limits = {"essenFolksong": 1500}
    return dataset.join([import_corpus([name], limit=limits.get(name)) for name in COLLECTIONS])


def read_tunes(collection: str, kind: str = "", limit: int | None = None) -> Iterator[Tune]:
    """The tunes of a kind in the order of the files; at most `limit` that can be read."""
    music21 = _music21()
    folder = f"{collection} ({kind})" if kind else collection
    count = 0
    for path in _files(collection):
        handler = music21.abcFormat.ABCFile()
        try:
            handler.open(path)
            content = handler.read()
        except Exception:  # noqa: BLE001 - music21 raises any type for a malformed file
            yield Tune(f"{folder}/{path.name}", None)
            continue
        finally:
            handler.close()
        for number, tune in content.splitByReferenceNumber().items():
            if limit is not None and count >= limit:
                return
            if kind in _kind_of(tune):
                song, key = _read_tune(tune)
                count += song is not None
                yield Tune(f"{folder}/{path.name}#{number}", song, key)


def implied_root(notes: Sequence[Note], tonic: int, mode: str) -> Root:
    """The chord that a bar's notes imply in a key, as a triad's symbol and root.

    The weight of a triad is the length of the notes that belong to it; a note on a beat counts
    twice (after Temperley, The Cognition of Basic Musical Structures, 2001, chapter 6).
    """
    weight = [0.0] * 12
    for note in notes:
        strong = 2.0 if note.start % TICKS_PER_BEAT == 0 else 1.0
        weight[note.pitch % 12] += strong * min(note.duration, 2 * TICKS_PER_BEAT)
    candidates = MODE_TRIADS.get(mode, MINOR_KEY if mode in {"minor", "aeolian"} else MAJOR_KEY)

    def triad_weight(candidate: tuple[int, bool]) -> float:
        degree, minor = candidate
        root = tonic + degree
        share = (
            weight[root % 12] + weight[(root + (3 if minor else 4)) % 12] + weight[(root + 7) % 12]
        )
        return share * (TONIC_FACTOR if degree == 0 else 1.0)

    degree, minor = max(candidates, key=triad_weight)
    root = (tonic + degree) % 12
    return Root(note_name(root) + ("m" if minor else ""), root)


def _cache_path(collection: str, kind: str, limit: int | None) -> Path:
    """The file in which the bars of a collection are cached."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = re.sub(r"[^\w.-]", "_", f"{collection}-{kind or 'all'}-{limit or 'all'}")
    return home / "sideman" / f"{name}-{CACHE_VERSION}-music21-{_music21().__version__}.npz"


def _read_collection(name: str, kind: str, limit: int | None) -> dataset.Dataset:
    songs, broken = [], []
    for tune in read_tunes(name, kind, limit):
        if tune.song is None:
            broken.append(tune.name)
        else:
            songs.append(NamedSong(tune.name, tune.song, FEEL))
    bars = dataset.import_songs(songs)
    if broken:
        bars.counts.broken.append(
            f"tunes without notes or that music21 cannot read: {len(broken)}, first {broken[0]}"
        )
    return bars


def _files(collection: str) -> list[Path]:
    return sorted((Path(_music21().__file__).parent / "corpus" / collection).glob("*.abc"))


def _field_values(collection: str, fields: str) -> list[str]:
    """The values of ABC fields, such as R (rhythm) and T (title), in a collection; lower case."""
    field = re.compile(rf"^[{fields}]:\s*(.*?)\s*$", re.MULTILINE)
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in _files(collection))
    return [value.lower() for text in texts for value in field.findall(text)]


def _has_kind(collection: str, kind: str) -> bool:
    return any(kind in value for value in _field_values(collection, "RT"))


def _unknown_kind(kind: str, collections: Sequence[str]) -> str:
    """The error message for a kind without tunes: it names the nearest kind or the usual ones."""
    kinds = Counter(value for name in collections for value in _field_values(name, "R") if value)
    usual = [name for name, _ in kinds.most_common(8)]
    hint = (
        did_you_mean(kind, kinds, listed=usual)
        if kinds
        else "; their tunes name no kind; leave out --kind"
    )
    return f"no tune of {', '.join(collections)} is a {kind!r}{hint}"


def _read_tune(tune: Any) -> tuple[Song | None, str]:
    """A tune's song, None if it cannot be read, and its key."""
    music21 = _music21()
    try:
        score = music21.abcFormat.translate.abcToStreamScore(tune)
        measures = list(score.parts[0].getElementsByClass("Measure"))
        tonic, mode = _key(score)
        key = note_name(tonic) + ("m" if mode in MINOR_MODES else "")
        return _song(measures, tonic, mode), key
    except Exception:  # noqa: BLE001 - see read_tunes
        return None, ""


def _song(measures: Sequence[Any], tonic: int, mode: str) -> Song | None:
    """The song of these measures; None if they have no notes.

    Every measure has a time signature of its own, so that a pick-up stays alone, and a root.
    """
    notes: list[Note] = []
    signatures: list[TimeSignature] = []
    roots: list[tuple[int, Root]] = []
    numerator, denominator, now = 4, 4, 0
    for measure in measures:
        if measure.timeSignature is not None:
            numerator = measure.timeSignature.numerator
            denominator = measure.timeSignature.denominator
        factor = 2 if (numerator, denominator) == (2, 4) else 1
        metre = (4, 4) if (numerator, denominator) in {(2, 4), (2, 2)} else (numerator, denominator)
        inside = [
            Note(
                now + round(factor * float(note.offset) * TICKS_PER_BEAT),
                round(factor * float(note.quarterLength) * TICKS_PER_BEAT),
                int(note.pitch.midi),
            )
            for note in measure.notes
            if note.isNote and note.quarterLength > 0  # a grace note has no length
        ]
        signatures.append(TimeSignature(now, *metre))
        written = [chord for chord in measure.notes if "ChordSymbol" in chord.classes]
        if written:
            # the first holds from the bar line, each other from where it stands
            ticks = [now + round(factor * float(it.offset) * TICKS_PER_BEAT) for it in written]
            roots += zip([now, *ticks[1:]], map(_written_root, written), strict=True)
        elif inside:
            local = [note._replace(start=note.start - now) for note in inside]
            roots.append((now, implied_root(local, tonic, mode)))
        notes += inside
        now += round(factor * float(measure.highestTime) * TICKS_PER_BEAT)
    return Song(tuple(sorted(notes)), tuple(signatures), tuple(roots)) if notes else None


def _written_root(chord: Any) -> Root:
    """A chord symbol of music21 as a triad's symbol and root."""
    root = int(chord.root().pitchClass)
    return Root(note_name(root) + ("m" if chord.quality == "minor" else ""), root)


def _key(score: Any) -> tuple[int, str]:
    """The tonic (0 to 11) and the mode in the tune's key field."""
    for key in score.recurse().getElementsByClass("KeySignature"):
        if "Key" in key.classes:
            return int(key.tonic.pitchClass), str(key.mode)
        return int(key.asKey("major").tonic.pitchClass), "major"
    return 0, "major"


def _kind_of(tune: Any) -> str:
    for token in tune.tokens:
        if getattr(token, "tag", None) == "R":
            return str(token.data).strip().lower()
    return str(tune.getTitle() or "").lower()


def _music21() -> Any:
    try:
        import music21  # noqa: PLC0415 - slow to import, and an extra
        import music21.abcFormat.translate  # noqa: PLC0415
    except ImportError:
        raise DatasetError(
            "the corpus is music21's, which is not installed; pip install '.[corpus]'"
        ) from None
    return music21
