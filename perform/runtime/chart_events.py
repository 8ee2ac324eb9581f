"""A chart as timed events: the chord changes of a band that plays exactly what is written."""

from perform.engine.metre import COMMON, Metre
from perform.events import ChordChanged
from perform.music.chart import Chart, ChartBar

BLUES = "C7 | F7 | C7 | % | F7 | % | C7 | A7 | Dm7 | G7 | C7 A7 | Dm7 G7"


def unrolled(chart: Chart, times: int = 1) -> Chart:
    """The chart without repeat signs: each vamp is written out twice, the whole `times` times."""
    vamp_starts = {last: first for first, last in chart.vamps}
    bars: list[ChartBar] = []
    for number, bar in enumerate(chart.bars):
        bars.append(bar)
        if number in vamp_starts:
            bars += chart.bars[vamp_starts[number] : number + 1]
    return Chart(tuple(bars) * times)


def chord_events(chart: Chart, metre: Metre = COMMON) -> tuple[tuple[int, ChordChanged], ...]:
    """(tick, event) of each chord, ascending: all bars once, whatever vamps the chart has."""
    return tuple(
        (number * metre.bar + inside, ChordChanged(chord))
        for number, bar in enumerate(chart.bars)
        for inside, (_, chord) in zip(
            metre.chord_ticks([share for share, _ in bar]), bar, strict=True
        )
    )
