"""Charts: written chord progressions, `C7 | F7 | C7 % | ...`, one symbol or more a bar."""

from typing import NamedTuple

from perform.errors import ChartError
from perform.music.chord import Chord, parse_chord
from perform.music.note import BEATS_PER_BAR

Bar = tuple[tuple[float, Chord | None], ...]


class Chart(NamedTuple):
    """For each bar its chords, as (share of the bar gone by, chord); None is "no chord".

    `vamps`: (first, last) bars, from 0, between `|:` and `:|`, that go round until somebody says next.
    """

    bars: tuple[Bar, ...]
    vamps: tuple[tuple[int, int], ...] = ()


def parse_chart(text: str) -> Chart:
    """The chart that a text spells: bars between `|` or line ends, chords between spaces.

    `%` repeats the chord before it; chords that share a bar share its beats (two: two beats each;
    three: 2, 1, 1). `|:` and `:|` stand around a vamp. `#` at the start of a line makes it a comment.
    ChordError names an unknown symbol and its position in the text; ChartError says what else is
    wrong.
    """
    bars: list[Bar] = []
    vamps: list[tuple[int, int]] = []
    open_vamp: int | None = None
    begun = False
    for start, cell in _cells(text):
        marks = cell.split()
        if marks[0] == ":" or marks[0].startswith(":"):
            open_vamp = len(bars)
        symbols = _words(cell, start)
        if len(symbols) > BEATS_PER_BAR:
            raise ChartError(
                f"bar {len(bars) + 1} has {len(symbols)} chords, a bar has {BEATS_PER_BAR} beats; "
                "put a | between bars"
            )
        bar: list[tuple[float, Chord | None]] = []
        for share, (position, symbol) in zip(_shares(len(symbols)), symbols, strict=True):
            if symbol != "%":
                bar.append((share, parse_chord(symbol, position)))
                begun = True
            elif not begun:
                raise ChartError(
                    f"the % at character {position + 1} has no chord before it to repeat"
                )
        bars.append(tuple(bar))
        if marks[-1].endswith(":") and open_vamp is not None:
            vamps.append((open_vamp, len(bars) - 1))
            open_vamp = None
    if not bars:
        raise ChartError("the chart has no chord; write one like 'C7 | F7 | C7 | G7'")
    return Chart(tuple(bars), tuple(vamps))


def _cells(text: str) -> list[tuple[int, str]]:
    """Non-empty bars with where each stands in the text."""
    cells = []
    position = 0
    for line in text.split("\n"):
        if not line.lstrip().startswith("# "):
            at = position
            for cell in line.split("|"):
                if cell.strip(" \t\r:"):
                    cells.append((at, cell))
                at += len(cell) + 1
        position += len(line) + 1
    return cells


def _words(cell: str, start: int) -> list[tuple[int, str]]:
    """The symbols of a bar with where each stands, without the repeat signs beside its lines."""
    words = []
    at = 0
    found = cell.split()
    for place, whole in enumerate(found):
        at = cell.index(whole, at)
        word, skipped = whole, 0
        if place == 0 and word.startswith(":"):
            word, skipped = word[1:], 1
        if place == len(found) - 1 and word.endswith(":"):
            word = word[:-1]
        if word:
            words.append((start + at + skipped, word))
        at += len(whole)
    return words


def _shares(chords: int) -> tuple[float, ...]:
    return {0: (), 1: (0.0,), 2: (0.0, 0.5), 3: (0.0, 0.5, 0.75), 4: (0.0, 0.25, 0.5, 0.75)}[chords]
