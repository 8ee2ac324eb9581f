"""What events do to the transport: start, with or without a count-in, stop, tempo and position."""

import logging
from collections.abc import Callable

from perform.clock.follower import Follower
from perform.clock.tap_tempo import TapTempo
from perform.clock.transport import SLOWEST_BPM, Transport
from perform.engine.engine import Engine
from perform.events import (
    Event,
    MetreChanged,
    SongPositionChanged,
    TempoChanged,
    TempoTapped,
    TransportChanged,
)

log = logging.getLogger(__name__)


class TransportEvents:
    """Lets a transport follow events, by its follower.

    `by_bar`, `ahead`: see `Conductor`. `bpm`: the last tempo of an event. `is_led`: whether another
    machine says when the music starts, which counts in by itself.
    """

    def __init__(
        self,
        engine: Engine,
        transport: Transport,
        follower: Follower,
        *,
        by_bar: bool,
        ahead: float,
    ) -> None:
        self._engine = engine
        self._transport = transport
        self._follower = follower
        self._by_bar = by_bar
        self._ahead = ahead
        self._tap_tempo = TapTempo()
        self._new_metre: MetreChanged | None = None  # whose bar lines may not be the leader's
        self.bpm = transport.bpm
        self.is_led: Callable[[], bool] = lambda: False

    def apply(self, event: Event, now: float) -> Event | None:
        """The event for the engine, after the transport has followed it; None for no event."""
        if isinstance(event, TempoTapped):
            bpm = self._tap_tempo.tap(now)
            if bpm is None or bpm < SLOWEST_BPM:
                return None
            self._transport.tap(bpm, now - self._ahead, now)  # a player taps to what sounds
            event = TempoChanged(bpm)
        elif isinstance(event, TempoChanged):
            self._transport.set_tempo(event.bpm, now)
        elif isinstance(event, SongPositionChanged):
            if self._transport.running:
                return None
            self._transport.locate(event.tick)
        elif isinstance(event, TransportChanged):
            return self._change(event, now)
        elif isinstance(event, MetreChanged) and self._by_bar:
            self._follower.set_quantum(event.bar)
            self._new_metre = event if self._transport.running else None
        if isinstance(event, TempoChanged):
            self.bpm = event.bpm
        return event

    def find_bar_line(self) -> MetreChanged | None:
        """After a change of metre, the event that lets one bar end on the leader's bar line."""
        metre, self._new_metre = self._new_metre, None
        if metre is None or not self._transport.running:
            return None
        first = self._follower.ticks_to_bar(self._engine.unopened_tick)
        if not first:
            return None
        first += metre.bar if 2 * first < metre.bar else 0
        return metre._replace(first=first)

    def _change(self, event: TransportChanged, now: float) -> TransportChanged:
        if event.action == "start":
            ticks = self._engine.count_in_ticks if event.count_in is None else event.count_in
            if ticks and self.is_led():
                log.info("no count-in: the music follows a MIDI clock, which counts in by itself")
                ticks = 0
            self._follower.start(now, ticks)
            return event._replace(count_in=ticks or None)
        if event.action == "stop":
            self._transport.stop(now)
        else:
            self._follower.resume(now)
        return event
