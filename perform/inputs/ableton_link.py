"""Ableton Link: one tempo and one bar line with every program on the network that uses it."""

import asyncio
import logging
import time
import warnings
from collections.abc import Callable
from typing import Any

from perform.clock.transport import FASTEST_BPM, SLOWEST_BPM, TICKS_PER_BEAT, TempoLine
from perform.engine.metre import parse_metre
from perform.errors import StartError
from perform.events import (
    AllNotesOff,
    Beat,
    Event,
    OutputEvent,
    StateChanged,
    TransportChanged,
    TransportMessage,
)

log = logging.getLogger(__name__)
POLL_SECONDS = 0.02
TORN_SECONDS = 0.0003  # at most, between two readings that belong together
SETTLE_SECONDS = 0.5  # a newcomer that is enabled at once may force its tempo on the others


class LinkClock:
    """A member of a Link session: observes its time at 50 Hz.

    The bar of the session is our bar: `metre` at first, then that of the engine. `sync`: whether it
    shares start and stop with those members that do, until /sync changes that. A count-in is ours
    alone: the others start at its end. A panic is not shared. StartError where aalink is missing.
    """

    def __init__(
        self,
        bpm: float,
        metre: str,
        observe: Callable[[TempoLine], None],
        deliver: Callable[[Event], None],
        *,
        sync: bool = False,
    ) -> None:
        try:
            import aalink  # noqa: PLC0415 - an extra
        except ImportError:
            raise StartError(
                "Ableton Link needs aalink, which is not installed; pip install '.[link]'"
            ) from None
        self._observe, self._deliver = observe, deliver
        self._loop = asyncio.get_running_loop()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self._link: Any = aalink.Link(bpm, self._loop)
        self._playing = False  # whether the session plays, as far as that is shared
        self._panicked = False  # the next stop is of a panic
        self._set_bar(metre)
        self._set_sync(sync)
        self._others = 0
        self._can_follow = True
        self._timer = self._loop.call_later(SETTLE_SECONDS, self._join)

    @property
    def peers(self) -> int:
        """How many other members the session has."""
        return int(self._link.num_peers)

    def set_tempo(self, bpm: float) -> None:
        """Set the tempo of the whole session, from now on."""
        self._link.tempo = bpm

    def send(self, event: OutputEvent) -> None:
        """Share a start or stop where that is on; follow the metre and the switch."""
        match event:
            case TransportMessage():
                self._share(event.action in ("start", "continue"))
            case Beat(bar=-1, beat=beat) if 0 < beat == self._last_beat:
                self._share(True)  # others start at the next bar line: that of the music
            case AllNotesOff():
                self._panicked = True
            case StateChanged("/metre", metre):
                self._set_bar(str(metre))
            case StateChanged("/sync", on):
                self._set_sync(bool(on))

    def close(self) -> None:
        """Leave the session; the others play on."""
        self._timer.cancel()
        self._sync = False
        self._link.enabled = False

    def _share(self, playing: bool) -> None:
        panicked, self._panicked = self._panicked, False
        if self._sync and self._playing != playing and not panicked:
            self._link.playing = self._playing = playing

    def _set_sync(self, on: bool) -> None:
        """Share starts and stops from now on, or no longer; who plays now plays on."""
        self._sync = self._link.start_stop_sync_enabled = on
        self._playing = bool(self._link.playing)

    def _set_bar(self, metre: str) -> None:
        """Make the bar lines agree, not only the beats."""
        parsed = parse_metre(metre)
        self._link.quantum, self._last_beat = parsed.bar / TICKS_PER_BEAT, parsed.beats - 1

    def _join(self) -> None:
        self._link.enabled = True
        self._poll()

    def _poll(self) -> None:
        # our clock is read before and after: a pause between the readings shows, and is halved
        before = time.monotonic()
        beat = self._link.beat
        moment = (before + time.monotonic()) / 2
        bpm = self._link.tempo
        if time.monotonic() - before < TORN_SECONDS and self._check_tempo(bpm):
            self._observe(TempoLine(beat * TICKS_PER_BEAT, moment, bpm))
        self._count_others()
        if self._sync and self._link.playing != self._playing:
            self._playing = not self._playing
            start = TransportChanged("start", count_in=0)  # who starts with others counts nothing
            self._deliver(start if self._playing else TransportChanged("stop"))
        self._timer = self._loop.call_later(POLL_SECONDS, self._poll)

    def _check_tempo(self, bpm: float) -> bool:
        """Whether the session's tempo can be followed; a warning when it no longer can."""
        can = SLOWEST_BPM <= bpm <= FASTEST_BPM
        if self._can_follow and not can:
            log.warning(
                "the Link session is at %g bpm; going on at the last tempo "
                "until it is between %g and %g",
                *(bpm, SLOWEST_BPM, FASTEST_BPM),
            )
        self._can_follow = can
        return can

    def _count_others(self) -> None:
        """Log when the first other member joins, and when the last one has left."""
        others = self.peers
        if bool(others) != bool(self._others):
            if others:
                log.info("Link: in a session with others, at %.1f bpm", self._link.tempo)
            else:
                log.warning("Link: no other peer is left; going on at the last tempo")
        self._others = others
