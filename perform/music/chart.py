"""Charts: written chord progressions, `C7 | F7 | C7 % | ...`, one symbol or more in a bar."""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from perform.errors import ChartError, ChordError
from perform.music.chord import Chord, parse_chord

MAX_CHORDS_PER_BAR = 6  # in a bar: one a beat in 6/4
MAX_CACHED_SYMBOLS = 1024
ChartBar = tuple[tuple[float, Chord | None], ...]
_SYMBOL = re.compile(r"\S+")
_COMMENT = re.compile(r"^[ \t]*# .*", re.MULTILINE)
_BAR_LINE = re.compile(r"[\s:]*[|\n][\s:|]*")


class Chart(NamedTuple):
    """The chords of each bar, as (share of the bar gone by, chord); None is "no chord" (N.C.).

    A bar without a chord at its beginning goes on with the chord before it. `vamps`: the (first,
    last) bars, from 0, of each repeat; the engine repeats them until the player leaves the vamp.
    """

    bars: tuple[ChartBar, ...] = ()
    vamps: tuple[tuple[int, int], ...] = ()


def parse_chart(text: str) -> Chart:
    """The chart that a text spells.

    Bars stand between `|` or line ends, chords between spaces; a line that starts with `# ` is a
    comment. The chords of a bar share its beats: two have two beats each, three have 2, 1 and 1;
    brackets around chords have no meaning. `%` alone repeats the bar before it; beside other
    chords it repeats the chord before it. `|:` and `:|` enclose a vamp; without `|:` the vamp
    begins after the vamp before it, or with the chart.

    ChordError names an unknown symbol and its position in the text; ChartError any other fault.
    """
    bars: list[ChartBar] = []
    vamps: list[tuple[int, int]] = []
    opened: tuple[int, int] | None = None  # position of an open |: and the number of its first bar
    begun = False  # whether there is a chord to repeat
    for position, item in _items(text):
        if item == ":|":
            first = opened[1] if opened else vamps[-1][1] + 1 if vamps else 0
            if first == len(bars):
                raise ChartError(
                    f"the :| at character {position + 1} has no bar before it to repeat"
                )
            vamps.append((first, len(bars) - 1))
            opened = None
        elif item == "|:":
            if opened:
                break
            opened = position, len(bars)
        elif begun and item.strip(" \t()") == "%":
            bars.append(_repeat_last(bars))
        else:
            bars.append(_parse_bar(item, position, len(bars) + 1, begun))
            begun = begun or bool(bars[-1])
    if opened:
        raise ChartError(
            f"the |: at character {opened[0] + 1} is not closed; end the repeat with :|"
        )
    if not bars:
        raise ChartError("the chart has no chord; write one like 'C7 | F7 | C7 | G7'")
    return Chart(tuple(bars), tuple(vamps))


def bar_texts(text: str) -> list[str]:
    """The text of each bar of any text, as `parse_chart` counts bars."""
    return [" ".join(item.split()) for _, item in _items(text) if "|" not in item]


def format_bars(bars: Iterable[ChartBar]) -> str:
    """Bars as a chart spells them; the chords of a bar share its beats."""
    return " | ".join(
        " ".join(chord.symbol if chord else "N.C." for _, chord in bar) or "%" for bar in bars
    )


def _parse_bar(text: str, start: int, number: int, begun: bool) -> ChartBar:
    """The chords of a bar whose text stands at `start`. `begun`: there is a chord to repeat."""
    symbols = [_strip_brackets(start + found.start(), found[0]) for found in _SYMBOL.finditer(text)]
    symbols = [each for each in symbols if each[1]]
    if len(symbols) > MAX_CHORDS_PER_BAR:
        raise ChartError(
            f"bar {number} has {len(symbols)} chords, a bar takes {MAX_CHORDS_PER_BAR}; "
            "put a | between bars"
        )
    bar: list[tuple[float, Chord | None]] = []
    for share, (position, symbol) in zip(_shares(len(symbols)), symbols, strict=True):
        if symbol != "%":
            bar.append((share, _parse_symbol(symbol, position)))
        elif not (begun or bar):
            raise ChartError(f"the % at character {position + 1} has no chord before it to repeat")
    return tuple(bar)


def _strip_brackets(position: int, symbol: str) -> tuple[int, str]:
    """A symbol and its position, without brackets around it or around a group that it begins or
    ends.
    """
    inside = symbol.lstrip("(")
    position += len(symbol) - len(inside)
    while inside.endswith(")") and inside.count(")") > inside.count("("):
        inside = inside[:-1]
    return position, inside


def _repeat_last(bars: list[ChartBar]) -> ChartBar:
    """A repeat of the last bar; empty where its one chord just goes on."""
    bar = bars[-1]
    if bar and bar[0][0] > 0:  # it began with the chord before it
        bar = ((0.0, next(each for each in reversed(bars[:-1]) if each)[-1][1]), *bar)
    return bar if len(bar) > 1 else ()


def _parse_symbol(symbol: str, position: int) -> Chord | None:
    """The chord of a symbol at `position`; cached, because most symbols of a chart come again."""
    try:
        return _cached_chord(symbol)
    except ChordError:
        return parse_chord(symbol, position)  # raises with the position


@lru_cache(MAX_CACHED_SYMBOLS)
def _cached_chord(symbol: str) -> Chord | None:
    return parse_chord(symbol)


def _items(text: str) -> Iterator[tuple[int, str]]:
    """(position, text): the bars and repeat signs of a text, in order."""
    text = _COMMENT.sub(lambda line: " " * len(line[0]), text)
    position = 0
    for line in (*_BAR_LINE.finditer(text), None):
        end = line.start() if line else len(text)
        if text[position:end].strip():
            yield position, text[position:end]
        if line:
            yield from _repeat_signs(line[0], line.start())
            position = line.end()


def _repeat_signs(line: str, start: int) -> Iterator[tuple[int, str]]:
    """(position, sign): the repeat signs between two bars. A colon before a bar line closes a
    repeat, a colon after one opens it.
    """
    after_line = False
    for place, mark in enumerate(line):
        if mark != ":":
            after_line = after_line or mark == "|"
        elif line[place + 1 : place + 2] == "|" or (
            not after_line and line[place - 1 : place] != "|"
        ):
            yield start + place, ":|"
        else:
            yield start + max(place - 1, 0), "|:"


@cache
def _shares(chords: int) -> tuple[float, ...]:
    """The share of the bar gone by at each of its chords."""
    if chords == 3:
        return (0.0, 0.5, 0.75)
    return tuple(place / chords for place in range(chords))
