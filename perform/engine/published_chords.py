"""What is published of the chords ahead: the chart's current bar, and the bars that come next."""

from perform.engine.harmony import Harmony
from perform.events import OutputEvent, StateChanged
from perform.music.chart import ChartBar, format_bars

CURSOR_ADDRESS = "/chart/bar"  # the address with the chart's current bar; -1 before it begins
EXPECTED_ADDRESS = "/chords/expected"  # the address with the next bars, as a chart spells them


class PublishedChords:
    """Makes the events that publish the chords ahead of a harmony."""

    def __init__(self, harmony: Harmony) -> None:
        self._harmony = harmony
        self._expected: list[ChartBar] = []  # as they were published last

    def cursor(self) -> list[OutputEvent]:
        """The chart's current bar, where there is a chart."""
        if not self._harmony.chart.bars:
            return []
        return [StateChanged(CURSOR_ADDRESS, self._harmony.cursor)]

    def expected(self) -> list[OutputEvent]:
        """The bars that are expected next, where they are not those that were published last."""
        bars = self._harmony.bars_ahead()
        if bars == self._expected:
            return []
        self._expected = bars
        return [StateChanged(EXPECTED_ADDRESS, format_bars(bars))]
