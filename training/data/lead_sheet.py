"""Lead sheets in MusicXML (`.musicxml`, `.xml`, `.mxl`): the melody and its chords as a piece.

Bars are read as they are written, once each; repeats and jumps are not followed. Bars in 4/4, 2/2
and in pairs of 2/4 fill a bar of four quarters; a sheet in another metre is refused. Source:
MusicXML 4.0 (W3C Community Group, 2021).
"""

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from perform.errors import ChordError, DatasetError
from perform.music.chord import Chord, parse_chord
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from training.data.piece import Piece, PieceNote

SUFFIXES = (".musicxml", ".mxl", ".xml")
LARGEST = 20_000_000  # bytes of one score, unpacked
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# MusicXML's kinds of chord, as suffixes that `parse_chord` reads
KINDS = {
    "major": "", "minor": "m", "augmented": "aug", "diminished": "dim", "dominant": "7",
    "major-seventh": "maj7", "minor-seventh": "m7", "diminished-seventh": "dim7",
    "augmented-seventh": "7#5", "half-diminished": "m7b5", "major-minor": "mMaj7",
    "major-sixth": "6", "minor-sixth": "m6", "dominant-ninth": "9", "major-ninth": "maj9",
    "minor-ninth": "m9", "dominant-11th": "11", "major-11th": "maj11", "minor-11th": "m11",
    "dominant-13th": "13", "major-13th": "maj13", "minor-13th": "m13", "suspended-second": "sus2",
    "suspended-fourth": "sus4", "power": "5",
}  # fmt: skip
NO_CHORD = "none"


class _Read(NamedTuple):
    notes: list[PieceNote]
    chords: list[tuple[int, Chord | None]]
    metres: set[tuple[int, int]]
    end: int


def read_lead_sheet(path: Path) -> Piece:
    """The melody of the first part of a score, with its chords; DatasetError says what is wrong."""
    root = _root(path)
    part = root.find("part")
    if root.tag != "score-partwise" or part is None:
        raise DatasetError(f"{path}: not a partwise MusicXML score; export it as MusicXML")
    read = _part(part, path)
    if not read.notes or not read.chords:
        what = "notes" if not read.notes else "chord symbols"
        raise DatasetError(f"{path}: has no {what}; a lead sheet needs a melody and chords")
    odd = read.metres - {(4, 4), (2, 2), (2, 4)}
    if odd:
        numerator, denominator = min(odd)
        raise DatasetError(
            f"{path}: is in {numerator}/{denominator}; give a sheet in 4/4, 2/2 or 2/4"
        )
    title = root.findtext("work/work-title") or root.findtext("movement-title") or path.stem
    composer = root.findtext("identification/creator") or ""
    bars = -(-read.end // TICKS_PER_BAR)
    return Piece(
        title, tuple(one_at_a_time(read.notes)), tuple(read.chords), bars * TICKS_PER_BAR,
        player=composer,
    )  # fmt: skip


def read_folder(folder: Path) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
    """The pieces of a folder's lead sheets, by name, and a line for each sheet left out."""
    pieces, left_out = [], []
    for path in sorted(it for it in folder.rglob("*") if it.suffix.lower() in SUFFIXES):
        try:
            pieces.append(read_lead_sheet(path))
        except DatasetError as error:
            left_out.append(str(error))
    return tuple(pieces), tuple(left_out)


def _root(path: Path) -> ET.Element:
    try:
        data = path.read_bytes()
        if path.suffix.lower() == ".mxl":
            data = _unpacked(data)
        if len(data) > LARGEST or b"<!ENTITY" in data:
            raise DatasetError(f"{path}: too large or with entities of its own; export it again")
        return ET.fromstring(data)  # noqa: S314 - entities are refused above
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from None
    except (ET.ParseError, zipfile.BadZipFile, KeyError, ValueError, NotImplementedError) as error:
        raise DatasetError(f"{path}: not MusicXML ({error})") from None


def _unpacked(data: bytes) -> bytes:
    """The score inside a compressed file: the first XML file that is no container."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [
            info.filename
            for info in archive.infolist()
            if info.filename.endswith((".xml", ".musicxml"))
            and not info.filename.startswith("META-INF")
            and info.file_size <= LARGEST
        ]
        return archive.read(names[0]) if names else b""


def _part(part: ET.Element, path: Path) -> _Read:
    read = _Read([], [], set(), 0)
    divisions, start, length = 1, 0, TICKS_PER_BAR
    for measure in part.iter("measure"):
        now = furthest = 0  # in divisions
        for element in measure:
            if element.tag == "attributes":
                divisions = _number(element.findtext("divisions"), divisions, path)
                time = element.find("time")
                if time is not None:
                    metre = (_beats(time.findtext("beats")), _beats(time.findtext("beat-type")))
                    read.metres.add(metre)
                    length = 4 * TICKS_PER_BEAT * metre[0] // max(1, metre[1])
            elif element.tag in ("backup", "forward"):
                step = _number(element.findtext("duration"), 0, path)
                now += step if element.tag == "forward" else -step
            elif element.tag == "harmony":
                offset = _number(element.findtext("offset"), 0, path)
                _add_chord(read, start + _ticks(now + offset, divisions), element, path)
            elif element.tag == "note":
                now = _add_note(read, start, now, divisions, element, path)
            furthest = max(furthest, now)
        written = _ticks(furthest, divisions)
        # a measure that is not full is a pick-up, or one half of a bar that a repeat parts
        start += written if measure.get("implicit") == "yes" or written > length else length
    return read._replace(end=start)


def _add_note(
    read: _Read, start: int, now: int, divisions: int, element: ET.Element, path: Path
) -> int:
    """Add a note of the first voice; where the next one begins."""
    length = _number(element.findtext("duration"), 0, path)
    if element.find("grace") is not None or element.find("chord") is not None:
        return now
    if element.findtext("voice", "1") == "1" and (pitch := element.find("pitch")) is not None:
        begin, end = start + _ticks(now, divisions), start + _ticks(now + length, divisions)
        midi = _pitch(pitch, path)
        tied = any(tie.get("type") == "stop" for tie in element.iter("tie"))
        last = read.notes[-1] if read.notes else None
        if tied and last is not None and last.pitch == midi and last.end == begin:
            read.notes[-1] = last._replace(duration=end - last.start)
        elif end > begin:
            read.notes.append(PieceNote(begin, end - begin, midi))
    return now + length


def _add_chord(read: _Read, tick: int, element: ET.Element, path: Path) -> None:
    kind = (element.findtext("kind") or "").strip()
    step = element.findtext("root/root-step")
    if kind == NO_CHORD or step is None:
        read.chords.append((tick, None))
        return
    symbol = step.strip() + _sign(element.findtext("root/root-alter")) + KINDS.get(kind, "")
    bass = element.findtext("bass/bass-step")
    slash = f"/{bass.strip()}{_sign(element.findtext('bass/bass-alter'))}" if bass else ""
    degrees = "".join(_degree(each) for each in element.iter("degree"))
    chord = next(filter(None, _readings((symbol + degrees + slash, symbol + slash, symbol))), None)
    if chord is None:
        raise DatasetError(f"{path}: {symbol!r} is no chord; correct it in the score")
    read.chords.append((tick, chord))


def _readings(symbols: Iterable[str]) -> Iterator[Chord | None]:
    for symbol in symbols:
        try:
            yield parse_chord(symbol)
        except ChordError:
            continue


def _degree(element: ET.Element) -> str:
    value, kind = element.findtext("degree-value", ""), element.findtext("degree-type", "")
    sign = _sign(element.findtext("degree-alter"))
    return {"add": f"{sign or 'add'}{value}", "alter": f"{sign}{value}"}.get(kind, f"no{value}")


def _sign(alter: str | None) -> str:
    steps = int(float(alter)) if alter and alter.strip() else 0
    return "#" * steps if steps > 0 else "b" * -steps


def _pitch(element: ET.Element, path: Path) -> int:
    step, octave = element.findtext("step", "").strip(), element.findtext("octave", "").strip()
    if step not in STEPS or not octave.isdecimal():
        raise DatasetError(f"{path}: a note has no pitch that can be read; export it again")
    alter = element.findtext("alter")
    return STEPS[step] + 12 * (int(octave) + 1) + (round(float(alter)) if alter else 0)


def _number(text: str | None, default: int, path: Path) -> int:
    if text is None:
        return default
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        raise DatasetError(f"{path}: {text!r} is no number of divisions; export it again") from None


def _beats(text: str | None) -> int:
    return int(text) if text and text.strip().isdecimal() else 0


def _ticks(amount: int, divisions: int) -> int:
    return amount * TICKS_PER_BEAT // max(1, divisions)


def one_at_a_time(notes: list[PieceNote]) -> Iterator[PieceNote]:
    """Notes by start, each ended by the next; of those that begin together the highest."""
    line = sorted({note.start: note for note in sorted(notes, key=_height)}.values())
    for place, note in enumerate(line):
        end = line[place + 1].start if place + 1 < len(line) else note.end
        yield note._replace(duration=max(1, min(note.duration, end - note.start)))


def _height(note: PieceNote) -> tuple[int, int]:
    return note.start, note.pitch
