"""Charts: written chord progressions, `C7 | F7 | C7 % | ...`, one symbol or more a bar."""

from typing import NamedTuple

from perform.errors import ChartError
from perform.events import ChordChanged
from perform.music.chord import Chord, parse_chord
from perform.music.note import BEATS_PER_BAR, TICKS_PER_BAR, TICKS_PER_BEAT

BLUES = "C7 | F7 | C7 | % | F7 | % | C7 | A7 | Dm7 | G7 | C7 A7 | Dm7 G7"


class Chart(NamedTuple):
    """Chords with the tick at which each begins, and how many bars the whole has."""

    changes: tuple[tuple[int, ChordChanged], ...]
    bars: int


def parse_chart(text: str) -> Chart:
    """The chart that a text spells: bars between `|` or line ends, chords between spaces.

    `%` repeats the chord before it; chords that share a bar share its beats (two: two beats each;
    three: 2, 1, 1). `#` at the start of a line makes it a comment. ChordError names an unknown
    symbol and its position in the text; ChartError says what else is wrong.
    """
    changes: list[tuple[int, ChordChanged]] = []
    bar = 0
    chord: Chord | None = None
    begun = False
    for start, cell in _cells(text):
        symbols = _words(cell, start)
        if len(symbols) > BEATS_PER_BAR:
            raise ChartError(
                f"bar {bar + 1} has {len(symbols)} chords, a bar has {BEATS_PER_BAR} beats; "
                "put a | between bars"
            )
        for beat, (position, symbol) in zip(_beats(len(symbols)), symbols, strict=True):
            if symbol != "%":
                chord, begun = parse_chord(symbol, position), True
            elif not begun:
                raise ChartError(
                    f"the % at character {position + 1} has no chord before it to repeat"
                )
            if symbol != "%":
                tick = bar * TICKS_PER_BAR + beat * TICKS_PER_BEAT
                changes.append((tick, ChordChanged(chord)))
        bar += 1
    if not bar:
        raise ChartError("the chart has no chord; write one like 'C7 | F7 | C7 | G7'")
    return Chart(tuple(changes), bar)


def repeated(chart: Chart, times: int) -> Chart:
    """The chart played `times` times over."""
    length = chart.bars * TICKS_PER_BAR
    changes = tuple(
        (turn * length + tick, change) for turn in range(times) for tick, change in chart.changes
    )
    return Chart(changes, chart.bars * times)


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
    words = []
    at = 0
    for word in cell.split():
        at = cell.index(word, at)
        if word != ":":  # a repeat sign beside the bar line
            words.append((start + at, word))
        at += len(word)
    return words


def _beats(chords: int) -> tuple[int, ...]:
    return {0: (), 1: (0,), 2: (0, 2), 3: (0, 2, 3), 4: (0, 1, 2, 3)}[chords]
