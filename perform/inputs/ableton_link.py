"""Ableton Link: one tempo and one bar line with everybody on the network who has it on."""

import asyncio
import logging
import time
import warnings
from collections.abc import Callable
from typing import Any

from perform.clock.transport import FASTEST_BPM, SLOWEST_BPM, TICKS_PER_BEAT, TempoLine
from perform.engine.metre import parse_metre
from perform.errors import StartError
from perform.events import Event, OutputEvent, StateChanged, TransportChanged, TransportMessage

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.02
TORN_SECONDS = 0.0003  # between two readings that belong together
SETTLE_SECONDS = 0.5  # enabled at once, a newcomer may press its tempo on the others


class LinkClock:
    """A member of a Link session: tells of its time fifty times a second, and passes on start and stop.

    Its bar is ours: `metre` at first, then whatever is told. StartError where aalink is missing.
    """

    def __init__(
        self,
        bpm: float,
        metre: str,
        observe: Callable[[TempoLine], None],
        deliver: Callable[[Event], None],
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
        self._link.start_stop_sync_enabled = True
        self._measure(metre)
        self._playing = False
        self._others = 0
        self._followed = True
        self._timer = self._loop.call_later(SETTLE_SECONDS, self._join)

    @property
    def peers(self) -> int:
        """How many others there are."""
        return int(self._link.num_peers)

    def set_tempo(self, bpm: float) -> None:
        """The tempo of the whole session, from now on."""
        self._link.tempo = bpm

    def send(self, output: OutputEvent) -> None:
        """What we play: our starts and stops are everybody's who syncs them."""
        if isinstance(output, TransportMessage) and self._playing != (output.action != "stop"):
            self._playing = not self._playing
            self._link.playing = self._playing
        elif isinstance(output, StateChanged) and output.address == "/metre":
            self._measure(str(output.value))

    def close(self) -> None:
        """Leave the session."""
        self._timer.cancel()
        self._link.enabled = False

    def _measure(self, metre: str) -> None:
        """Bar lines agree, not only beats."""
        self._link.quantum = parse_metre(metre).bar / TICKS_PER_BEAT

    def _join(self) -> None:
        self._link.enabled = True
        self._look()

    def _look(self) -> None:
        # both clocks read twice, so that a pause between the readings shows and is halved
        before = time.monotonic()
        beat = self._link.beat
        moment = (before + time.monotonic()) / 2
        bpm = self._link.tempo
        if time.monotonic() - before < TORN_SECONDS and self._can_follow(bpm):
            self._observe(TempoLine(beat * TICKS_PER_BEAT, moment, bpm))
        self._count_others()
        if self._link.playing != self._playing:
            self._playing = not self._playing
            self._deliver(TransportChanged("start" if self._playing else "stop"))
        self._timer = self._loop.call_later(LOOK_SECONDS, self._look)

    def _can_follow(self, bpm: float) -> bool:
        """Whether the session's tempo is one that we play; said when it is not."""
        can = SLOWEST_BPM <= bpm <= FASTEST_BPM
        if self._followed and not can:
            log.warning(
                "the Link session is at %g bpm; going on at the last tempo until it is between %g and %g",
                *(bpm, SLOWEST_BPM, FASTEST_BPM),
            )
        self._followed = can
        return can

    def _count_others(self) -> None:
        """Say when the first comes, and when the last has left."""
        others = self.peers
        if bool(others) != bool(self._others):
            if others:
                log.info("Link: in a session with others, at %.1f bpm", self._link.tempo)
            else:
                log.warning("Link: nobody else is there any more; going on at the last tempo")
        self._others = others
