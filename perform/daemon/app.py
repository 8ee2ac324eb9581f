"""The daemon's life: start-up, main loop and shutdown, in this order."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from perform.config.schema import Rig
from perform.config.set_file import SongSet
from perform.control.absences import OnAbsence
from perform.daemon.saved_state import SavedState
from perform.daemon.signals import ignore_ending, stop_on_signals
from perform.daemon.wiring import build
from perform.interfaces import Output
from perform.runtime.garbage import automatic_collection_off
from perform.runtime.live_engine import LiveEngine
from perform.runtime.performance import Performance

log = logging.getLogger(__name__)
REALTIME_PRIORITY = 20
# a MIDI port's thread gets the interpreter after this at most, also while the conductor spins:
# JACK drops messages that come late
SWITCH_SECONDS = 0.0002


class Daemon:
    """Plays a rig: `startup`, `main_loop`, `shutdown`. As `async with`: start-up and shutdown.

    `listeners`: further outputs that get every event. `views`: modules of child processes that show
    the performance and own the terminal. `on_absence`: what a part that is not there does, see
    `Absences`; everything else plays, or it is an error. `saved`: the state file, and what it
    holds; None keeps nothing. `song_set`: the songs, where there is a set.
    """

    def __init__(
        self,
        rig: Rig,
        listeners: Sequence[Output] = (),
        views: Sequence[str] = (),
        on_absence: OnAbsence = "fail",
        saved: tuple[Path, SavedState] | None = None,
        song_set: SongSet | None = None,
    ) -> None:
        self._saved = saved
        self._song_set = song_set
        self._rig = rig
        self._listeners = listeners
        self._views = views
        self._on_absence = on_absence
        self._parts = contextlib.AsyncExitStack()
        self._stop = asyncio.Event()

    async def startup(self) -> Performance:
        """The performance, with all its parts open and the first phrases requested.

        SidemanError, before any note sounds, when a part cannot be opened.
        """
        async with self._parts:  # closes the parts that are open if another cannot be opened
            performance = await build(
                self._rig,
                self._parts,
                self._listeners,
                self._views,
                self._on_absence,
                self._saved,
                self._song_set,
            )
            self._parts.enter_context(automatic_collection_off())
            # first at the shutdown: silence, while the child processes can still show it
            self._parts.callback(performance.live.conductor.close)
            self._parts = self._parts.pop_all()
        return performance

    async def main_loop(
        self, performance: Performance, ready: Callable[[Performance], None] = lambda _: None
    ) -> None:
        """Play until a signal comes, or a part fails; raises the error of that part.

        `ready`: called once a signal ends the daemon in order.
        """
        conductor = performance.live.conductor

        def stop() -> None:
            self._stop.set()
            conductor.close()  # silence at once, however long the shutdown takes

        stop_on_signals(stop, conductor.abort)
        raise_priority()
        performance.absences.log()  # now, so that a view has it too
        ready(performance)
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            ends: set[asyncio.Future[Any]] = {stopped, conductor.failed}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
        _log_summary(performance.live)
        if conductor.failed.done():
            conductor.failed.result()

    async def shutdown(self) -> None:
        """End every note, then close all parts in reverse order."""
        await self._parts.aclose()

    async def __aenter__(self) -> Performance:
        return await self.startup()

    async def __aexit__(self, *_: object) -> None:
        await self.shutdown()


async def run(
    rig: Rig,
    ready: Callable[[Performance], None] = lambda _: None,
    views: Sequence[str] = (),
    on_absence: OnAbsence = "fail",
    saved: tuple[Path, SavedState] | None = None,
    song_set: SongSet | None = None,
) -> None:
    """Run the daemon until a signal or an error ends it; see `Daemon`."""
    daemon = Daemon(rig, views=views, on_absence=on_absence, saved=saved, song_set=song_set)
    performance = await daemon.startup()
    try:
        await daemon.main_loop(performance, ready)
    finally:
        await daemon.shutdown()
        ignore_ending()  # everything is silent and written: a late signal must not spoil the exit


def _log_summary(live: LiveEngine) -> None:
    """Log what was played, how much of it was late or missing, and how late notes were."""
    log.info(
        "%(bars)d bars, %(notes)d notes, "
        "%(late)d late (p99 %(late_p99).2f ms, worst %(late_max).2f ms); "
        "%(late_phrases)d phrases late, %(missed)d bars missed, %(substituted)d bars substituted",
        live.stats(),
    )
    if live.engine.counts.stalls:
        log.info(
            "%(stalls)d stalls: %(skipped_notes)d notes, %(skipped_beats)d beats and "
            "%(skipped_pulses)d clock pulses were left out",
            live.stats(),
        )
    log.info("notes by lateness, up to: %s", live.conductor.lateness.summary())


def raise_priority() -> None:
    """Ask the system for real-time scheduling; log how to allow it when that is refused."""
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK  # not for the generation process
        os.sched_setscheduler(0, policy, os.sched_param(REALTIME_PRIORITY))
    except AttributeError:
        return  # this system has no such call
    except OSError:
        log.info(
            "no real-time scheduling (a busy machine may make notes late); allow it with "
            "`rtprio 20` in /etc/security/limits.d, or LimitRTPRIO=20 in a systemd unit"
        )
