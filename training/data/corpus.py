"""Tunes of music21's bundled corpus -> bars, each over the chord that it implies."""

import difflib
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from perform.errors import DatasetError
from perform.music.note import TICKS_PER_BEAT, Note
from perform.music.pitch import note_name
from training.data import dataset
from training.data.midi_file import Root, Song, TimeSignature

COLLECTIONS = ("ryansMammoth", "oneills1850", "airdsAirs", "nottingham-dataset", "essenFolksong")
# Triads that a folk tune leans on, as semitones above its tonic and whether they are minor.
MAJOR_KEY = ((0, False), (5, False), (7, False), (9, True), (2, True))
MINOR_KEY = ((0, True), (10, False), (5, True), (7, True), (3, False), (8, False))
MODES = {
    "mixolydian": ((0, False), (10, False), (5, False), (7, True)),
    "dorian": ((0, True), (10, False), (5, False), (7, True), (3, False)),
}
READING = 2  # what is kept of a collection is read again when this changes
HOME = 1.15  # the tonic wins a near tie: tunes stay at home longer than they are away


class Tune(NamedTuple):
    """One tune: where it stands (`collection/file#number`), and its song; None where it cannot be read."""

    name: str
    song: Song | None


def import_corpus(
    collections: Sequence[str] = COLLECTIONS, kind: str = "", most: int | None = None
) -> dataset.Dataset:
    """The bars of collections in music21's corpus; broken tunes are counted in the counts and skipped.

    `kind`: only tunes that call themselves so ("reel", "hornpipe"); their origins say it. `most`: read at most so many
    tunes of a collection. Bars in 2/4 come with their values doubled, as players count them; pick-ups
    and other metres are counted and left out. Each collection is kept in the user's cache folder
    once it is read, where that can be written. DatasetError for an unknown collection or kind, or when
    music21 is not installed.
    """
    unknown = [name for name in collections if name not in COLLECTIONS]
    if unknown:
        raise DatasetError(f"no collection {unknown[0]!r}; there are {', '.join(COLLECTIONS)}")
    kind = kind.strip().lower()
    chosen = [name for name in collections if not kind or _has(name, kind)]
    if not chosen:
        raise DatasetError(_no_such(kind, collections))
    parts, faults = [], []
    for name in chosen:
        path = _kept(name, kind, most)
        try:
            parts.append(dataset.load(path))
        except DatasetError:
            parts.append(_read(name, kind, most))
            try:
                dataset.save(parts[-1], path)
            except OSError as fault:
                faults.append(f"{fault.filename}: {fault.strerror}")
    if faults:
        print(f"{faults[0]}; the corpus will be read anew the next time", file=sys.stderr)
    return dataset.join(parts)


def _kept(collection: str, kind: str, most: int | None) -> Path:
    """Where the bars of a collection are kept once they are read."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = re.sub(r"[^\w.-]", "_", f"{collection}-{kind or 'all'}-{most or 'all'}")
    return home / "sideman" / f"{name}-{READING}-music21-{_music21().__version__}.npz"


def _read(collection: str, kind: str, most: int | None) -> dataset.Dataset:
    songs, broken = [], []
    for tune in tunes(collection, kind, most):
        if tune.song is None:
            broken.append(tune.name)
        else:
            songs.append((tune.name, tune.song))
    made = dataset.import_songs(songs)
    if broken:
        made.counts.broken.append(
            f"tunes that music21 cannot read or that have no notes: {len(broken)}, first {broken[0]}"
        )
    return made


def _files(collection: str) -> list[Path]:
    return sorted((Path(_music21().__file__).parent / "corpus" / collection).glob("*.abc"))


def _words(collection: str, fields: str) -> list[str]:
    """What the tunes of a collection have in fields, such as R (rhythm) and T (title), in lower case."""
    field = re.compile(rf"^[{fields}]:\s*(.*?)\s*$", re.MULTILINE)
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in _files(collection))
    return [word.lower() for text in texts for word in field.findall(text)]


def _has(collection: str, kind: str) -> bool:
    return any(kind in word for word in _words(collection, "RT"))


def _no_such(kind: str, collections: Sequence[str]) -> str:
    """That no tune is of a kind, with the nearest kind or the most frequent ones."""
    kinds = Counter(word for name in collections for word in _words(name, "R") if word)
    near = difflib.get_close_matches(kind, kinds, 1)
    usual = ", ".join(name for name, _ in kinds.most_common(8))
    there = f"did you mean {near[0]}?" if near else f"there are {usual}"
    hint = there if kinds else "they say no kind; leave out --kind"
    return f"no tune of {', '.join(collections)} is a {kind!r}; {hint}"


def lessons() -> dataset.Dataset:
    """The bars that the shipped feature extractor was taught on: all but Essen's tunes after the 1,500th,
    which would outweigh the rest.
    """
    most = {"essenFolksong": 1500}
    return dataset.join([import_corpus([name], most=most.get(name)) for name in COLLECTIONS])


def tunes(collection: str, kind: str = "", most: int | None = None) -> Iterator[Tune]:
    """The tunes of a kind in a collection in the order of its files, `most` that can be read."""
    music21 = _music21()
    folder = f"{collection} ({kind})" if kind else collection
    given = 0
    for path in _files(collection):
        handler = music21.abcFormat.ABCFile()
        try:
            handler.open(path)
            read = handler.read()
        except Exception:  # noqa: BLE001 - a parser that is fed anything raises anything
            yield Tune(f"{folder}/{path.name}", None)
            continue
        finally:
            handler.close()
        for number, tune in read.splitByReferenceNumber().items():
            if most is not None and given >= most:
                return
            if kind in _kind(tune):
                made = _read_tune(tune)
                given += made is not None
                yield Tune(f"{folder}/{path.name}#{number}", made)


def implied_root(notes: Sequence[Note], tonic: int, mode: str) -> Root:
    """The chord that a bar's notes imply in a key, as a triad's symbol and root.

    Every candidate triad of the mode gathers the lengths of the notes that belong to it, those on a
    beat counted twice (after Temperley, The Cognition of Basic Musical Structures, 2001, chapter 6).
    """
    weight = [0.0] * 12
    for note in notes:
        strong = 2.0 if note.start % TICKS_PER_BEAT == 0 else 1.0
        weight[note.pitch % 12] += strong * min(note.duration, 2 * TICKS_PER_BEAT)
    candidates = MODES.get(mode, MINOR_KEY if mode in {"minor", "aeolian"} else MAJOR_KEY)

    def gathered(candidate: tuple[int, bool]) -> float:
        degree, minor = candidate
        root = tonic + degree
        share = (
            weight[root % 12] + weight[(root + (3 if minor else 4)) % 12] + weight[(root + 7) % 12]
        )
        return share * (HOME if degree == 0 else 1.0)

    degree, minor = max(candidates, key=gathered)
    root = (tonic + degree) % 12
    return Root(note_name(root) + ("m" if minor else ""), root)


def _read_tune(tune: Any) -> Song | None:
    music21 = _music21()
    try:
        score = music21.abcFormat.translate.abcToStreamScore(tune)
        measures = list(score.parts[0].getElementsByClass("Measure"))
        return _song(measures, *_key(score))
    except Exception:  # noqa: BLE001 - see tunes
        return None


def _song(measures: Sequence[Any], tonic: int, mode: str) -> Song | None:
    """Notes, a metre for every measure (so that pick-ups stand alone) and a root for every measure."""
    notes: list[Note] = []
    metres: list[TimeSignature] = []
    roots: list[tuple[int, Root]] = []
    numerator, denominator, now = 4, 4, 0
    for measure in measures:
        if measure.timeSignature is not None:
            numerator = measure.timeSignature.numerator
            denominator = measure.timeSignature.denominator
        twice = 2 if (numerator, denominator) == (2, 4) else 1
        metre = (4, 4) if (numerator, denominator) in {(2, 4), (2, 2)} else (numerator, denominator)
        inside = [
            Note(
                now + round(twice * float(note.offset) * TICKS_PER_BEAT),
                round(twice * float(note.quarterLength) * TICKS_PER_BEAT),
                int(note.pitch.midi),
            )
            for note in measure.notes
            if note.isNote and note.quarterLength > 0  # a grace note takes no time of its own
        ]
        metres.append(TimeSignature(now, *metre))
        written = [chord for chord in measure.notes if "ChordSymbol" in chord.classes]
        if written:
            root = written[0].root().pitchClass
            minor = written[0].quality == "minor"
            roots.append((now, Root(note_name(root) + ("m" if minor else ""), root)))
        elif inside:
            local = [note._replace(start=note.start - now) for note in inside]
            roots.append((now, implied_root(local, tonic, mode)))
        notes += inside
        now += round(twice * float(measure.highestTime) * TICKS_PER_BEAT)
    return Song(tuple(sorted(notes)), tuple(metres), tuple(roots)) if notes else None


def _key(score: Any) -> tuple[int, str]:
    """Tonic (0 to 11) and mode as the tune's key field has them."""
    for key in score.recurse().getElementsByClass("KeySignature"):
        if "Key" in key.classes:
            return int(key.tonic.pitchClass), str(key.mode)
        return int(key.asKey("major").tonic.pitchClass), "major"
    return 0, "major"


def _kind(tune: Any) -> str:
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
