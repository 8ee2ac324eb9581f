"""A chart as events: what a band would play that keeps to the page."""

from typing import NamedTuple

from perform.engine.metre import COMMON, Metre
from perform.events import ChordChanged
from perform.music import chart as written

BLUES = "C7 | F7 | C7 | % | F7 | % | C7 | A7 | Dm7 | G7 | C7 A7 | Dm7 G7"


class Chart(NamedTuple):
    """Chords with the tick at which each begins, and how many bars of which metre the whole has."""

    changes: tuple[tuple[int, ChordChanged], ...]
    bars: int
    metre: Metre = COMMON

    @property
    def ticks(self) -> int:
        """How long it is."""
        return self.bars * self.metre.bar


def parse_chart(text: str, metre: Metre = COMMON) -> Chart:
    """The chart that a text spells, once through in a metre, what stands between repeat signs twice; faults as
    in `perform.music.chart`.
    """
    bars = _unrolled(written.parse_chart(text))
    changes = tuple(
        (number * metre.bar + inside, ChordChanged(chord))
        for number, bar in enumerate(bars)
        for inside, (_, chord) in zip(metre.chord_ticks([it[0] for it in bar]), bar, strict=True)
    )
    return Chart(changes, len(bars), metre)


def _unrolled(chart: written.Chart) -> list[written.Bar]:
    again = {last: first for first, last in chart.vamps}
    bars: list[written.Bar] = []
    for number, bar in enumerate(chart.bars):
        bars.append(bar)
        if number in again:
            bars += chart.bars[again[number] : number + 1]
    return bars


def repeated(chart: Chart, times: int) -> Chart:
    """The chart played `times` times over."""
    changes = tuple(
        (turn * chart.ticks + tick, change)
        for turn in range(times)
        for tick, change in chart.changes
    )
    return chart._replace(changes=changes, bars=chart.bars * times)
