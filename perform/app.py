"""The composition root of the daemon: picks real parts, runs them, ends them in order."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from perform import bundle, library
from perform.clock.realtime import RealtimeClock
from perform.clock.transport import Transport
from perform.config import MidiFileOutput, MidiOutput, OscOutput, Rig, host_port
from perform.engine.engine import Engine
from perform.errors import InputError, SidemanError, StartError
from perform.inputs.link import LinkClock
from perform.inputs.midi import MidiChords, MidiMelody, MidiSurface
from perform.inputs.midiclock import MidiClock
from perform.inputs.osc import OscInput
from perform.live import Conductor
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from perform.session import Recorder
from perform.sinks.base import Sink
from perform.sinks.delayed import DelayedSink
from perform.sinks.feedback import Feedback
from perform.sinks.midi import MidiSink
from perform.sinks.midifile import MidiFileSink
from perform.sinks.osc import OscSink
from perform.sources.canned import STOCK
from perform.sources.remote import RemoteSource
from perform.stage import Stage

log = logging.getLogger(__name__)
REALTIME_PRIORITY = 20


@contextlib.asynccontextmanager
async def stage(rig: Rig, listeners: Sequence[Sink] = ()) -> AsyncIterator[Stage]:
    """A performance with all its parts up; on the way out everything is silent, then closed.

    Raises SidemanError, before anything sounds, when a part is not there.
    """
    for voice in rig.voices:
        bundle.load(library.find(voice.model))
    async with contextlib.AsyncExitStack() as parts:
        ahead = max(
            (it.ahead_ms / 1000 for it in rig.outputs.values() if isinstance(it, MidiOutput)),
            default=0.0,
        )
        sinks, voiceless = _open_sinks(rig, parts, ahead)
        for listener in listeners:
            parts.callback(listener.close)
        engine = Engine(
            [voice.settings() for voice in rig.voices], rig.engine_settings(fallback=STOCK[0])
        )
        transport = Transport(rig.clock.tempo)
        recorder = Recorder(Path(rig.record.folder), rig) if rig.record is not None else None
        if recorder is not None:
            parts.callback(recorder.close)
        source = RemoteSource(lambda ready: conductor.deliver(ready))  # noqa: PLW0108 - made just below
        conductor = Conductor(
            engine,
            transport,
            RealtimeClock(ahead),
            source.want,
            sinks,
            voiceless=voiceless,
            ahead=ahead,
            spin=rig.clock.spin_ms / 1000,
            **({"record": recorder.note} if recorder is not None else {}),
            starts_by_chord=rig.start == "chord",
            quantum=TICKS_PER_BAR if rig.clock.source == "link" else TICKS_PER_BEAT,
        )
        for listener in listeners:
            conductor.listen(listener)
        await parts.enter_async_context(source)
        parts.callback(conductor.close)  # after the source, so silenced before the source is ended
        running = Stage(rig, engine, transport, conductor, source)
        await _open_inputs(running, parts)
        for event in rig.harmony.events():
            conductor.deliver(event)
        conductor.prepare()
        gc.collect()
        gc.freeze()  # what was built so far stays: the collector need not walk it while we play
        gc.disable()  # and comes only when the conductor has time for it
        try:
            yield running
        finally:
            gc.enable()


async def run(rig: Rig, ready: Callable[[Stage], None] = lambda _: None) -> None:
    """Play until a signal or a fault ends it. A second signal forces."""
    async with stage(rig) as running:
        _obey_signals(running.stopped)
        _play_first()
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
    """One line for the log: what was played, and how much of it late."""
    figures = running.figures()
    log.info(
        "%d bars, %d notes, %d late (p99 %.2f ms, worst %.2f ms), %d bars substituted",
        *(
            figures[name]
            for name in ("bars", "notes", "late", "late_p99", "late_max", "substituted")
        ),
    )


def _play_first() -> None:
    """Ask the system to let us run before others; say how where it will not."""
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


def _obey_signals(stopped: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if stopped.is_set():
            os._exit(130)  # the second time: whatever hangs, hangs without us
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, stop)


def _open_sinks(
    rig: Rig, parts: contextlib.AsyncExitStack, ahead: float
) -> tuple[dict[str, list[Sink]], list[Sink]]:
    """For each voice the sinks that it plays to: its output, and every OSC output; and those of no voice."""
    opened: dict[str, Sink] = {}
    for name, output in rig.outputs.items():
        channels = {voice.name: voice.channel for voice in rig.voices if voice.output == name}
        sink: Sink
        match output:
            case MidiOutput():
                sink = _midi_sink(name, output, channels, rig)
            case OscOutput():
                sink = Feedback(OscSink(*host_port(output.to), output.prefix))
            case MidiFileOutput():
                everybody = {voice.name: voice.channel for voice in rig.voices}
                sink = MidiFileSink(Path(output.path), everybody, rig.clock.tempo)
        held_back = ahead - (output.ahead_ms / 1000 if isinstance(output, MidiOutput) else 0.0)
        if held_back > 0 and not isinstance(output, MidiFileOutput):
            sink = DelayedSink(sink, held_back)
        opened[name] = sink
        parts.callback(_close_quietly, sink)
    everywhere = [
        sink
        for name, sink in opened.items()
        if isinstance(rig.outputs[name], OscOutput | MidiFileOutput)
    ]
    played = {
        voice.name: list(dict.fromkeys([*_own(opened, voice.output), *everywhere]))
        for voice in rig.voices
    }
    return played, [
        sink for sink in opened.values() if not any(sink in own for own in played.values())
    ]


def _own(opened: dict[str, Sink], output: str | None) -> list[Sink]:
    """A voice's own output; none when the system has no MIDI and only subscribers listen."""
    return [opened[output]] if output is not None else []


def _midi_sink(name: str, output: MidiOutput, channels: dict[str, int], rig: Rig) -> Sink:
    try:
        return MidiSink(output, channels, rig.midi.system)
    except StartError as fault:
        raise type(fault)(f"output {name!r}: {fault}") from None


def _close_quietly(sink: Sink) -> None:
    """Close one sink so that a fault in it does not keep the others sounding."""
    try:
        sink.close()
    except SidemanError as fault:
        log.error("%s", fault)  # noqa: TRY400 - one line, no traceback


def _open_clock(running: Stage, parts: contextlib.AsyncExitStack) -> None:
    """Whoever leads, where it is not we."""
    clock, conductor = running.rig.clock, running.conductor
    if clock.source == "midi":
        leader = MidiClock(
            clock,
            running.rig.midi.system,
            conductor.observe,
            conductor.begin,
            conductor.deliver,
        )
        parts.callback(leader.close)
    elif clock.source == "link":
        running.link = LinkClock(clock.tempo, conductor.observe, conductor.deliver)
        conductor.listen(running.link)
        parts.callback(running.link.close)


async def _open_inputs(running: Stage, parts: contextlib.AsyncExitStack) -> None:
    _open_clock(running, parts)
    inputs = running.rig.inputs
    if inputs.osc is not None:
        host, port = host_port(inputs.osc.listen)
        protocol = OscInput(inputs.osc.prefix, running)
        loop = asyncio.get_running_loop()
        try:
            listening, _ = await loop.create_datagram_endpoint(
                lambda: protocol, local_addr=(host, port)
            )
        except OSError as fault:
            raise InputError(
                f"OSC input {inputs.osc.listen} cannot be opened ({fault.strerror or fault}); "
                "another program may have it, choose another port in [inputs.osc] listen"
            ) from None
        parts.callback(listening.close)
    if inputs.midi is not None:
        heard = MidiChords(inputs.midi, running.rig.midi.system, running.conductor.deliver)
        parts.callback(heard.close)
    if inputs.lead is not None:
        melody = MidiMelody(inputs.lead, running.rig.midi.system, running.conductor.deliver)
        parts.callback(melody.close)
    if inputs.surface is not None:
        hands = MidiSurface(inputs.surface, running.rig.midi.system, running.deliver)
        running.surface = hands.surface
        parts.callback(hands.close)
