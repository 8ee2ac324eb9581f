"""The composition root of the daemon: picks real parts, runs them, ends them in order."""

import asyncio
import contextlib
import gc
import logging
import logging.handlers
import math
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from perform import bundle, library
from perform.clock.realtime import RealtimeClock
from perform.clock.transport import Transport
from perform.engine.engine import Engine
from perform.events import Event
from perform.hotplug import Hotplug, Plugged
from perform.live import Conductor
from perform.missing import Missing
from perform.opening import greeting, open_inputs, open_panel, open_sinks, open_window
from perform.rig import Rig
from perform.session import Recorder
from perform.sinks.base import Sink
from perform.sinks.tape import Tape
from perform.sources.canned import STOCK
from perform.sources.remote import RemoteSource
from perform.stage import Stage
from perform.steps import first_steps

log = logging.getLogger(__name__)
REALTIME_PRIORITY = 20
PATIENT_SECONDS = 1.0  # in which several signals are one wish: a wrapper passes on what we hear too
SWITCH_SECONDS = (
    0.0002  # a MIDI port's thread waits no longer for us while we spin: JACK drops what is late
)


@contextlib.asynccontextmanager
async def stage(
    rig: Rig,
    listeners: Sequence[Sink] = (),
    windows: Sequence[str] = (),
    *,
    strict: bool = True,
) -> AsyncIterator[Stage]:
    """A performance with all its parts up; on the way out everything is silent, then closed.

    `windows`: modules of processes that show it, and have the terminal.
    `strict`: a port that cannot be opened is a fault; else it is named, and everything else plays.

    Raises SidemanError, before anything sounds, when a part is not there.
    """
    for voice in rig.voices:
        for model in (voice.model, voice.other or voice.model):
            bundle.load(library.find(model))
    async with contextlib.AsyncExitStack() as parts:
        told: list[Callable[[int, Event], None]] = []
        if rig.record is not None:
            recorder = Recorder(Path(rig.record.folder), rig)
            parts.push_async_callback(recorder.close)  # after all that sounds: it may take minutes
            told.append(recorder.note)
        if windows:
            parts.enter_context(_quiet_terminal())
        plugged: list[Plugged] = []
        missing = Missing(strict=strict)
        outputs = open_sinks(rig, parts, plugged, missing)
        for listener in listeners:
            parts.callback(listener.close)
        engine = Engine(
            [voice.settings() for voice in rig.voices], rig.engine_settings(fallback=STOCK[0])
        )
        transport = Transport(rig.clock.tempo)
        told += [
            sink.hear for own in outputs.played.values() for sink in own if isinstance(sink, Tape)
        ]
        source = RemoteSource(lambda ready: conductor.deliver(ready))  # noqa: PLW0108 - made just below
        conductor = Conductor(
            engine,
            transport,
            RealtimeClock(rig.ahead),
            source.want,
            outputs.played,
            voiceless=outputs.voiceless,
            ahead=rig.ahead,
            spin=rig.clock.spin_ms / 1000,
            record=_to_each(dict.fromkeys(told)),
            starts_by_chord=rig.start == "chord",
            by_bar=rig.clock.source == "link",
        )
        for listener in listeners:
            conductor.listen(listener)
        await parts.enter_async_context(source)
        parts.callback(conductor.close)  # also where what comes below cannot be opened
        running = Stage(rig, engine, transport, conductor, source, outputs.told)
        desk = await open_inputs(running, parts, plugged, missing)
        running.missing = missing.lines
        await parts.enter_async_context(Hotplug(plugged, conductor.is_busy))
        if rig.panel is not None:
            await open_panel(rig.panel, running, desk, parts)
        for module in windows:
            await open_window(module, running, desk, parts, _shown(running))
        for event in rig.harmony.events():
            conductor.deliver(event)
        conductor.prepare()
        conductor.tell(running.state.values)
        gc.collect()
        gc.freeze()  # what was built so far stays: the collector need not walk it while we play
        gc.disable()  # and comes only when the conductor has time for it
        try:
            yield running
        finally:
            gc.enable()
            conductor.close()  # silent at once, and whoever looks is told so while they still listen


def _shown(running: Stage) -> dict[str, Any]:
    """What a view of the performance is told first."""
    door = running.door
    found = {"panel": door.url, "code": door.picture()} if door is not None else {}
    steps = {"steps": first_steps(running.rig, door), "missing": running.missing}
    return greeting(running) | found | steps


@contextlib.contextmanager
def _quiet_terminal() -> Iterator[None]:
    """While the view has the terminal the log is seen in it; what comes before and after is printed."""
    root, kept = logging.getLogger(), list(logging.getLogger().handlers)
    memory = logging.handlers.MemoryHandler(1000, flushLevel=logging.CRITICAL + 1)
    for handler in kept:
        root.removeHandler(handler)
        memory.setTarget(handler)
    root.addHandler(memory)
    try:
        yield
    finally:
        root.removeHandler(memory)
        for handler in kept:
            root.addHandler(handler)
        memory.close()


def _to_each(
    ears: Iterable[Callable[[int, Event], None]],
) -> Callable[[int, Event], None]:
    those = tuple(ears)

    def hear(tick: int, event: Event) -> None:
        for ear in those:
            ear(tick, event)

    return hear


async def run(
    rig: Rig,
    ready: Callable[[Stage], None] = lambda _: None,
    windows: Sequence[str] = (),
    *,
    strict: bool = True,
) -> None:
    """Play until a signal or a fault ends it. A signal that comes a while after the first forces."""
    async with stage(rig, windows=windows, strict=strict) as running:
        _obey_signals(running)
        _play_first()
        for line in running.missing:  # now that there are windows that show it
            log.warning("%s", line)
        ready(running)
        stopping: asyncio.Future[bool] = asyncio.ensure_future(running.stopped.wait())
        try:
            waited: set[asyncio.Future[Any]] = {stopping, running.conductor.failed}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        _sum_up(running)
        if running.conductor.failed.done():
            running.conductor.failed.result()


def _sum_up(running: Stage) -> None:
    """Two lines for the log: what was played and what of it was late or not there, and how late notes were."""
    log.info(
        "%(bars)d bars, %(notes)d notes, %(late)d late (p99 %(late_p99).2f ms, worst %(late_max).2f ms); "
        "%(late_phrases)d phrases late, %(missed)d bars missed, %(substituted)d bars substituted",
        running.figures(),
    )
    log.info("notes by lateness, up to: %s", running.conductor.lateness.summary())


def _play_first() -> None:
    """Ask the system to let us run before others; say how where it will not."""
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK  # the worker is no musician
        os.sched_setscheduler(0, policy, os.sched_param(REALTIME_PRIORITY))
    except AttributeError:
        return  # no such thing here
    except OSError:
        log.info(
            "no real-time scheduling (a busy machine may make notes late); allow it with "
            "`rtprio 20` in /etc/security/limits.d, or LimitRTPRIO=20 in a systemd unit"
        )


def _obey_signals(running: Stage) -> None:
    """Silent at the first signal, and stopping in order; one that comes when that has had its time forces."""
    loop = asyncio.get_running_loop()
    patient_until = math.inf

    def stop() -> None:
        nonlocal patient_until
        if not running.stopped.is_set():
            patient_until = loop.time() + PATIENT_SECONDS
            running.stopped.set()
            running.conductor.close()  # at once, whatever the way out takes

    def stop_or_force() -> None:
        if loop.time() > patient_until:
            running.conductor.abandon()
            os._exit(130)  # whatever hangs, hangs without us
        stop()

    obeyed = {signal.SIGINT: stop_or_force, signal.SIGTERM: stop_or_force}
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) != signal.SIG_IGN:  # as under nohup
        obeyed[hangup] = stop  # the terminal is gone: nobody is there to be impatient
    for number, obey in obeyed.items():
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, obey)
