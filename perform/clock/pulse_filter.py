"""Tempo and position from another machine's MIDI clock pulses."""

import itertools
from collections import deque
from collections.abc import Sequence

import numpy as np

from perform.clock.transport import FASTEST_BPM, SLOWEST_BPM, TICKS_PER_BEAT, TempoLine

PULSES_PER_BEAT = 24
TICKS_PER_PULSE = TICKS_PER_BEAT // PULSES_PER_BEAT
WINDOW = 8 * PULSES_PER_BEAT  # two milliseconds of jitter leave 0.02 % of a tempo of 120
MIN_PULSES = RECENT_PULSES = 6  # pulses of the first line, and pulses that show a new tempo
LEAST_SPREAD = 0.002  # seconds: pulses that a busy machine delays together are no new tempo
LOST_BEATS = 2.0
# seconds: the longest of any tempo, with the jitter of a busy machine
SLOWEST_PULSE = 1.1 * 60.0 / (SLOWEST_BPM * PULSES_PER_BEAT)
FASTEST_PULSE = 60.0 / (FASTEST_BPM * PULSES_PER_BEAT)
NEAR_LIMIT = 0.01  # the measured tempo of a clock at the fastest or slowest is a little beyond
NEVER_LATE, ALWAYS_LATE = 0.25, 0.6  # pulses: limits of lateness, whatever the jitter
PAUSE_PULSES = 3  # a delay this long after a stop is a pause, not a delayed pulse
JUDGED = 12  # late pulses in a row that decide what they are
STEADY = 0.3  # pulses: groups of late pulses that differ by less are equally late


class PulseFilter:
    """A straight line through MIDI clock pulses (24 a quarter note), whatever their jitter.

    The line is a least-squares fit over up to eight beats. When the last pulses leave it together,
    the tempo has changed, and a new line begins with them.

    Late pulses are not used; the line goes on without them until it is clear what they are.
    Delayed pulses arrive in a bunch and are on time again after it. After lost pulses, all others
    are late by as many. Pulses that are later and later mean a slower tempo. After two beats of
    silence, the count goes on where the line is then; pulses that arrive in a bunch after it were
    held back while this program stood still, and count for nothing.

    After `locate`, the next pulse is at the given tick, however long the pause was. If that pulse
    is a little late, the one after it decides whether it was delayed or the pulses began anew.
    """

    def __init__(self) -> None:
        self._pulses: deque[tuple[int, float]] = deque(maxlen=WINDOW)  # (number, moment)
        self._count = -1
        self._located = False  # whether `locate` has set the tick of the next pulse
        self._trial: float | None = None  # when that pulse came, if it was late
        self._line: TempoLine | None = None
        self._spread = 0.0
        self._late: deque[tuple[float, float]] = deque(maxlen=JUDGED)  # (pulses late, moment)
        self._silent: TempoLine | None = None  # the line before the silence that has just ended
        self._bunched = False  # whether pulses were held back during that silence

    def locate(self, tick: int) -> None:
        """Set the tick of the next pulse: a start, or a song position."""
        self._count = tick // TICKS_PER_PULSE - 1
        self._located, self._silent = True, None
        shift = self._count - self._pulses[-1][0] if self._pulses else 0
        self._pulses = deque(((n + shift, t) for n, t in self._pulses), maxlen=WINDOW)
        if self._line is not None:
            self._line = self._line._replace(tick=self._line.tick + shift * TICKS_PER_PULSE)

    @property
    def tick(self) -> float:
        """The tick of the last pulse."""
        return float(self._count * TICKS_PER_PULSE)

    def add(self, moment: float) -> TempoLine | None:
        """The line after one more pulse; None until there are six."""
        self._count += 1
        located, self._located = self._located, False
        if self._silent is not None and self._was_held_back(self._silent, moment):
            return None
        if self._line is None or not self._pulses:
            if self._pulses and moment - self._pulses[-1][1] > SLOWEST_PULSE:
                self._begin_anew([moment])
                return None
            return self._use(moment)
        seconds = 60.0 / (self._line.bpm * PULSES_PER_BEAT)
        place = self._line.tick / TICKS_PER_PULSE + (moment - self._line.moment) / seconds
        late = place - self._count
        on_time = max(min(4 * self._spread / seconds, ALWAYS_LATE), NEVER_LATE)
        new = self._new_pulses(moment, late, on_time, seconds, located=located)
        if new:
            self._begin_anew(new)
            return None
        if late <= on_time:
            self._late.clear()
            return self._use(moment)
        self._late.append((late, moment))
        if late > LOST_BEATS * PULSES_PER_BEAT:
            self._silent, self._bunched, self._count = self._line, False, round(place)
            self._begin_anew([moment])
        elif len(self._late) == JUDGED:
            self._judge()
        return self._line_at(place)

    def _was_held_back(self, line: TempoLine, moment: float) -> bool:
        """Whether a pulse after a silence is one of a bunch, or the first one behind the bunch.

        The count is then where the line from before the silence is.
        """
        near = moment - self._pulses[-1][1] < FASTEST_PULSE / 2
        held_back, self._bunched = near or self._bunched, near
        if held_back:
            self._count = round(line.tick_at(moment) / TICKS_PER_PULSE)
            self._begin_anew([moment])
        if not near:
            self._silent = None
        return held_back

    def _new_pulses(
        self, moment: float, late: float, on_time: float, seconds: float, *, located: bool
    ) -> list[float]:
        """The moments of the pulses that began anew after `locate`; none where the old ones go on.

        A pulse that is early, or comes after a pause, begins anew. One that is a little late does
        so when the next one follows it in the time of a pulse; else it was delayed.
        """
        first, self._trial = self._trial, None
        if located and (late < -on_time or late >= PAUSE_PULSES):
            return [moment]
        if late <= on_time or not (located or first is not None):
            return []
        if first is not None and moment - first > seconds / 2:
            return [first, moment]
        self._trial = moment
        return []

    def estimate(self, bpm: float) -> TempoLine:
        """The line at the last pulse while there are fewer than six.

        Its tempo is that of the pulses; `bpm` where there is only one.
        """
        (first, since), (last, until) = self._pulses[0], self._pulses[-1]
        if until > since:
            bpm = 60.0 * (last - first) / (PULSES_PER_BEAT * (until - since))
        return TempoLine(self.tick, until, min(max(bpm, SLOWEST_BPM), FASTEST_BPM))

    def _judge(self) -> None:
        """Decide what pulses are that have been late for half a beat."""
        lateness = np.array([late for late, _ in self._late])
        quarters = lateness.reshape(4, -1).mean(axis=1)
        # after a loss, lateness is constant; after a fall of tempo, it grows from 0 all the time
        growth, least = quarters[-1] - quarters[0], np.diff(quarters).min()
        each = growth / (JUDGED - JUDGED // 4)
        steps = growth >= 1 and np.median(np.diff(lateness)) < each / 2  # several losses
        if growth > STEADY and least > growth / 6 and lateness[0] < 1 + each and not steps:
            self._begin_anew([moment for _, moment in self._late])
            self._line = self._fit()
        elif np.ptp(quarters) <= STEADY:
            self._count += round(float(np.median(lateness)))
            self._late.clear()

    def _begin_anew(self, moments: Sequence[float]) -> None:
        first = self._count - len(moments) + 1
        self._pulses = deque(zip(itertools.count(first), moments, strict=False), maxlen=WINDOW)
        self._line = None
        self._late.clear()

    def _use(self, moment: float) -> TempoLine | None:
        self._pulses.append((self._count, moment))
        if len(self._pulses) >= MIN_PULSES:
            self._line = self._fit()
        return self._line

    def _line_at(self, place: float) -> TempoLine | None:
        """The line, given at the pulse that is due at `place` (pulses)."""
        line = self._line
        if line is None:
            return None
        tick = float(round(place) * TICKS_PER_PULSE)
        seconds = (tick - line.tick) / TICKS_PER_BEAT * 60.0 / line.bpm
        return line._replace(tick=tick, moment=line.moment + seconds)

    def _fit(self) -> TempoLine | None:
        counts, moments = np.array(self._pulses).T
        middle = counts.mean()
        slope = float((counts - middle) @ moments / ((counts - middle) ** 2).sum())
        residuals = moments - moments.mean() - slope * (counts - middle)
        if len(counts) > 2 * RECENT_PULSES:
            self._spread = max(float(residuals[:-RECENT_PULSES].std()), LEAST_SPREAD)
            if abs(float(residuals[-RECENT_PULSES:].mean())) > 2 * self._spread:
                self._pulses = deque(list(self._pulses)[-RECENT_PULSES:], maxlen=WINDOW)
                return self._fit()
        measured = 60.0 / max(slope * PULSES_PER_BEAT, 1e-3)
        bpm = min(max(measured, SLOWEST_BPM), FASTEST_BPM)
        if abs(measured - bpm) > NEAR_LIMIT * bpm:
            return None
        now = moments.mean() + slope * (counts[-1] - middle)
        return TempoLine(float(counts[-1]) * TICKS_PER_PULSE, float(now), bpm)
