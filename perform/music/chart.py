"""Charts: written chord progressions, `C7 | F7 | C7 % | ...`, one symbol or more in a bar."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from perform.errors import ChartError, ChordError
from perform.music.bar_chords import shares
from perform.music.chart_form import Played, WrittenBar, play
from perform.music.chart_reader import Sheet, named_spelling, read, symbols_of
from perform.music.chart_tokens import Token, tokens
from perform.music.chord import Chord, parse_chord
from perform.music.spelling import UNKNOWN, Spelling, guess, spelling_of

MAX_CACHED_SYMBOLS = 1024
ChartBar = tuple[tuple[float, Chord | None], ...]
_COMMON = "4/4"


class Chart(NamedTuple):
    """The chords of each bar, as (share of the bar gone by, chord); None is "no chord" (N.C.).

    A bar without a chord at its beginning goes on with the chord before it. `vamps`: the (first,
    last) bars, from 0, of each repeat; the engine repeats them until the player leaves the vamp.
    All other repeats and jumps are written out.

    `sections`: (name, bar) where each begins. `metres`: (bar, metre) where a chart names one.
    `head`: (what, text) of title, composer, key, tempo and style. `alternates`: (bar, symbols) that
    are not played. `notes`: what was read in an unusual way, or left out, in sentences.
    """

    bars: tuple[ChartBar, ...] = ()
    vamps: tuple[tuple[int, int], ...] = ()
    sections: tuple[tuple[str, int], ...] = ()
    metres: tuple[tuple[int, str], ...] = ()
    head: tuple[tuple[str, str], ...] = ()
    alternates: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The title of the tune; empty where the chart has none."""
        return dict(self.head).get("title", "")


def parse_chart(text: str, metre: str = _COMMON, spelling: Spelling = UNKNOWN) -> Chart:
    """The chart that a text spells; `patches/CHARTS.md` describes what may stand in it.

    Bars stand between `|` or line ends, chords between spaces; a line that starts with `#` is a
    comment. The chords of a bar share its beats: two have two beats each, three have 2, 1 and 1;
    `/` is a beat more of a chord. `%` alone repeats the bar before it, `%%` two; beside other
    chords `%` repeats the chord before it. `|:` and `:|` enclose a vamp; without `|:` the vamp
    begins after the repeat before it, or with the chart. Repeats with endings or a number of times,
    D.C. and D.S. are written out in the order in which they are played.

    `metre`: the metre where the text names none. `spelling`: how its symbols are spelled; where
    neither it nor the text says so, it is guessed from all symbols, and said.

    ChordError names an unknown symbol, ChartError any other fault; both name line and bar.
    """
    sheet, played = _read(text, metre, spelling)
    bars = sheet.form.bars
    starts = {0, *(first for first, _ in played.vamps)}
    chords = [
        _begun(bars[number], alone=place in starts or played.order[place - 1] != number - 1)
        for place, number in enumerate(played.order)
    ]
    metres = _metres(bars, played.order, metre)
    return Chart(
        tuple(chords),
        played.vamps,
        _sections(bars, played.order),
        metres,
        tuple(sheet.head),
        tuple((at, it) for at, number in enumerate(played.order) for it in bars[number].alternates),
        (*sheet.notes, *_metre_notes(metres, metre)),
    )


def _metre_notes(metres: Sequence[tuple[int, str]], outer: str) -> Iterator[str]:
    """What is said of the metres that a chart names: bars are played in the one that is set."""
    changes = [f"{metre} from bar {at + 1} on" for at, metre in metres[1:]]
    if metres and metres[0][1] != outer:
        yield f"the chart is in {metres[0][1]}; set that metre, it is played in {outer} otherwise"
    if changes:
        where = ", ".join(changes)
        yield f"the metre changes ({where}); every bar is played in the metre that is set"


@lru_cache(4)
def _read(text: str, metre: str, spelling: Spelling) -> tuple[Sheet, Played]:
    """The chart as it is written, and the order in which it is played."""
    pieces = tuple(tokens(text))
    used, note = _spelling(pieces, spelling)
    sheet = read(pieces, partial(_parse_symbol, used), metre)
    if note:
        sheet.note(note)
    if not sheet.form.bars:
        raise ChartError("the chart has no chord; write one like 'C7 | F7 | C7 | G7'")
    return sheet, play(sheet.form)


def _spelling(pieces: Sequence[Token], given: Spelling) -> tuple[Spelling, str]:
    """The spelling of a chart: as it says, as is given, or as is guessed, which is said."""
    try:
        named = named_spelling(pieces)
        if named or given.name:
            return (spelling_of(named) if named else given), ""
        return guess(symbols_of(pieces))
    except ValueError as error:
        raise ChartError(str(error)) from None


def _begun(bar: WrittenBar, *, alone: bool) -> ChartBar:
    """The chords of a bar; with the one that goes on, where another bar is played before it."""
    if alone and bar.carried and not (bar.chords and bar.chords[0][0] == 0):
        return ((0.0, bar.carried), *bar.chords)
    return bar.chords


def _sections(bars: Sequence[WrittenBar], order: Sequence[int]) -> tuple[tuple[str, int], ...]:
    return tuple(
        (bars[number].section, at) for at, number in enumerate(order) if bars[number].section
    )


def _metres(
    bars: Sequence[WrittenBar], order: Sequence[int], outer: str
) -> tuple[tuple[int, str], ...]:
    """Where the metre changes, with the one at the beginning; empty where no bar names one."""
    metres = [bars[number].metre for number in order]
    if set(metres) == {outer} and not any(bar.names_metre for bar in bars):
        return ()
    return tuple(
        (at, metre) for at, metre in enumerate(metres) if not at or metre != metres[at - 1]
    )


def bar_texts(text: str) -> list[str]:
    """The text of each bar of any text, as `parse_chart` counts bars."""
    try:
        sheet, played = _read(text, _COMMON, UNKNOWN)
    except (ChartError, ChordError):
        return [" ".join(bar.split()) for bar in text.replace("\n", "|").split("|") if bar.strip()]
    return [sheet.form.bars[number].text or "%" for number in played.order]


def format_bars(bars: Iterable[ChartBar]) -> str:
    """Bars as a chart spells them; the chords of a bar share its beats."""
    return " | ".join(
        " ".join(chord.symbol if chord else "N.C." for _, chord in bar) or "%" for bar in bars
    )


def format_chart(chart: Chart) -> str:
    """The text of a chart, which `parse_chart` reads as the same chart.

    Without its notes and alternates. ChartError for a bar whose chords stand on no beats.
    """
    sections, metres = {at: name for name, at in chart.sections}, dict(chart.metres)
    opens, closes = dict(chart.vamps), {last for _, last in chart.vamps}
    lines = [f"{what.capitalize()}: {value}" for what, value in chart.head]
    line: list[str] = []
    metre = _COMMON
    for at, bar in enumerate(chart.bars):
        if line and (at in sections or len(line) >= 4):
            lines.append(" ".join(line))
            line = []
        if at in sections:
            lines.append(f"[{sections[at]}]")
        metre = metres.get(at, metre)
        marks = ["|:" if at in opens else "|", *([metre] if at in metres else [])]
        line.append(
            " ".join((*marks, _format_bar(bar, metre, at), *([":|"] if at in closes else [])))
        )
    return "\n".join((*lines, " ".join(line)))


def _format_bar(bar: ChartBar, metre: str, number: int) -> str:
    """A bar with the fewest beats on which its chords stand."""
    if not bar:
        return "/"
    places = {share: chord.symbol if chord else "N.C." for share, chord in bar}
    for slots in range(len(bar), 17):
        beats = shares(slots, metre)
        if places.keys() <= set(beats):
            return " ".join(places.get(share, "/") for share in beats)
    raise ChartError(f"bar {number + 1} has chords between its beats; a chart cannot spell it")


def _parse_symbol(spelling: Spelling, symbol: str, position: int) -> Chord | None:
    """The chord of a symbol at `position`; cached, because most symbols of a chart come again."""
    found = _cached_chord(symbol, spelling)
    if isinstance(found, ChordError):
        raise ChordError(
            found.symbol, position + found.position, found.reason, offer=found.offer
        ) from None
    return found


@lru_cache(MAX_CACHED_SYMBOLS)
def _cached_chord(symbol: str, spelling: Spelling) -> Chord | ChordError | None:
    """The chord of a symbol, or the error that it is none."""
    try:
        return parse_chord(symbol, 0, spelling)
    except ChordError as error:
        return error.with_traceback(None)
