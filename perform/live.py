"""The engine in real time: every event is fed at its moment, every note sent at its own.

Events are fed where they arrive, on the event loop: its ready queue is the one queue, so an event
waits for nothing but the callback before it.
"""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence

from perform.clock.base import Clock
from perform.clock.realtime import Alarm, spin_until
from perform.clock.transport import Transport
from perform.engine.engine import Engine
from perform.errors import OutputError
from perform.events import (
    ChordChanged,
    Event,
    ModelChanged,
    Output,
    PhraseWanted,
    Sound,
    StateChanged,
    TargetChanged,
    TempoChanged,
    TransportChanged,
    VoiceMuted,
    WeightChanged,
)
from perform.sinks.base import Sink

BUCKETS_A_DECADE = 20
FINEST_SECONDS = 1e-6
AT_REST = 1.0  # seconds that a bar may take to make while the transport stands
LONGEST_SPIN = 0.002  # an alarm that rings earlier than this was set for something else


class Lateness:
    """How much later than meant notes were sent: a histogram with buckets 12 % wide, 1 us to 10 s."""

    def __init__(self) -> None:
        self._buckets = [0] * (7 * BUCKETS_A_DECADE + 1)
        self.count = 0
        self.worst = 0.0

    def add(self, seconds: float) -> None:
        """Count one note."""
        ratio = max(seconds, FINEST_SECONDS) / FINEST_SECONDS
        place = min(int(math.log10(ratio) * BUCKETS_A_DECADE), len(self._buckets) - 1)
        self._buckets[place] += 1
        self.count += 1
        self.worst = max(self.worst, seconds)

    def percentile(self, share: float) -> float:
        """Seconds that `share` (0 to 1) of the notes were not later than; 0 when there are none."""
        wanted = share * self.count
        seen = 0
        for place, notes in enumerate(self._buckets):
            seen += notes
            if notes and seen >= wanted:
                edge: float = FINEST_SECONDS * 10 ** ((place + 1) / BUCKETS_A_DECADE)
                return min(edge, self.worst)
        return 0.0


def _state(event: Event) -> Sequence[StateChanged]:
    """What surfaces are told when a value was set."""
    match event:
        case TempoChanged(bpm):
            return (StateChanged("/tempo", bpm),)
        case TransportChanged(action):
            return (StateChanged("/transport", action),)
        case ModelChanged(None, model):
            return (StateChanged("/model", model),)
        case ModelChanged(voice, model):
            return (StateChanged(f"/voice/{voice}/model", model),)
        case VoiceMuted(voice, muted):
            return (StateChanged(f"/voice/{voice}/mute", int(muted)),)
        case WeightChanged(voice, name, weight):
            place = f"/voice/{voice}" if voice else ""
            return (StateChanged(f"{place}/weight/{name}", weight),)
        case TargetChanged(voice, name, value):
            place = f"/voice/{voice}" if voice else ""
            return (StateChanged(f"{place}/target/{name}", -1.0 if value is None else value),)
        case _:
            return ()


class Conductor:
    """Drives an engine by a clock. `voices`: voice -> its sinks; `listeners` hear everything.

    `failed` is set to the first fault of a callback, so that whoever waits can end in order.
    """

    def __init__(
        self,
        engine: Engine,
        transport: Transport,
        clock: Clock,
        want: Callable[[PhraseWanted, float], None],
        voices: Mapping[str, Sequence[Sink]],
        *,
        starts_by_chord: bool = True,
    ) -> None:
        self._engine = engine
        self._transport = transport
        self._clock = clock
        self._want = want
        self._voices = {voice: tuple(sinks) for voice, sinks in voices.items()}
        self._sinks = tuple(dict.fromkeys(sink for sinks in voices.values() for sink in sinks))
        self._listeners: tuple[Sink, ...] = ()
        self._armed = starts_by_chord
        self._loop = asyncio.get_running_loop()
        self._alarm = Alarm(self._loop, self._ring)
        self.failed: asyncio.Future[None] = self._loop.create_future()
        self.lateness = Lateness()

    def listen(self, sink: Sink) -> None:
        """From now on this sink hears every output of every voice."""
        self._listeners = (*self._listeners, sink)

    def prepare(self) -> None:
        """Ask for the first bars, so that they are there when the music starts."""
        for output in self._engine.prepare():
            self._send(output)

    def deliver(self, event: Event) -> None:
        """An event, now."""
        try:
            self._deliver(event)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the shutdown must be orderly
            self._fail(fault)

    def close(self) -> None:
        """Ring no more, end what sounds. A sink that is gone does not keep the others sounding."""
        self._alarm.close()
        for output in self._engine.feed(TransportChanged("stop"), self._tick()):
            for sink in (*self._sinks_of(output), *self._listeners):
                try:
                    sink.send(output)
                except OutputError:
                    pass  # it went away, which is why we are closing

    def _deliver(self, event: Event) -> None:
        now = self._clock.now()
        tick = self._transport.tick_at(now)
        self._advance(tick)
        if isinstance(event, TempoChanged):
            self._transport.set_tempo(event.bpm, now)
        elif isinstance(event, TransportChanged):
            self._roll(event, now)
            tick = self._transport.tick_at(now)
        for output in self._engine.feed(event, tick):
            self._send(output)
        for change in _state(event):
            self._send(change)
        if isinstance(event, ChordChanged) and self._armed and event.chord is not None:
            self._deliver(TransportChanged("start"))
        elif isinstance(event, TransportChanged) and event.action != "stop":
            self._advance(self._transport.tick_at(now))
        self._set_alarm()

    def _roll(self, event: TransportChanged, now: float) -> None:
        self._armed = False
        if event.action == "start":
            self._transport.start(now)
        elif event.action == "stop":
            self._transport.stop(now)
        else:
            self._transport.resume(now)

    def _ring(self) -> None:
        try:
            deadline = self._engine.next_deadline()
            if deadline is not None:
                moment = self._transport.time_of(deadline)
                if moment - self._clock.now() < LONGEST_SPIN:
                    spin_until(moment)
                self._advance(self._tick())
            self._set_alarm()
        except Exception as fault:  # noqa: BLE001 - see deliver
            self._fail(fault)

    def _advance(self, tick: int) -> None:
        for output in self._engine.advance(tick):
            self._send(output)
            if isinstance(output, Sound) and output.velocity:
                meant = self._transport.time_of(output.tick)
                self.lateness.add(self._clock.now() - meant)

    def _send(self, output: Output) -> None:
        if isinstance(output, PhraseWanted):
            # asking is no note: it can wait its turn
            self._loop.call_soon(self._want, output, self._due(output))
            return
        for sink in self._sinks_of(output):
            sink.send(output)
        for sink in self._listeners:
            sink.send(output)

    def _due(self, wanted: PhraseWanted) -> float:
        """When a bar has to sound; while nothing rolls, as if it were about to."""
        if self._transport.running:
            return self._transport.time_of(wanted.deadline)
        return self._clock.now() + AT_REST + wanted.bar

    def _sinks_of(self, output: Output) -> Sequence[Sink]:
        return self._voices[output.voice] if isinstance(output, Sound) else self._sinks

    def _set_alarm(self) -> None:
        deadline = self._engine.next_deadline()
        self._alarm.set(None if deadline is None else self._transport.time_of(deadline))

    def _tick(self) -> int:
        return self._transport.tick_at(self._clock.now())

    def _fail(self, fault: Exception) -> None:
        if not self.failed.done():
            self.failed.set_exception(fault)
