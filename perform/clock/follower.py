"""Keeping time with others: a line through somebody else's pulses, and a transport kept on that line."""

import itertools
import math
from collections import deque
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

import numpy as np

from perform.clock.transport import FASTEST_BPM, SLOWEST_BPM, TICKS_PER_BEAT, Transport

PULSES_PER_BEAT = 24
TICKS_PER_PULSE = TICKS_PER_BEAT // PULSES_PER_BEAT
WINDOW = 8 * PULSES_PER_BEAT  # two milliseconds of jitter leave 0.02 % of a tempo of 120
FEWEST = RECENT = 6
LEAST_SPREAD = 0.002  # seconds: machines stall together for that long, and no tempo has changed
LOST_BEATS = 2.0
SLOWEST_PULSE = 60.0 / (SLOWEST_BPM * PULSES_PER_BEAT)  # seconds: no tempo has a longer one
HARDLY, CERTAINLY = (
    0.25,
    0.6,
)  # of a pulse: no later is never late, later always, whatever the jitter
PAUSED = 3  # pulses after which nobody presses start again so soon: it is no stall
JUDGED = 12  # late pulses, before it is said what they are
STEADY = 0.3  # pulses by which quarters of them differ where they are late alike
HEADROOM = 0.002  # seconds in which the first notes are worked out, so that they are in time too
TAPS, SLOWEST_TAP = 8, 60.0 / SLOWEST_BPM


class TempoLine(NamedTuple):
    """Somebody's time: `tick` (480 a quarter note) is at `moment` (seconds), and goes on at `bpm`."""

    tick: float
    moment: float
    bpm: float


class PulseFilter:
    """A straight line through MIDI clock pulses (24 a quarter note), whatever their jitter.

    Least squares over up to eight beats. When the last pulses leave the line together, the tempo has
    changed, and the line begins anew from them. Pulses that come too late are not measured: the line goes on
    without them until it is clear what they are. Pulses that were held up come in a bunch and are in time again
    after it; where some were lost, all that follow are late by as many; where each is later than the one
    before, the tempo fell. After two beats of silence the count is taken up where it would be. Where they said at which
    tick the next pulse is, it is there, however long they paused; if it comes a little late, the one after it decides whether
    it was held up or their pulses began anew.
    """

    def __init__(self) -> None:
        self._pulses: deque[tuple[int, float]] = deque(maxlen=WINDOW)
        self._count = -1
        self._located = False  # whether they said at which tick the next pulse is
        self._trial: float | None = None  # when that came, where it was late
        self._line: TempoLine | None = None
        self._spread = 0.0
        self._late: deque[tuple[float, float]] = deque(maxlen=JUDGED)  # (pulses late, moment)

    def locate(self, tick: int) -> None:
        """The next pulse is at this tick: a start, or a song position."""
        self._count = tick // TICKS_PER_PULSE - 1
        self._located = True
        shift = self._count - self._pulses[-1][0] if self._pulses else 0
        self._pulses = deque(((n + shift, t) for n, t in self._pulses), maxlen=WINDOW)
        if self._line is not None:
            self._line = self._line._replace(tick=self._line.tick + shift * TICKS_PER_PULSE)

    @property
    def tick(self) -> float:
        """The tick of the last pulse."""
        return float(self._count * TICKS_PER_PULSE)

    def pulse(self, moment: float) -> TempoLine | None:
        """The line after one more pulse; None until there are a few."""
        self._count += 1
        located, self._located = self._located, False
        if self._line is None or not self._pulses:
            if self._pulses and moment - self._pulses[-1][1] > SLOWEST_PULSE:
                self._begin_anew([moment])
                return None
            return self._add(moment)
        seconds = 60.0 / (self._line.bpm * PULSES_PER_BEAT)
        place = self._line.tick / TICKS_PER_PULSE + (moment - self._line.moment) / seconds
        late = place - self._count
        in_time = max(min(4 * self._spread / seconds, CERTAINLY), HARDLY)
        anew = self._beginning(moment, late, in_time, seconds, located=located)
        if anew:
            self._begin_anew(anew)
            return None
        if late <= in_time:
            self._late.clear()
            return self._add(moment)
        self._late.append((late, moment))
        if late > LOST_BEATS * PULSES_PER_BEAT:
            self._count = round(place)
            self._begin_anew([moment])
        elif len(self._late) == JUDGED:
            self._judge()
        return self._near(place)

    def _beginning(
        self, moment: float, late: float, in_time: float, seconds: float, *, located: bool
    ) -> list[float]:
        """The pulses with which theirs began anew, where they said at which tick the next one is; none where they go
        on as before. What is early or comes after a pause is one; of what is a little late one was held up, and two
        in their own time are new.
        """
        first, self._trial = self._trial, None
        if located and (late < -in_time or late >= PAUSED):
            return [moment]
        if late <= in_time or not (located or first is not None):
            return []
        if first is not None and moment - first > seconds / 2:
            return [first, moment]
        self._trial = moment
        return []

    def rough(self, bpm: float) -> TempoLine:
        """The line at the last pulse while there are too few: at the tempo between them, or at `bpm` where it is the
        only one.
        """
        (first, since), (last, until) = self._pulses[0], self._pulses[-1]
        if until > since:
            bpm = 60.0 * (last - first) / (PULSES_PER_BEAT * (until - since))
        return TempoLine(self.tick, until, min(max(bpm, SLOWEST_BPM), FASTEST_BPM))

    def _judge(self) -> None:
        """What pulses are that have been late for half a beat."""
        lateness = np.array([late for late, _ in self._late])
        quarters = lateness.reshape(4, -1).mean(axis=1)
        # a loss is a step, after which lateness stands; a tempo that fell makes it grow all the time, from nothing
        growing, least = quarters[-1] - quarters[0], np.diff(quarters).min()
        each = growing / (JUDGED - JUDGED // 4)
        steps = growing >= 1 and np.median(np.diff(lateness)) < each / 2  # several losses
        if growing > STEADY and least > growing / 6 and lateness[0] < 1 + each and not steps:
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

    def _add(self, moment: float) -> TempoLine | None:
        self._pulses.append((self._count, moment))
        if len(self._pulses) >= FEWEST:
            self._line = self._fit()
        return self._line

    def _near(self, place: float) -> TempoLine | None:
        """The line at the pulse that would be in time now."""
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
        away = moments - moments.mean() - slope * (counts - middle)
        if len(counts) > 2 * RECENT:
            self._spread = max(float(away[:-RECENT].std()), LEAST_SPREAD)
            if abs(float(away[-RECENT:].mean())) > 2 * self._spread:
                self._pulses = deque(list(self._pulses)[-RECENT:], maxlen=WINDOW)
                return self._fit()
        bpm = 60.0 / max(slope * PULSES_PER_BEAT, 1e-3)
        if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
            return None
        now = moments.mean() + slope * (counts[-1] - middle)
        return TempoLine(float(counts[-1]) * TICKS_PER_PULSE, float(now), bpm)


class TapTempo:
    """A tempo out of taps: the median of the last intervals, begun anew after a pause."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque(maxlen=TAPS)

    def tap(self, moment: float) -> float | None:
        """Quarter notes a minute after a tap; None for the first, or one too fast to be meant."""
        if self._moments and moment - self._moments[-1] > SLOWEST_TAP:
            self._moments.clear()
        self._moments.append(moment)
        if len(self._moments) < 2:
            return None
        moments = list(self._moments)
        seconds = median(b - a for a, b in itertools.pairwise(moments))
        return 60.0 / seconds if seconds >= 60.0 / FASTEST_BPM else None


class Follower:
    """A transport that keeps to somebody else's line, without ever jumping.

    `quantum`: ticks of theirs at whose multiples our bar lines stand: a bar for Link, a beat for a
    MIDI clock that says no start.
    """

    def __init__(self, transport: Transport, quantum: int) -> None:
        self._transport = transport
        self._quantum = quantum
        self._line: TempoLine | None = None
        self._origin = 0.0
        self._agreed = False  # whether they said where they stand, so that their ticks are ours
        self._by_beat = False  # whether it is to be found anew which beat of theirs is ours

    @property
    def line(self) -> TempoLine | None:
        """Their line as it was seen last."""
        return self._line

    def measure(self, quantum: int) -> None:
        """A bar has so many ticks from now on. What rolls keeps to their beats; a start finds their bar line."""
        if quantum != self._quantum:
            self._quantum, self._by_beat = quantum, self._transport.running

    def observe(self, line: TempoLine, now: float) -> None:
        """Their line, seen again: the transport bends towards it.

        Where their ticks are counted from elsewhere than we thought (we rolled before we heard them, or
        joined a session), the nearest multiple of the quantum is ours from then on.
        """
        self._line = line
        if not self._transport.running:
            self._transport.set_tempo(line.bpm, now)
            return
        if not self._agreed:
            away = _tick_of(line, now) - self._origin - self._transport.place_at(now)
            step = TICKS_PER_BEAT if self._by_beat else self._quantum
            self._origin += round(away / step) * step
            self._by_beat = False
        self._transport.follow(line.tick - self._origin, line.moment, line.bpm, now)

    def start(self, now: float) -> None:
        """From tick 0, at the next multiple of the quantum; two milliseconds from now where no line is known."""
        self._agreed = self._by_beat = False
        if self._line is None:
            self._transport.start(now + HEADROOM)
            return
        theirs = _tick_of(self._line, now)
        wait = self._until(-theirs)
        self._origin = theirs + wait
        self._transport.start(now + wait / _ticks_a_second(self._line))

    def resume(self, now: float) -> None:
        """From the tick at which it stopped, as soon as theirs is at the same place of the quantum."""
        if self._transport.running:
            return
        self._agreed = self._by_beat = False
        if self._line is None:
            self._transport.resume(now)
            return
        here = self._transport.place_at(now)
        theirs = _tick_of(self._line, now)
        wait = self._until(here - theirs)
        self._origin = theirs + wait - here
        self._transport.resume(now + wait / _ticks_a_second(self._line))

    def start_at(self, line: TempoLine, held: float = -math.inf) -> None:
        """Their ticks are ours from now on, none before `held`: they said where they stand."""
        self._line, self._origin = line, 0.0
        self._agreed = True
        self._transport.set_tempo(line.bpm, line.moment)
        self._transport.start(line.moment - line.tick / _ticks_a_second(line), held)

    def _until(self, ticks: float) -> float:
        """The least wait, in ticks, that differs from so many by multiples of the quantum.

        A hair after the bar line is on it: whoever presses start on the one means this one.
        """
        hair = self._quantum / 32
        return (ticks + hair) % self._quantum - hair


def _ticks_a_second(line: TempoLine) -> float:
    return line.bpm * TICKS_PER_BEAT / 60.0


def _tick_of(line: TempoLine, now: float) -> float:
    """Where a line is at a moment."""
    return line.tick + (now - line.moment) * _ticks_a_second(line)
