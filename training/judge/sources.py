"""Reads what can be judged as pieces: bundles over charts, data sets, and files of lines."""

import subprocess
import sys
import tempfile
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
PATIENCE_SECONDS = 120.0


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


def played(name: str, charts: Sequence[Piece], seed: int = 0) -> tuple[Piece, ...]:
    """The lines that a bundle plays over the chords of pieces, by `perform render`.

    Each has the name, chords and length of its chart; a pick-up bar is played as a full bar.
    """
    pieces = []
    with tempfile.TemporaryDirectory() as folder:
        for number, chart in enumerate(charts):
            target = Path(folder) / f"{number}.mid"
            command = [
                sys.executable, "-m", "perform", "render", chart_text(chart), "-o", str(target),
                "--model", name, "--seed", str(seed + number), "--tempo", f"{chart.tempo:g}",
            ]  # fmt: skip
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
            )
            if done.returncode:
                raise DatasetError(f"{name} over {chart.name!r}: {done.stderr.strip()[-300:]}")
            line = read_midi(target)
            pieces.append(
                line._replace(
                    name=chart.name,
                    chords=chart.chords,
                    ticks=chart.ticks,
                    feel=chart.feel,
                    player=name,
                    pickup=chart.pickup,
                )
            )
    return tuple(pieces)


def chart_text(piece: Piece) -> str:
    """The chords of a piece as chart text, bar by bar."""
    bars: list[str] = []
    for start in range(0, piece.ticks, TICKS_PER_BAR):
        inside = [it for it in piece.chords if start <= it[0] < start + TICKS_PER_BAR]
        symbols = [chord.symbol if chord is not None else "N.C." for _, chord in inside]
        late = bool(inside) and inside[0][0] > start
        bars.append(" ".join(["%", *symbols] if late and bars else symbols or ["%"]))
    return " | ".join(bars) + (" |" if len(bars) == 1 else "")
