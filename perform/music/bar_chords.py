"""The chords of one bar of a chart: symbols, beats, basses, alternates and what players add."""

import re
from collections.abc import Callable, Sequence
from functools import cache

from perform.errors import ChartError, ChordError
from perform.music.chart_form import Place, WrittenBar
from perform.music.chart_tokens import Token
from perform.music.chord import Chord, split_alternate

MAX_CHORDS_PER_BAR = 12
MAX_BEATS_PER_BAR = 16
Symbols = Callable[[str, int], Chord | None]  # reads a symbol at a position; raises ChordError
_DASHES = "-\u2013\u2014\u2192"
_ORNAMENTS = ">!~*.,;_\U0001d110\u25c7\u2193\u2191"
_ORNAMENT = re.compile(
    rf"^[<>~*{re.escape(_ORNAMENTS)}]*(?P<symbol>[^\s]*?)(?:[{re.escape(_ORNAMENTS)}]|_)*$"
)
_JOINT = re.compile(r"-?[>\u2192]|[-\u2013\u2014](?=[A-Ha-h](?!dd))|,")
_BASS = re.compile(r"/([A-Ha-h][#♯b♭]?|[A-Z][a-z]{1,2}[#♯b♭]?)")
# Words that say how a bar is played.
_DIRECTION = re.compile(
    r"hits?|hold|held|holds|stops?|stop-time|breaks?|fills?|fermata|rit|rall|fade|solo|soli|swing"
    r"|latin|straight|pick-?up|repeat|and|out|cue|on|tacet|ad|lib|vamp|open|choke|push|play|time"
    r"|feel|til|until|again|last|rubato|accel|tutti|unis"
)


class BarChords:
    """Gathers what stands between two bar lines."""

    def __init__(self, symbols: Symbols, note: Callable[[str], None]) -> None:
        self._symbols, self._note = symbols, note
        self._slots: list[tuple[Chord | None] | None] = []  # None: the chord before it goes on
        self._texts: list[str] = []
        self._dashes = 0  # beats that are dashes, which may be joints between chords
        self._whole: tuple[tuple[float, Chord | None], ...] | None = None
        self.place = Place()
        self.alternates: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in the bar."""
        return not self._slots and self._whole is None

    @property
    def text(self) -> str:
        """The bar as it is written, without what is not played."""
        return " ".join(self._texts)

    def word(self, token: Token, place: Place, bars: Sequence[WrittenBar]) -> None:
        """Take a chord symbol, a bass under the chord before it, or a word that says how."""
        self._begin(place)
        if is_direction(token.text):
            self._note(f"line {place.line}, bar {place.bar}: not played: {token.text}")
            return
        bass = _BASS.fullmatch(token.text)
        if bass:
            self._add(self._over(bass[1], place, bars, token.text), token.text)
            return
        leading = len(token.text) - len(token.text.lstrip("("))
        symbol = token.text[leading:]
        while symbol.endswith(")") and symbol.count(")") > symbol.count("("):
            symbol = symbol[:-1]
        parts = self._joined(symbol)
        if parts:
            where = f"line {place.line}, bar {place.bar}"
            self._note(f"{where}: {symbol} is read as {len(parts)} chords")
            for part in parts:
                self._add(self._symbols(part, 0), part)
        elif symbol:
            self._add(
                self._chord(symbol, place._replace(position=place.position + leading)), symbol
            )

    def _joined(self, symbol: str) -> list[str]:
        """The chords of a word that joins them: C-Am-F, C>F; empty for any other word."""
        parts = [part for part in _JOINT.split(symbol) if part]
        if len(parts) < 2:
            return []
        try:
            self._symbols(symbol, 0)
        except ChordError:
            try:
                for part in parts:
                    self._symbols(part, 0)
            except ChordError:
                return []
            return parts
        return []

    def beats(self, token: Token, place: Place) -> None:
        """Take slashes: a beat each, on which the chord before goes on."""
        self._begin(place)
        self._dashes += token.text in _DASHES
        self._slots += [None] * min(int(token.value), MAX_BEATS_PER_BAR + 1)
        self._texts.append(token.text)

    def goes_on(self, token: Token, place: Place, *, begun: bool) -> None:
        """Take a % beside chords: the chord before it goes on."""
        self._begin(place)
        if not begun and not any(self._slots):
            raise place.error(
                token.text, f"the {token.text} {place.character} has no chord before it to repeat"
            )
        self._slots.append(None)
        self._texts.append(token.text)

    def simile(
        self, token: Token, place: Place, chords: tuple[tuple[float, Chord | None], ...]
    ) -> None:
        """Take a % at the beginning of a bar: the bar before it again, unless chords follow."""
        self._begin(place)
        self._whole = chords
        self._slots.append(None)
        self._texts.append(token.text)

    def group(self, token: Token, place: Place, bars: Sequence[WrittenBar]) -> None:
        """Take chords in brackets: alternates behind other chords, else the chords of the bar.

        A tension in brackets belongs to the chord before it. Other words are left out, and noted.
        """
        inside = token.value[1:]
        words = inside.split()
        if any(self._slots) and self._belongs(inside):
            return
        try:
            chords = [self._symbols(word.strip("()"), 0) for word in words if word not in "/%-."]
        except ChordError:
            self._note(f"line {place.line}, bar {place.bar}: not played: {token.text}")
            return
        if token.value[0] == "<":
            self._note(f"line {place.line}, bar {place.bar}: hits and holds are ignored: {inside}")
        elif any(self._slots):
            self.alternates += (inside,)
            return
        if not chords:
            return
        for word in words:
            self.word(token._replace(text=word), place, bars)

    def end(self, metre: str, begun: bool) -> tuple[tuple[float, Chord | None], ...]:
        """The chords of the bar. `begun`: there is a chord before it."""
        if self._whole is not None and len(self._slots) == 1:
            return self._whole
        if len([it for it in self._slots if it]) > MAX_CHORDS_PER_BAR:
            self._refuse("chords", MAX_CHORDS_PER_BAR)
        if len(self._slots) > MAX_BEATS_PER_BAR:
            self._refuse("beats", MAX_BEATS_PER_BAR)
        if not begun and self._slots and self._slots[0] is None:
            if not any(self._slots):
                return ((0.0, None),)
            self._slots[0] = (None,)
        if self._are_joints():
            self._slots = self._slots[::2]
        places = shares(len(self._slots), metre)
        return tuple(
            (share, slot[0]) for share, slot in zip(places, self._slots, strict=True) if slot
        )

    def _are_joints(self) -> bool:
        """Whether dashes only join the chords of the bar: C - Am - F."""
        between = self._slots[1::2]
        return (
            len(self._slots) % 2 == 1
            and 0 < self._dashes == len(between)
            and all(self._slots[::2])
            and not any(between)
        )

    def _refuse(self, what: str, most: int) -> None:
        count = len([it for it in self._slots if it or what == "beats"])
        raise ChartError(
            f"bar {self.place.bar} has {count} {what}, a bar takes {most}; put a | between bars",
            line=self.place.line, bar=self.place.bar,
        )  # fmt: skip

    def _begin(self, place: Place) -> None:
        if self.is_empty:
            self.place = place

    def _add(self, chord: Chord | None, text: str) -> None:
        self._slots.append((chord,))
        self._texts.append(text)

    def _belongs(self, inside: str) -> bool:
        """Whether a group belongs to the symbol before it: C7 (b9)."""
        together = f"{self._texts[-1]}({inside})"
        if split_alternate(together)[1]:
            return False
        try:
            chord = self._symbols(together, 0)
        except ChordError:
            return False
        self._slots[-1] = (chord,)
        self._texts[-1] = together
        return True

    def _chord(self, symbol: str, place: Place) -> Chord | None:
        """The chord of a symbol, without hits and holds; an alternate at its end is kept."""
        try:
            chord = self._symbols(symbol, place.position)
            alternate = split_alternate(symbol)[1]
            self.alternates += (alternate,) if alternate else ()
            return chord
        except ChordError as error:
            fault = error
        bare = _ORNAMENT.fullmatch(symbol)
        if bare and bare["symbol"] and bare["symbol"] != symbol:
            try:
                chord = self._symbols(bare["symbol"], 0)
            except ChordError:
                pass
            else:
                where = f"line {place.line}, bar {place.bar}"
                self._note(f"{where}: hits and holds are ignored: {symbol}")
                return chord
        raise fault.at(place.line, place.bar)

    def _over(
        self, bass: str, place: Place, bars: Sequence[WrittenBar], written: str
    ) -> Chord | None:
        """The chord before, over another bass."""
        here = [slot[0] for slot in self._slots if slot]
        before = [bar.chords[-1][1] for bar in bars if bar.chords]
        chord = next((it for it in (*reversed(here), *reversed(before)) if it), None)
        if chord is None:
            raise place.error(
                written, f"the bass {written} {place.character} has no chord before it; "
                "write a whole symbol like C/E",
            )  # fmt: skip
        try:
            low = self._symbols(bass, place.position + 1)
        except ChordError as error:
            raise error.at(place.line, place.bar) from None
        return Chord(chord.root, chord.quality, low.bass) if low else None


def is_direction(word: str) -> bool:
    """Whether a word says how a bar is played, and is no chord."""
    return _DIRECTION.fullmatch(word.lower().strip(".,()")) is not None


@cache
def shares(slots: int, metre: str = "4/4") -> tuple[float, ...]:
    """The share of the bar gone by at each of its chords and beats.

    Three in 4/4 have 2, 1 and 1 beats; otherwise all are equal.
    """
    if slots == 3 and metre == "4/4":
        return (0.0, 0.5, 0.75)
    return tuple(place / slots for place in range(slots))


def whole(bar: WrittenBar) -> tuple[tuple[float, Chord | None], ...]:
    """The chords of a bar with the one that sounds where it begins."""
    if bar.chords and bar.chords[0][0] == 0:
        return bar.chords
    return ((0.0, bar.carried), *bar.chords)


def repeat_of(bars: Sequence[WrittenBar], number: int) -> tuple[tuple[float, Chord | None], ...]:
    """The chords of a bar again; empty where its one chord just goes on."""
    chords = whole(bars[number])
    return chords if len(chords) > 1 else ()
