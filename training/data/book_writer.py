"""Writes pieces as a book, the text that `training.data.book` reads."""

from collections.abc import Iterator, Sequence

from perform.music.feel import THIRD
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from perform.music.pitch import pitch_name
from training.data.book import ACCENT, GHOST, LOUDNESS
from training.data.grid import on_grid
from training.data.piece import Piece, PieceNote

BARS_A_LINE = 4
CHANGE_COST = 12  # steps of velocity by which a note may be off before the loudness changes
QUAVER = TICKS_PER_BEAT // 2
VALUES = {
    1920: "/1", 1440: "/2.", 960: "/2", 720: "/4.", 480: "/4", 360: "/8.", 240: "/8", 120: "/16",
}  # fmt: skip
TRIPLETS = {320: "/4t", 160: "/8t"}


def write_book(pieces: Sequence[Piece]) -> str:
    """The text of a book of these pieces, from which `parse_book` reads them.

    Notes move to the grid of the feel; a piece without one is written in that of its notes.
    Velocities move to the nearest loudness, accented or ghosted; chords move to beats.
    """
    return "\n".join(_chorus(on_grid(piece)) for piece in pieces)


def _chorus(piece: Piece) -> str:
    fields = {
        "title": piece.name,
        "form": piece.form,
        "key": piece.key,
        "feel": piece.feel,
        "tempo": f"{piece.tempo:g}",
        "pickup": "yes" if piece.pickup else "",
        "player": piece.player,
        "part": piece.part,
    }
    lines = [f"{name}: {' '.join(text.split())}" for name, text in fields.items() if text]
    notes = list(_bars(piece))
    chords = [_chord_text(piece, bar) for bar in range(piece.bars)]
    for first in range(0, piece.bars, BARS_A_LINE):
        columns = [
            max(map(len, pair))
            for pair in zip(
                chords[first : first + BARS_A_LINE], notes[first : first + BARS_A_LINE], strict=True
            )
        ]
        for texts in (chords, notes):
            cells = zip(texts[first : first + BARS_A_LINE], columns, strict=True)
            lines.append(" | ".join(text.ljust(width) for text, width in cells).rstrip())
        lines[-2] = "\n" + lines[-2]
    return "\n".join(lines) + "\n"


def _chord_text(piece: Piece, bar: int) -> str:
    """The chords of a bar as a chart has them: one, or one a half or a beat."""
    beats = ["%"] * 4
    for tick, chord in piece.chords:
        inside = tick - bar * TICKS_PER_BAR
        if 0 <= inside < TICKS_PER_BAR:
            beats[inside // TICKS_PER_BEAT] = chord.symbol if chord is not None else "N.C."
    if beats[1] == beats[3] == "%":
        beats = beats[:1] if beats[2] == "%" else beats[::2]
    unknown = not any(tick <= bar * TICKS_PER_BAR for tick, _ in piece.chords)
    return " ".join("N.C." if unknown and it == "%" else it for it in beats)


class _Spelling:
    """What holds until another is written: value and loudness."""

    def __init__(self, piece: Piece) -> None:
        self._ends = {first - 1 for first in piece.phrases}
        self._value, self._loudness = "/4", "mf"

    def token(self, note: PieceNote, index: int, value: str, *, begins: bool, ends: bool) -> str:
        """A note, or a part of it of this value, as text."""
        loudness, offset = self._force(note.velocity) if begins else (self._loudness, 0)
        before = "" if loudness == self._loudness else f"{loudness} "
        self._loudness = loudness
        word = pitch_name(note.pitch).lower() + self._written(value)
        word = f"({word})" if offset == GHOST else word
        marks = ">" * (offset == ACCENT) + "~" * (not ends) + "," * (ends and index in self._ends)
        return before + word + marks

    def rest(self, value: str) -> str:
        """A rest of this value as text."""
        return "r" + self._written(value)

    def _written(self, value: str) -> str:
        same, self._value = value == self._value, value
        return "" if same else value

    def _force(self, velocity: int) -> tuple[str, int]:
        """The loudness and the offset of a velocity: exactly, or near and with few changes."""
        choices = [(name, offset) for offset in (0, ACCENT, GHOST) for name in LOUDNESS]
        gaps = [abs(min(LOUDNESS[name] + offset, 127) - velocity) for name, offset in choices]

        def cost(place: int) -> tuple[int, bool]:
            changes = choices[place][0] != self._loudness
            return gaps[place] + CHANGE_COST * (changes and gaps[place] > 0), changes

        return choices[min(range(len(choices)), key=cost)]


def _bars(piece: Piece) -> Iterator[str]:
    """The notes of each bar as text."""
    spelling = _Spelling(piece)
    thirds = _thirds_of(piece)
    bars: list[list[str]] = [[] for _ in range(piece.bars)]
    for first, last, index in _edges(piece, thirds):
        for bar in range(first // TICKS_PER_BAR, min(-(-last // TICKS_PER_BAR), piece.bars)):
            begin, stop = max(first, bar * TICKS_PER_BAR), min(last, (bar + 1) * TICKS_PER_BAR)
            for tick, value, length in _values(begin, stop, thirds):
                if index is None:
                    bars[bar].append(spelling.rest(value))
                    continue
                begins, ends = tick == first, tick + length == last
                note = piece.notes[index]
                bars[bar].append(spelling.token(note, index, value, begins=begins, ends=ends))
    yield from (" ".join(words) for words in bars)


def _edges(piece: Piece, thirds: frozenset[int]) -> list[tuple[int, int, int | None]]:
    """Notes and the rests between them as (start, end, index of the note), in written ticks."""
    found: list[tuple[int, int, int | None]] = []
    now = 0
    for index, note in enumerate(piece.notes):
        start, end = (_written(tick, thirds) for tick in (note.start, note.end))
        if start > now:
            found.append((now, start, None))
        found.append((start, end, index))
        now = end
    if now < piece.bars * TICKS_PER_BAR:
        found.append((now, piece.bars * TICKS_PER_BAR, None))
    return found


def _thirds_of(piece: Piece) -> frozenset[int]:
    """The beats that are written in triplets: those in which something changes on the first third.

    They are told by the ticks at which they begin.
    """
    edges = (tick for note in piece.notes for tick in (note.start, note.end))
    return frozenset(tick - THIRD for tick in edges if tick % TICKS_PER_BEAT == THIRD)


def _written(tick: int, thirds: frozenset[int]) -> int:
    """Where a played tick is written: the last third of a beat as the second of two quavers."""
    beat = tick - tick % TICKS_PER_BEAT
    swung = tick - beat == 2 * THIRD and beat not in thirds
    return beat + QUAVER if swung else tick


def _values(start: int, end: int, thirds: frozenset[int]) -> Iterator[tuple[int, str, int]]:
    """The (tick, value, ticks) that fill a stretch; () for an empty one."""
    while start < end:
        beat = start - start % TICKS_PER_BEAT
        beats = range(beat + TICKS_PER_BEAT, end, TICKS_PER_BEAT)
        cut = next((each for each in beats if each in thirds), end)
        if beat in thirds:
            cut = min(cut, beat + TICKS_PER_BEAT)
        known = VALUES | TRIPLETS if beat in thirds else VALUES
        length = max(it for it in known if it <= cut - start)
        yield start, known[length], length
        start += length
