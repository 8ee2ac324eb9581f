"""Charts: written chord progressions, `C7 | F7 | C7 % | ...`, one symbol or more a bar."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from perform.errors import ChartError, ChordError
from perform.music.chord import Chord, parse_chord

MOST_CHORDS = 6  # in a bar: one a beat in 6/4
MOST_KNOWN = 1024  # symbols whose chord is remembered
ChartBar = tuple[tuple[float, Chord | None], ...]
_SYMBOL = re.compile(r"\S+")
_COMMENT = re.compile(r"^[ \t]*# .*", re.MULTILINE)
_LINE = re.compile(r"[\s:]*[|\n][\s:|]*")


class Chart(NamedTuple):
    """For each bar its chords, as (share of the bar gone by, chord); None is "no chord".

    `vamps`: (first, last) bars, from 0, between `|:` and `:|`, that go round until somebody says next.
    """

    bars: tuple[ChartBar, ...] = ()
    vamps: tuple[tuple[int, int], ...] = ()


def parse_chart(text: str) -> Chart:
    """The chart that a text spells: bars between `|` or line ends, chords between spaces.

    `%` alone repeats the bar before it, among other chords the chord before it; chords that share a bar share its beats
    (two: two beats each; three: 2, 1, 1; more than beats: quavers), and may stand in brackets. `|:` and `:|` stand
    around a vamp; without `|:` it begins after the vamp before, or with the chart. `#` at the start of a line makes
    it a comment. ChordError names an unknown symbol and its position in the text; ChartError says what else is wrong.
    """
    bars: list[ChartBar] = []
    vamps: list[tuple[int, int]] = []
    opened: tuple[int, int] | None = None  # position of the |: that waits for its :|, bar after it
    begun = False
    for position, what in _tokens(text):
        if what == ":|":
            first = opened[1] if opened else vamps[-1][1] + 1 if vamps else 0
            if first == len(bars):
                raise ChartError(
                    f"the :| at character {position + 1} has no bar before it to repeat"
                )
            vamps.append((first, len(bars) - 1))
            opened = None
        elif what == "|:":
            if opened:
                break
            opened = position, len(bars)
        elif begun and what.strip(" \t()") == "%":
            bars.append(_again(bars))
        else:
            bars.append(_bar(what, position, len(bars) + 1, begun))
            begun = begun or bool(bars[-1])
    if opened:
        raise ChartError(
            f"the |: at character {opened[0] + 1} is not closed; end the repeat with :|"
        )
    if not bars:
        raise ChartError("the chart has no chord; write one like 'C7 | F7 | C7 | G7'")
    return Chart(tuple(bars), tuple(vamps))


def bar_texts(text: str) -> list[str]:
    """What stands in each bar, as `parse_chart` counts them, without comments and repeat signs; of any text."""
    return [" ".join(what.split()) for _, what in _tokens(text) if "|" not in what]


def _bar(cell: str, start: int, number: int, begun: bool) -> ChartBar:
    """The chords of a bar that stands at `start`; `begun`: there is a chord before it to repeat."""
    symbols = [_bare(start + found.start(), found[0]) for found in _SYMBOL.finditer(cell)]
    symbols = [each for each in symbols if each[1]]  # no brackets alone
    if len(symbols) > MOST_CHORDS:
        raise ChartError(
            f"bar {number} has {len(symbols)} chords, a bar takes {MOST_CHORDS}; put a | between bars"
        )
    bar: list[tuple[float, Chord | None]] = []
    for share, (position, symbol) in zip(_shares(len(symbols)), symbols, strict=True):
        if symbol != "%":
            bar.append((share, _chord(symbol, position)))
        elif not (begun or bar):
            raise ChartError(f"the % at character {position + 1} has no chord before it to repeat")
    return tuple(bar)


def _bare(position: int, symbol: str) -> tuple[int, str]:
    """A symbol without the brackets that stand around it, or around several, as around a turnaround."""
    inside = symbol.lstrip("(")
    position += len(symbol) - len(inside)
    while inside.endswith(")") and inside.count(")") > inside.count("("):
        inside = inside[:-1]
    return position, inside


def _again(bars: list[ChartBar]) -> ChartBar:
    """The last of these bars once more: nothing new where it has one chord, which goes on."""
    bar = bars[-1]
    if bar and bar[0][0] > 0:  # it began with what sounded before it
        bar = ((0.0, next(each for each in reversed(bars[:-1]) if each)[-1][1]), *bar)
    return bar if len(bar) > 1 else ()


def _chord(symbol: str, position: int) -> Chord | None:
    """The chord of a symbol that stands at `position`; most symbols of a chart come again."""
    try:
        return _known(symbol)
    except ChordError:
        return parse_chord(symbol, position)  # which says where it stands


@lru_cache(MOST_KNOWN)
def _known(symbol: str) -> Chord | None:
    return parse_chord(symbol)


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    """Bars and repeat signs in their order, with where each stands in the text."""
    text = _COMMENT.sub(lambda line: " " * len(line[0]), text)
    at = 0
    for line in (*_LINE.finditer(text), None):
        end = line.start() if line else len(text)
        if text[at:end].strip():
            yield at, text[at:end]
        if line:
            yield from _signs(line[0], line.start())
            at = line.end()


def _signs(line: str, start: int) -> Iterator[tuple[int, str]]:
    """The repeat signs of what stands between two bars: a colon closes before a bar line, and opens after one."""
    inside = False
    for place, mark in enumerate(line):
        if mark != ":":
            inside = inside or mark == "|"
        elif line[place + 1 : place + 2] == "|" or (not inside and line[place - 1 : place] != "|"):
            yield start + place, ":|"
        else:
            yield start + max(place - 1, 0), "|:"


@cache
def _shares(chords: int) -> tuple[float, ...]:
    if chords == 3:
        return (0.0, 0.5, 0.75)
    return tuple(place / chords for place in range(chords))
