"""Books: choruses as plain text, a line of chords above a line of notes.

    title: Back Step
    form: 12-bar blues
    key: C
    feel: swing
    tempo: 132

    C7                              | F7
    r/4 g3/8 a3 c4 eb4 e4 g4        | a4/4. f4/8 d4 c4 eb4/4, r

Header lines come first. Then each pair of lines holds the same number of bars between `|`: the
upper line has the chords as in a chart, the lower line the notes of 4/4 bars.

A note is a pitch with its octave (c4 is MIDI 60), `r` is a rest. `/4` is a quarter, `/8` a quaver,
`/16` a semiquaver, `/2` a half, `/1` a whole note; a dot makes it half as long again, and `t` a
triplet's part (`/8t`: three to a quarter). A value holds until another is written. `~` ties a note
to the next one, which has the same pitch and may stand in the next bar. `>` accents a note,
brackets make it a ghost note, `,` ends a phrase. `pp p mp mf f ff` set the loudness.

In the feels swing, shuffle and gospel two quavers are played as the first two thirds and the last
third of a beat; these feels take no semiquavers, the others take no triplets.
`pickup: yes` says that the first bar only leads into the form. `#` begins a comment.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from perform.errors import DatasetError, SidemanError
from perform.music.chart import parse_chart
from perform.music.chord import Chord
from perform.music.feel import GRIDS, THIRD, Feel
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from perform.music.pitch import parse_pitch, pitch_name
from perform.music.spelling import spelling_of
from training.data.piece import Piece, PieceNote

SUFFIX = ".book"
FIELDS = ("title", "form", "key", "feel", "tempo", "pickup", "player", "part")
LOUDNESS = {"pp": 40, "p": 52, "mp": 66, "mf": 80, "f": 96, "ff": 110}
ACCENT, GHOST = 14, -24
LONGEST_TEXT = 2_000_000
_SPELLING = spelling_of("international")  # one bar does not tell how a book is spelled
_FIELD = re.compile(r"(\w+):\s*(.*)")
_TOKEN = re.compile(
    r"(?P<ghost>\()?(?P<pitch>[a-gA-G][#b]{0,2}-?\d|r)"
    r"(?:/(?P<value>1|2|4|8|16)(?P<dots>\.{0,2})(?P<triplet>t?))?"
    r"(?(ghost)\))(?P<marks>[~>,]*)"
)


class _Sounding(NamedTuple):
    """A note as written: straight ticks, and the line of the text that it stands in."""

    start: int
    end: int
    pitch: int
    velocity: int
    line: int


def read_book(path: Path) -> tuple[Piece, ...]:
    """The choruses in a book file; DatasetError names the line, the bar and what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read ({error})") from None
    return parse_book(text, path.name)


def parse_book(text: str, name: str = "book") -> tuple[Piece, ...]:
    """The choruses that a text spells; see the module for the grammar, `read_book` for errors."""
    if len(text) > LONGEST_TEXT:
        raise DatasetError(f"{name}: longer than {LONGEST_TEXT} characters; cut it into several")
    pieces = tuple(_Chorus(name, lines).piece() for lines in _choruses(text, name))
    if not pieces:
        raise DatasetError(f"{name}: no chorus; begin one with a line like 'title: Back Step'")
    return pieces


Lines = list[tuple[int, str]]


def _choruses(text: str, name: str) -> Iterator[Lines]:
    """The numbered lines of each chorus, without comments and empty lines."""
    lines: Lines = []
    for number, line in enumerate(text.splitlines(), 1):
        written = line.split("#", 1)[0] if line.lstrip().startswith("#") else line
        if not written.strip():
            continue
        if written.startswith("title:") and lines:
            yield lines
            lines = []
        if not lines and not written.startswith("title:"):
            raise DatasetError(f"{name}, line {number}: a chorus begins with a line 'title: ...'")
        lines.append((number, written))
    if lines:
        yield lines


class _Chorus:
    """Reads one chorus, bar by bar."""

    def __init__(self, name: str, lines: Lines) -> None:
        self._name = name
        self._header: dict[str, str] = {}
        body = 0
        for number, line in lines:
            field = _FIELD.fullmatch(line.strip())
            if field is None:
                break
            body += 1
            self._add_field(number, field[1], field[2].strip())
        self._systems = lines[body:]
        self._feel = self._read_feel(lines[0][0])
        self._chords: list[tuple[int, Chord | None]] = []
        self._notes: list[_Sounding] = []
        self._phrase_ends: list[int] = []  # indices of notes after which a phrase ends
        self._bars = 0
        self._value = TICKS_PER_BEAT
        self._loudness = LOUDNESS["mf"]
        self._tied = False

    def piece(self) -> Piece:
        """The chorus as a piece."""
        if len(self._systems) % 2:
            number = self._systems[-1][0]
            raise self._error(number, "chords without a line of notes below them")
        for (above, chords), (below, notes) in zip(
            self._systems[::2], self._systems[1::2], strict=True
        ):
            self._read_system(above, chords, below, notes)
        if not self._notes:
            raise DatasetError(f"{self._name}: {self._header['title']!r} has no note")
        starts = [0, *(place + 1 for place in self._phrase_ends if place + 1 < len(self._notes))]
        return Piece(
            name=self._header["title"],
            notes=tuple(self._played(note) for note in self._notes),
            chords=tuple(self._chords),
            ticks=self._bars * TICKS_PER_BAR,
            feel=self._feel,
            form=self._header.get("form", ""),
            key=self._header.get("key", ""),
            tempo=float(self._header.get("tempo", "120")),
            phrases=tuple(dict.fromkeys(starts)),
            pickup=self._header.get("pickup", "no") == "yes",
            player=self._header.get("player", ""),
            part=self._header.get("part", ""),
        )

    def _error(self, line: int, why: str) -> DatasetError:
        return DatasetError(f"{self._name}, line {line}: {why}")

    def _add_field(self, line: int, field: str, value: str) -> None:
        if field not in FIELDS:
            raise self._error(line, f"unknown field {field!r}; known are {', '.join(FIELDS)}")
        if field == "tempo" and not re.fullmatch(r"\d{2,3}(\.\d+)?", value):
            raise self._error(line, f"tempo {value!r}; write quarter notes a minute, like 132")
        if field == "pickup" and value not in ("yes", "no"):
            raise self._error(line, f"pickup {value!r}; write yes or no")
        self._header[field] = value

    def _read_feel(self, line: int) -> Feel:
        known: tuple[Feel, ...] = get_args(Feel)
        feel = self._header.get("feel", "")
        found = next((each for each in known if each == feel), None)
        if found is None:
            raise self._error(line, f"feel {feel!r}; write one of {', '.join(known)}")
        return found

    def _read_system(self, above: int, chords: str, below: int, notes: str) -> None:
        upper, lower = _cells(chords), _cells(notes)
        if len(upper) != len(lower):
            raise self._error(
                below, f"{len(lower)} bars of notes below {len(upper)} bars of chords"
            )
        for chord_text, note_text in zip(upper, lower, strict=True):
            self._read_chords(above, chord_text)
            self._read_bar(below, note_text)
            self._bars += 1

    def _read_chords(self, line: int, text: str) -> None:
        if text.strip() in ("%", ""):
            return
        try:
            (bar,) = parse_chart(text, spelling=_SPELLING).bars
        except (SidemanError, ValueError) as error:
            raise self._error(line, f"bar {self._bars + 1}: {error}") from None
        self._chords += [
            (self._bars * TICKS_PER_BAR + round(share * TICKS_PER_BAR), chord)
            for share, chord in bar
        ]

    def _read_bar(self, line: int, text: str) -> None:
        start = now = self._bars * TICKS_PER_BAR
        for word in text.split():
            if word in LOUDNESS:
                self._loudness = LOUDNESS[word]
                continue
            now = self._read_token(line, word, now)
        if now != start + TICKS_PER_BAR:
            beats = (now - start) / TICKS_PER_BEAT
            raise self._error(line, f"bar {self._bars + 1} has {beats:.4g} beats, not 4: {text!r}")

    def _read_token(self, line: int, word: str, now: int) -> int:
        """Add a note or rest that begins at `now`; the tick at which it ends."""
        token = _TOKEN.fullmatch(word)
        if token is None:
            raise self._error(
                line, f"bar {self._bars + 1}: {word!r} is no note; write it like g4/8"
            )
        if token["value"]:
            self._value = _ticks(int(token["value"]), len(token["dots"]), bool(token["triplet"]))
        end, marks = now + self._value, token["marks"] or ""
        if token["pitch"] == "r":
            self._tied = False
        else:
            pitch = parse_pitch(token["pitch"])
            force = self._loudness + ACCENT * (">" in marks) + GHOST * bool(token["ghost"])
            self._add_note(line, _Sounding(now, end, pitch, min(force, 127), line))
            self._tied = "~" in marks
        if "," in marks and self._notes:
            self._phrase_ends.append(len(self._notes) - 1)
        return end

    def _add_note(self, line: int, note: _Sounding) -> None:
        if not self._tied:
            self._notes.append(note)
            return
        last = self._notes[-1]
        if last.pitch != note.pitch:
            raise self._error(line, f"bar {self._bars + 1}: a tie joins two notes of one pitch")
        self._notes[-1] = last._replace(end=note.end)

    def _played(self, note: _Sounding) -> PieceNote:
        """A written note on the grid of the feel."""
        start, end = (_placed(tick, self._feel) for tick in (note.start, note.end))
        if start % TICKS_PER_BEAT not in GRIDS[self._feel]:
            bar = note.start // TICKS_PER_BAR + 1
            raise self._error(
                note.line, f"bar {bar}: a note begins between the places of the feel {self._feel!r}"
            )
        return PieceNote(start, end - start, note.pitch, note.velocity)


def _cells(line: str) -> list[str]:
    """The bars of a line, between `|`."""
    return line.strip().strip("|").split("|")


def _ticks(value: int, dots: int, triplet: bool) -> int:
    whole = 4 * TICKS_PER_BEAT // value
    length = whole + sum(whole >> dot for dot in range(1, dots + 1))
    return length * 2 // 3 if triplet else length


def _placed(tick: int, feel: Feel) -> int:
    """Where a straight tick is played: in swing, off-beat quavers on the last third."""
    swings = THIRD in GRIDS[feel]
    return tick - tick % TICKS_PER_BEAT + 2 * THIRD if swings and tick % 480 == 240 else tick


def write_text(pieces: Sequence[Piece]) -> str:
    """The notes of pieces as text for a reader, a bar on each line: chords, then notes."""
    return "\n\n".join(_readable(piece) for piece in pieces)


def _readable(piece: Piece) -> str:
    lines = [f"{piece.name} ({piece.form}, {piece.feel}, {piece.tempo:g})"]
    for bar in range(piece.bars):
        start, end = bar * TICKS_PER_BAR, (bar + 1) * TICKS_PER_BAR
        chords = " ".join(
            chord.symbol if chord else "N.C." for tick, chord in piece.chords if start <= tick < end
        )
        notes = " ".join(
            f"{pitch_name(note.pitch)}@{1 + (note.start - start) / TICKS_PER_BEAT:.3g}"
            f"({note.duration / TICKS_PER_BEAT:.3g})"
            for note in piece.notes
            if start <= note.start < end
        )
        lines.append(f"{bar + 1:>3} {chords or '%':<14} {notes or '-'}")
    return "\n".join(lines)
