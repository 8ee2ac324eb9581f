"""Stalls of the program: what is too late is passed over, counted and logged."""

import asyncio
import logging
import time
from collections.abc import Callable

from perform.clock.base import Clock
from perform.clock.realtime import TOO_LATE_SECONDS
from perform.clock.transport import Transport
from perform.engine.engine import Engine
from perform.events import Beat, ClockPulse, Event, NoteMessage, OutputEvent, StallEnded

log = logging.getLogger(__name__)
TIMED = (NoteMessage, Beat, ClockPulse)  # events that are left out where they are too late
APART_SECONDS = 10.0  # between two lines; a busy machine stalls again and again


class Stalls:
    """Notices that the program stood still, and lets the engine pass over that time.

    `record`: called with the event that says so, and its tick. `ended`: when the last stall ended.
    """

    def __init__(
        self,
        engine: Engine,
        transport: Transport,
        clock: Clock,
        record: Callable[[int, Event], None],
    ) -> None:
        self._engine = engine
        self._transport = transport
        self._clock = clock
        self._record = record
        self._loop = asyncio.get_running_loop()
        self._logged = self._left_out()
        self._next_line = 0.0
        self.ended = float("-inf")

    def skip(self) -> list[OutputEvent]:
        """The outputs that end a stall: sounding notes end; none where nothing is too late."""
        done: list[OutputEvent] = []
        while (due := self._engine.next_deadline()) is not None:
            now = self._clock.now()
            late = now - self._transport.time_of(due)
            if late <= TOO_LATE_SECONDS:
                break
            self.ended = now
            until = max(self._transport.tick_at(now - TOO_LATE_SECONDS), due) + 1
            stall = StallEnded(until, self._transport.tick_at(now))
            self._record(due - 1, stall)  # the tick up to which all had been played
            done += self._engine.handle(stall, due - 1)
            self._loop.call_soon(self._log, late)
        return done

    def _log(self, seconds: float) -> None:
        """Log a stall of so many seconds, unless a line was logged just before."""
        if time.monotonic() < self._next_line:
            return
        self._next_line = time.monotonic() + APART_SECONDS
        before, self._logged = self._logged, self._left_out()
        notes, beats, pulses = (now - then for now, then in zip(self._logged, before, strict=True))
        log.warning(
            "nothing could be sent for %.1f s; left out since: %d notes, %d beats, %d clock "
            "pulses; the music goes on at its place (is the machine too busy?)",
            *(seconds, notes, beats, pulses),
        )

    def _left_out(self) -> tuple[int, int, int]:
        counts = self._engine.counts
        return counts.skipped_notes, counts.skipped_beats, counts.skipped_pulses
