"""Keeps a transport in time with another machine: a MIDI clock, or Ableton Link."""

import math
from typing import Literal

from perform.clock.transport import TICKS_PER_BEAT, TempoLine, Transport

ClockAction = Literal["start", "continue", "locate"]  # "locate": it moves, and rolls on
NEAR = 1 / 8  # of a quantum: a leader this near is met by bending, also after a stall
HEADROOM_SECONDS = 0.002  # time to work out the first notes, so that they are on time, too


class Follower:
    """Bends a transport towards the tempo line of another machine (the leader); ticks never jump.

    `quantum`: leader's ticks; our bar lines stand at its multiples. A bar for Link, a beat for a
    MIDI clock, which does not say where its bars are.
    """

    def __init__(self, transport: Transport, quantum: int) -> None:
        self._transport = transport
        self._quantum = quantum
        self._line: TempoLine | None = None
        self._origin = 0.0  # the leader's tick at our tick 0
        self._same_ticks = False  # whether the leader gave its position, so that its ticks are ours
        self._step = quantum  # at whose multiples our bar lines may stand

    @property
    def line(self) -> TempoLine | None:
        """The leader's last known line."""
        return self._line

    def set_quantum(self, quantum: int) -> None:
        """Set the ticks of a bar, in which the leader counts from now on.

        A running transport keeps its beats, see `ticks_to_bar`; a start finds its bar.
        """
        common = math.gcd(quantum, self._quantum)
        self._quantum, self._step = quantum, common if self._transport.running else quantum

    def ticks_to_bar(self, tick: int) -> int:
        """How many ticks after a tick of ours the leader's next bar line is; 0 on the line."""
        return round(-(tick + self._origin)) % self._quantum

    def observe(self, line: TempoLine, now: float) -> None:
        """Bend the transport towards the leader's present line.

        The leader may count ticks from another place, for example when it joined after our start.
        Then the nearest multiple of the quantum becomes ours.
        """
        self._line = line
        if not self._transport.running:
            self._transport.set_tempo(line.bpm, now)
            return
        if not self._same_ticks:
            offset = line.tick_at(now) - self._origin - self._transport.position_at(now)
            self._origin += round(offset / self._step) * self._step
            self._step = self._quantum
        self._transport.follow(line.tick - self._origin, line.moment, line.bpm, now)

    def catch_up(self, line: TempoLine, now: float) -> None:
        """As `observe`, after a stall: jump to a leader that is further on, and bend to a near one.

        Its tempo may have changed meanwhile. One that is behind is met at its next bar line (or
        beat, see `quantum`), because ticks do not go back.
        """
        if self._transport.running:
            ahead = line.tick_at(now) - self._origin - self._transport.position_at(now)
            if not self._same_ticks:
                bars = math.floor(ahead / self._quantum + NEAR)
                self._origin += bars * self._quantum
                ahead -= bars * self._quantum
            if ahead > NEAR * self._quantum:
                self._transport.jump(ahead, now)
        self.observe(line, now)

    def start(self, now: float, count_in: int = 0) -> None:
        """Start from tick 0 at the next multiple of the quantum; after 2 ms without a line.

        `count_in`: so many ticks are counted there before tick 0.
        """
        self._same_ticks, self._step = False, self._quantum
        if self._line is None:
            seconds = count_in * 60.0 / (TICKS_PER_BEAT * self._transport.bpm)
            self._transport.start(now + HEADROOM_SECONDS + seconds)
            return
        leader = self._line.tick_at(now)
        wait = self._ticks_until(-leader) + count_in
        self._origin = leader + wait
        self._transport.start(now + wait / self._line.ticks_per_second)

    def resume(self, now: float) -> None:
        """Continue from the tick of the stop, when the leader is there (modulo the quantum)."""
        if self._transport.running:
            return
        self._same_ticks, self._step = False, self._quantum
        if self._line is None:
            self._transport.resume(now)
            return
        here = self._transport.position_at(now)
        leader = self._line.tick_at(now)
        wait = self._ticks_until(here - leader)
        self._origin = leader + wait - here
        self._transport.resume(now + wait / self._line.ticks_per_second)

    def start_at(self, line: TempoLine, held: float = -math.inf) -> None:
        """Start at the leader's position, with its ticks; none comes before tick `held`."""
        self._line, self._origin = line, 0.0
        self._same_ticks = True
        self._transport.set_tempo(line.bpm, line.moment)
        self._transport.start(line.moment - line.tick / line.ticks_per_second, held)

    def _ticks_until(self, ticks: float) -> float:
        """The shortest wait, in ticks, that equals `ticks` up to multiples of the quantum.

        Just after a bar line, the wait is 0 or less: a player who presses start then means that
        line.
        """
        tolerance = self._quantum / 32
        return (ticks + tolerance) % self._quantum - tolerance
