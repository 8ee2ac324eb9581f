"""Reads the tokens of a chart into bars and their form."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from perform.music.bar_chords import BarChords, Symbols, is_direction, repeat_of, whole
from perform.music.chart_form import MAX_TIMES, Form, Place, Repeat, WrittenBar, find_endings
from perform.music.chart_tokens import Token

_COMMON = "4/4"


@dataclass
class Sheet:
    """A chart as it is written.

    `head`: (what, text) of each line that says something of the tune. `notes`: what is read in an
    unusual way, or left out, in sentences.
    """

    form: Form = field(default_factory=Form)
    head: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Add a note once."""
        if text not in self.notes:
            self.notes.append(text)


def read(pieces: Iterable[Token], symbols: Symbols, metre: str = _COMMON) -> Sheet:
    """The bars of the tokens of a text. ChartError and ChordError name line, bar and symbol."""
    reader = _Reader(symbols, metre)
    for token in pieces:
        reader.take(token)
    return reader.finish()


class _Reader:
    """Takes tokens one by one. A bar is open from its first token to a bar line or line end."""

    def __init__(self, symbols: Symbols, metre: str) -> None:
        self._sheet = Sheet()
        self._bars = self._sheet.form.bars
        self._repeats = self._sheet.form.repeats
        self._symbols = symbols
        self._chords = BarChords(symbols, self._sheet.note)
        self._pending = WrittenBar(Place())  # the marks of the bar to come
        self._opened: tuple[Place, int] | None = None  # an open |:, the number of its first bar
        self._last: Token | None = None
        self._metre, self._named_metre = metre, False
        self._line_start = 0  # the first bar of this line
        self._section_start: int | None = None
        self._again: dict[str, tuple[int, int]] = {}  # the bars of each section
        self._named: Token | None = None  # a section that has no bar yet
        self._section_times = 1
        self._actions: dict[str, Callable[[Token], None]] = {
            "bar": self._bar_line, "double": self._bar_line, "open": self._open,
            "close": self._close, "times": self._times, "metre": self._set_metre,
            "ending": self._ending, "group": self._group, "repeat": self._repeat_sign,
            "beats": self._beats, "word": self._word, "section": self._section,
            "head": self._head, "remark": self._remark, "end of line": self._end_of_line,
            **dict.fromkeys(("segno", "coda", "fine", "to coda", "jump"), self._mark),
        }  # fmt: skip

    def take(self, token: Token) -> None:
        self._actions[token.kind](token)
        self._last = token

    def finish(self) -> Sheet:
        self._flush()
        self._end_section()
        if self._opened:
            place = self._opened[0]
            raise place.error(
                "|:", f"the |: {place.character} is not closed; end the repeat with :|"
            )
        self._repeats.sort(key=lambda it: it.first)
        find_endings(self._sheet.form)
        if _is_marked(self._pending) and self._bars:
            self._mark_last()
        return self._sheet

    def _place(self, token: Token) -> Place:
        """The place of a token, in the bar that is open."""
        return Place(token.line, len(self._bars) + 1, token.position)

    # ---- bars

    def _bar_line(self, token: Token) -> None:
        last = self._last
        is_blank = (
            token.kind == "bar"
            and last is not None
            and last.kind == "bar"
            and last.line == token.line
            and token.position > last.position + 1
        )
        if is_blank and self._chords.is_empty:
            self._add(WrittenBar(self._place(token), self._goes_on(token), ""))
        self._flush()
        if token.kind == "double" and self._bars:
            self._bars[-1].ends_part = True

    def _goes_on(self, token: Token) -> tuple[tuple[float, None], ...]:
        """The chords of a blank bar: the chord goes on; before the first chord there is none."""
        if any(bar.chords for bar in self._bars):
            return ()
        self._sheet.note(f"line {token.line}: a blank bar before the first chord has no chord")
        return ((0.0, None),)

    def _flush(self) -> None:
        """End the bar that is open, if it has anything."""
        if self._chords.is_empty:
            return
        bar = WrittenBar(self._chords.place, text=self._chords.text)
        bar.chords = self._chords.end(self._metre, any(it.chords for it in self._bars))
        bar.alternates = self._chords.alternates
        self._chords = BarChords(self._symbols, self._sheet.note)
        self._add(bar)

    def _add(self, bar: WrittenBar) -> None:
        marks = self._pending
        bar.ending_place = marks.ending_place
        bar.ending, bar.segno, bar.coda = marks.ending, marks.segno, marks.coda
        bar.fine, bar.to_coda, bar.jump = marks.fine, marks.to_coda, marks.jump
        bar.metre, bar.names_metre, bar.section = self._metre, self._named_metre, marks.section
        bar.carried = next((it.chords[-1][1] for it in reversed(self._bars) if it.chords), None)
        self._bars.append(bar)
        self._pending, self._named = WrittenBar(Place()), None

    def _mark_last(self) -> None:
        """Give the last bar the marks that stand behind it."""
        bar, marks = self._bars[-1], self._pending
        bar.fine, bar.segno = bar.fine or marks.fine, bar.segno or marks.segno
        bar.jump = marks.jump or bar.jump
        bar.to_coda = 2 if marks.to_coda else bar.to_coda
        self._pending = replace(marks, fine=False, segno=False, jump="", to_coda=0)

    def _word(self, token: Token) -> None:
        self._chords.word(token, self._place(token), self._bars)

    def _beats(self, token: Token) -> None:
        self._chords.beats(token, self._place(token))

    def _group(self, token: Token) -> None:
        self._chords.group(token, self._place(token), self._bars)

    def _repeat_sign(self, token: Token) -> None:
        place, count = self._place(token), int(token.value)
        begun = any(bar.chords for bar in self._bars)
        if not self._chords.is_empty or (not begun and count == 1):
            self._chords.goes_on(token, place, begun=begun)
            return
        if len(self._bars) < count:
            raise place.error(
                token.text, f"the {token.text} {place.character} has no {count} bars before it"
            )
        if count == 1:
            self._chords.simile(token, place, repeat_of(self._bars, len(self._bars) - 1))
            return
        first = len(self._bars) - 2
        for bar in self._bars[first:]:
            self._add(WrittenBar(place, whole(bar), bar.text))

    # ---- repeats

    def _open(self, token: Token) -> None:
        self._flush()
        place = self._place(token)
        if self._opened:
            before = self._opened[0]
            raise place.error(
                "|:", f"a |: stands inside a repeat: the |: {before.character} is not closed; end "
                "the repeat with :| before it",
            )  # fmt: skip
        self._opened = place, len(self._bars)

    def _close(self, token: Token) -> None:
        self._flush()
        start = self._repeats[-1].last + 1 if self._repeats else 0
        first = self._opened[1] if self._opened else start
        endings = [bar.ending for bar in self._bars[start:] if bar.ending]
        if first == len(self._bars):
            place = self._place(token)
            raise place.error(
                ":|", f"the :| {place.character} has no bar before it to repeat; put one there"
            )
        if self._opened is None and endings and 1 not in endings[0] and self._repeats:
            return  # the end of a later ending
        self._repeats.append(Repeat(first, len(self._bars) - 1))
        self._opened = None

    def _times(self, token: Token) -> None:
        times, last = int(token.value), self._last
        place = self._place(token)
        if not 1 <= times <= MAX_TIMES:
            raise place.error(token.text, f"{token.text} is no number of times from 1 to 99")
        if last and last.kind in {"close", "times"} and self._repeats:
            self._repeats[-1].times = times
        elif last and last.kind in {"section", "end of line"} and self._named:
            self._section_times = times
        else:
            self._flush()
            self._repeat_bars(self._line_start, times, token)

    def _repeat_bars(self, first: int, times: int, token: Token) -> None:
        """Repeat the bars from one on: those of a line, or of a section."""
        place = self._place(token)._replace(bar=max(1, len(self._bars)))
        if first >= len(self._bars):
            raise place.error(token.text, f"{token.text} {place.character} has no bars before it")
        if self._opened or any(it.last >= first for it in self._repeats):
            raise place.error(
                token.text, f"{token.text} {place.character} would repeat bars that have a repeat "
                "already; write its bars out",
            )  # fmt: skip
        if times > 1:
            self._repeats.append(Repeat(first, len(self._bars) - 1, times))

    def _ending(self, token: Token) -> None:
        if not self._chords.is_empty:
            self._word(token)
            return
        self._pending.ending = tuple(map(int, token.value.split()))
        self._pending.ending_place = self._place(token)

    # ---- marks and headings

    def _mark(self, token: Token) -> None:
        marks = self._pending
        inside = not self._chords.is_empty
        if token.kind == "jump":
            marks.jump = token.value
        elif token.kind == "segno":
            marks.segno = True
        elif token.kind == "fine":
            marks.fine = True
        elif token.kind == "coda" and not self._is_to_coda(token, inside=inside):
            marks.coda = True
        else:
            marks.to_coda = 2 if inside else 1

    def _is_to_coda(self, token: Token, *, inside: bool) -> bool:
        """Whether a coda sign is the first of two, which says where to jump from."""
        marked = any(bar.to_coda for bar in self._bars) or self._pending.to_coda
        return inside or (token.value == "sign" and not marked)

    def _set_metre(self, token: Token) -> None:
        self._metre = _checked_metre(token.value, self._place(token), self._sheet)
        self._named_metre = True

    def _section(self, token: Token) -> None:
        self._flush()
        self._end_section()
        self._pending.section, self._named = token.text, token
        self._section_start = len(self._bars)
        if token.text.lower() == "coda":
            self._pending.coda = True

    def _end_section(self) -> None:
        """End the section that is open: repeat it, or write its bars again from its first time."""
        start, token = self._section_start, self._named
        if token is not None and token.text in self._again:
            first, last = self._again[token.text]
            for number in range(first, last + 1):
                bar = self._bars[number]
                self._add(WrittenBar(bar.place, whole(bar), bar.text))
            if any(first <= it.first <= last for it in self._repeats):
                self._sheet.note(f"line {token.line}: {token.text} is played without its repeats")
        elif token is not None:
            self._sheet.note(f"line {token.line}: the section {token.text} has no bars")
            self._pending.section = ""
        if start is not None and start < len(self._bars):
            name = self._bars[start].section
            self._again.setdefault(name, (start, len(self._bars) - 1))
            if self._section_times > 1:
                where = token or Token("times", "x2", 0, self._bars[start].place.line)
                self._repeat_bars(start, self._section_times, where)
        self._section_start, self._section_times, self._named = None, 1, None

    def _head(self, token: Token) -> None:
        what = token.text
        if what == "text":
            known = {name for name, _ in self._sheet.head}
            what = "title" if "title" not in known else "composer"
            if "composer" in known:
                self._sheet.note(f"line {token.line} is read as a remark: {token.value}")
                return
            self._sheet.note(f"line {token.line} is read as the {what}: {token.value}")
        if what == "metre":
            self._set_metre(token)
        elif what != "spelling":
            self._sheet.head.append((what, token.value))

    def _remark(self, token: Token) -> None:
        self._sheet.note(f"line {token.line}: not played: {token.text.strip()}")

    def _end_of_line(self, token: Token) -> None:
        self._flush()
        marks = self._pending
        if self._bars and self._bars[-1].place.line == token.line and _is_marked(marks):
            self._mark_last()
        if self._bars:
            self._bars[-1].ends_part = True
        self._line_start = len(self._bars)


def _is_marked(marks: WrittenBar) -> bool:
    return marks.fine or bool(marks.jump) or bool(marks.to_coda) or marks.segno


def _checked_metre(text: str, place: Place, sheet: Sheet) -> str:
    """A metre as the engine reads it, in quarters or quavers."""
    count, _, unit = text.strip().partition("/")
    if text.strip().lower() in {"c", "common", "common time"}:
        return _COMMON
    if count.isdecimal() and unit in {"2", "4", "8"}:
        beats = int(count) * (2 if unit == "2" else 1)
        if unit == "2":
            sheet.note(f"{text} is counted as {beats}/4")
        if 2 <= beats <= 15:
            return f"{beats}/{'8' if unit == '8' else '4'}"
    raise place.error(text, f"{text!r} is no metre; write it like 3/4, 2/2, 5/4, 6/8 or 7/8")


def symbols_of(pieces: Iterable[Token]) -> Iterable[str]:
    """Every word of a chart that may be a chord symbol, in order: what its spelling is known by."""
    for token in pieces:
        inside = token.value[1:] if token.kind == "group" else token.text
        for word in inside.split() if token.kind in {"word", "group"} else ():
            plain = word.strip("()<>!~*.,;_").lstrip("/")
            if plain and plain[0] not in "0123456789#" and not is_direction(plain):
                yield plain


def named_spelling(pieces: Iterable[Token]) -> str:
    """The spelling that a line of a chart names; empty where none does."""
    heads = (it for it in pieces if it.kind == "head" and it.text == "spelling")
    return next((it.value for it in heads), "")
