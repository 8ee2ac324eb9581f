"""A chart as timed events: the chord changes of a band that plays exactly what is written."""

from collections.abc import Iterator

from perform.engine.metre import COMMON, Metre
from perform.events import ChordChanged
from perform.music.chart import Chart

BLUES = "C7 | F7 | C7 | % | F7 | % | C7 | A7 | Dm7 | G7 | C7 A7 | Dm7 G7"


def unrolled(chart: Chart, times: int = 1) -> Chart:
    """The chart without repeat signs: each vamp is written out twice, the whole `times` times."""
    vamp_starts = {last: first for first, last in chart.vamps}
    once: list[int] = []
    for number in range(len(chart.bars)):
        once.append(number)
        if number in vamp_starts:
            once += range(vamp_starts[number], number + 1)
    order = once * times
    begun = {at: name for name, at in chart.sections}
    return chart._replace(
        bars=tuple(chart.bars[number] for number in order),
        vamps=(),
        sections=tuple((begun[it], at) for at, it in enumerate(order) if it in begun),
        metres=tuple((at, it) for at, it in enumerate(_metres(chart, order)) if it),
        alternates=tuple(
            (at, it) for at, n in enumerate(order) for k, it in chart.alternates if k == n
        ),
    )


def _metres(chart: Chart, order: list[int]) -> Iterator[str]:
    """The metre of each bar of an order where it is another than before, else nothing."""
    named, metres, now = dict(chart.metres), [], ""
    for number in range(len(chart.bars)):
        now = named.get(number, now)
        metres.append(now)
    for at, number in enumerate(order):
        yield "" if at and metres[order[at - 1]] == metres[number] else metres[number]


def chord_events(chart: Chart, metre: Metre = COMMON) -> tuple[tuple[int, ChordChanged], ...]:
    """(tick, event) of each chord, ascending: all bars once, whatever vamps the chart has."""
    return tuple(
        (number * metre.bar + inside, ChordChanged(chord))
        for number, bar in enumerate(chart.bars)
        for inside, (_, chord) in zip(
            metre.chord_ticks([share for share, _ in bar]), bar, strict=True
        )
    )
