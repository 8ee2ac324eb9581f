"""The composition root of the daemon: picks real parts, runs them, ends them in order."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from perform import bundle, library
from perform.clock.realtime import RealtimeClock
from perform.clock.transport import Transport
from perform.config import MidiFileOutput, MidiOutput, OscOutput, Rig, host_port
from perform.engine.engine import Engine
from perform.errors import BundleError, InputError, SidemanError, StartError, WireError
from perform.events import (
    Event,
    ModelChanged,
    OtherModelChanged,
    Tapped,
    TempoChanged,
)
from perform.inputs.cc import Surface
from perform.inputs.link import LinkClock
from perform.inputs.midi import MidiChords, MidiMelody, MidiSurface
from perform.inputs.midiclock import MidiClock
from perform.inputs.osc import Address, OscInput
from perform.live import Conductor
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from perform.session import Recorder
from perform.sinks.base import Sink
from perform.sinks.delayed import DelayedSink
from perform.sinks.feedback import Feedback
from perform.sinks.midi import MidiSink
from perform.sinks.midifile import MidiFileSink
from perform.sinks.osc import OscSink
from perform.sinks.state import State
from perform.sources.canned import STOCK
from perform.sources.remote import RemoteSource

log = logging.getLogger(__name__)
MOST_SUBSCRIBERS = 16
SILENT_SECONDS = 600.0
REALTIME_PRIORITY = 20


class Stage:
    """Everything of a running performance that somebody outside may want to look at or speak to."""

    def __init__(
        self,
        rig: Rig,
        engine: Engine,
        transport: Transport,
        conductor: Conductor,
        source: RemoteSource,
    ) -> None:
        self.rig = rig
        self.source = source
        self.engine = engine
        self.transport = transport
        self.conductor = conductor
        self.stopped = asyncio.Event()
        self.link: LinkClock | None = None
        self.surface: Surface | None = None
        self._subscribers: dict[Address, tuple[Feedback, float]] = {}
        self._models = _sound_models()
        self.state = State(
            [voice.settings() for voice in rig.voices], rig.clock.tempo, rig.clock.metre
        )
        conductor.listen(self.state)

    def deliver(self, event: Event) -> None:
        """An event from a control surface; WireError when it names a voice or model not there."""
        voice = getattr(event, "voice", None)
        if voice is not None:
            names = [voice.name for voice in self.rig.voices]
            if voice not in names:
                raise WireError(f"no voice {voice!r}; there are: {', '.join(names)}")
        if isinstance(event, ModelChanged | OtherModelChanged):
            self._check_model(event.model)
        if isinstance(event, TempoChanged | Tapped) and self.rig.clock.source == "midi":
            raise WireError("the tempo is the MIDI clock's; set it where that comes from")
        self._tell_link(event)
        self.conductor.deliver(event)

    def _check_model(self, model: str) -> None:
        if Path(model).name != model:
            raise WireError("takes the name of a bundle, not a path")
        if model in self._models:  # checked before the music began: no file is read while it plays
            return
        try:
            bundle.load(library.find(model))
        except BundleError as fault:
            raise WireError(str(fault)) from None
        self._models.add(model)

    def _tell_link(self, event: Event) -> None:
        """A tempo that is set here is set for the whole session."""
        if self.link is not None and isinstance(event, TempoChanged):
            self.link.set_tempo(event.bpm)

    def figures(self) -> dict[str, float]:
        """What was counted since the start; times in milliseconds."""
        counts, lateness = self.engine.counts, self.conductor.lateness
        return {
            "bars": counts.bars,
            "notes": counts.notes,
            "chords": counts.chords,
            "substituted": counts.substituted,
            "restarts": self.source.restarts,
            "late": lateness.late,
            "late_p50": 1000 * lateness.percentile(0.5),
            "late_p95": 1000 * lateness.percentile(0.95),
            "late_p99": 1000 * lateness.percentile(0.99),
            "late_max": 1000 * lateness.worst,
            **{f"under/{1000 * edge:.3g}": float(n) for edge, n in lateness.histogram()},
        }

    def learn(self, address: str) -> None:
        """What is touched next on the controller turns this address; WireError where there is none."""
        if self.surface is None:
            raise WireError("no controller to learn from; name one in [inputs.surface]")
        self.surface.learn(address)

    def subscribe(self, address: Address) -> None:
        """Send everything to this address too, beginning with where all values stand. Who says nothing more for
        ten minutes is forgotten; subscribing again is saying something.
        """
        self._forget_the_silent()
        now = time.monotonic()
        if address in self._subscribers:
            feedback, _ = self._subscribers[address]
        elif len(self._subscribers) >= MOST_SUBSCRIBERS:
            raise WireError(f"{MOST_SUBSCRIBERS} subscribers are the most")
        else:
            prefix = self.rig.inputs.osc.prefix if self.rig.inputs.osc else "/sideman"
            feedback = Feedback(OscSink(*address, prefix))
            self.conductor.listen(feedback)
        self._subscribers[address] = (feedback, now)
        for where, value in self.state.values.items():
            feedback.tell(where, value)

    def unsubscribe(self, address: Address) -> None:
        """Send no more to this address."""
        gone = self._subscribers.pop(address, None)
        if gone is not None:
            self.conductor.leave(gone[0])
            gone[0].close()

    def heard_from(self, address: Address) -> None:
        """Somebody at this address has said something, so is still there."""
        if address in self._subscribers:
            self._subscribers[address] = (self._subscribers[address][0], time.monotonic())

    def _forget_the_silent(self) -> None:
        long_ago = time.monotonic() - SILENT_SECONDS
        for address in [a for a, (_, heard) in self._subscribers.items() if heard < long_ago]:
            self.unsubscribe(address)


def _sound_models() -> set[str]:
    """The names of the bundles that are there and whole."""
    names = set()
    for path in library.listing():
        with contextlib.suppress(BundleError):
            names.add(bundle.load(path).manifest.name)
    return names


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
