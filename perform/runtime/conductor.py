"""The engine in real time: every event is fed at its moment, every note sent at its own.

Events are fed where they arrive, on the event loop: its ready queue is the one queue, so an event
waits for nothing but the callback before it.
"""

import asyncio
import gc
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from perform.clock.base import Clock
from perform.clock.follower import Follower, TapTempo, TempoLine
from perform.clock.realtime import SPIN_SECONDS, Alarm
from perform.clock.transport import SLOWEST_BPM, TICKS_PER_BEAT, Transport
from perform.control.state import at_every_address, changes
from perform.engine.engine import Engine
from perform.errors import OutputError
from perform.events import (
    ChordChanged,
    Event,
    MetreChanged,
    NoteMessage,
    OutputEvent,
    PhraseReady,
    PhraseRequested,
    SongPositionChanged,
    StateChanged,
    TempoChanged,
    TempoTapped,
    TransportChanged,
)
from perform.interfaces import Output
from perform.outputs.tape import SessionTimeline

BUCKETS_A_DECADE = 20
FINEST_SECONDS = 1e-6
HEARD_SECONDS = 0.005
TOLD_BPM = 0.05  # smaller changes of a tempo that is followed are nobody's news
TIDY_SECONDS, WHOLE_EVERY = 0.25, 40
IDLE_SECONDS = 0.03  # until the next note, when there is time to tidy up
BUSY_SECONDS = 0.0015  # before a note, in which nothing is begun that takes a while
NEAR_TICKS = 60  # who goes on so near to where we stand goes on there
AT_REST = 1.0  # seconds that a bar may take to make while the transport stands
EARLIEST = 0.002  # an alarm that rings earlier than this before its time was set for something else


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

    @property
    def late(self) -> int:
        """How many notes were late enough to be heard: over 5 ms."""
        return sum(
            self._buckets[int(math.log10(HEARD_SECONDS / FINEST_SECONDS) * BUCKETS_A_DECADE) :]
        )

    def histogram(self) -> list[tuple[float, int]]:
        """(seconds, notes) for each bucket that has any: so many were no later than that, and later than
        the bucket before.
        """
        return [
            (FINEST_SECONDS * 10 ** ((place + 1) / BUCKETS_A_DECADE), notes)
            for place, notes in enumerate(self._buckets)
            if notes
        ]

    def summary(self) -> str:
        """How many notes were no later than each decade of milliseconds, and later than the one before."""
        decades: dict[float, int] = {}
        for seconds, notes in self.histogram():
            decade = 10.0 ** math.ceil(math.log10(1000 * seconds) - 1e-9)
            decades[decade] = decades.get(decade, 0) + notes
        return ", ".join(f"{edge:g} ms {notes}" for edge, notes in decades.items()) or "no notes"

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


class Conductor:
    """Drives an engine by a clock. `voices`: voice -> its sinks; listeners hear everything, and
    `voiceless` sinks all but notes: an output that only sends the clock.

    `by_bar`: where somebody else's time is followed, our bar lines fall on theirs; without, our beats
    on theirs. `ahead`: how many seconds early the clock is, so that slow synthesizers sound in time.
    `spin`: seconds to be awake before each note.
    `record` is told everything that the engine is told, after what came of it, at ticks of the session.
    `failed` is set to the first fault of a callback, so that whoever waits can end in order.
    """

    def __init__(
        self,
        engine: Engine,
        transport: Transport,
        clock: Clock,
        want: Callable[[PhraseRequested, float], None],
        voices: Mapping[str, Sequence[Output]],
        *,
        voiceless: Sequence[Output] = (),
        starts_by_chord: bool = True,
        by_bar: bool = False,
        ahead: float = 0.0,
        spin: float = SPIN_SECONDS,
        record: Callable[[int, Event], None] = lambda _tick, _event: None,
    ) -> None:
        self._engine = engine
        self._transport = transport
        self._clock = clock
        self._want = want
        self._record = record
        self._timeline = SessionTimeline()
        self._ahead = ahead
        self._spin = spin
        self._voices = {voice: tuple(sinks) for voice, sinks in voices.items()}
        played = [sink for sinks in voices.values() for sink in sinks]
        self._sinks = tuple(dict.fromkeys([*played, *voiceless]))
        self._listeners: tuple[Output, ...] = ()
        self._armed = starts_by_chord
        self._loop = asyncio.get_running_loop()
        self._alarm = Alarm(self._loop, self._ring, spin)
        self._by_bar = by_bar
        self._follower = Follower(transport, engine.metre.bar if by_bar else TICKS_PER_BEAT)
        self._taps = TapTempo()
        self._told_bpm = transport.bpm
        self._next: float | None = None
        self._postponed: list[PhraseReady] = []
        self._tidy_at = 0.0
        self._tidied = 0
        self._closed = False
        self.failed: asyncio.Future[None] = self._loop.create_future()
        self.lateness = Lateness()

    def listen(self, sink: Output) -> None:
        """From now on this sink hears every output of every voice."""
        self._listeners = (*self._listeners, sink)

    def leave(self, sink: Output) -> None:
        """From now on the sink hears nothing more."""
        self._listeners = tuple(each for each in self._listeners if each is not sink)

    def tell(self, values: Mapping[str, str | float]) -> None:
        """Tell every output where all values stand, so that a surface begins as we do."""
        for address, value in values.items():
            for sink in self._sinks:
                sink.send(StateChanged(address, value))

    def prepare(self) -> None:
        """Ask for the first bars, so that they are there when the music starts."""
        for output in self._engine.prepare():
            self._send(output)

    def deliver(self, event: Event) -> None:
        """An event, now; material for bars ahead makes way for a note that is about to sound."""
        if self._closed:
            return
        if isinstance(event, PhraseReady) and (self._postponed or self.is_busy()):
            if not self._postponed:
                self._loop.call_later(2 * BUSY_SECONDS, self._catch_up)
            # in order, so that a bar asked for anew is not lost to the one before
            self._postponed.append(event)
            return
        try:
            self._deliver(event)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the shutdown must be orderly
            self._fail(fault)

    def is_busy(self) -> bool:
        """Whether a note is so near that nothing is to be begun that takes a while."""
        return self._next is not None and 0 < self._next - time.monotonic() < BUSY_SECONDS

    def _catch_up(self) -> None:
        waiting, self._postponed = self._postponed, []
        for event in waiting:
            self.deliver(event)

    def close(self) -> None:
        """Ring no more, end what sounds, tell everybody that it stopped; may be called twice. A sink that is
        gone does not keep the others sounding.
        """
        if self._closed:
            return
        self._closed = True
        self._alarm.close()
        stop, tick = TransportChanged("stop"), self._tick()
        last = [*self._engine.advance(tick), *self._engine.handle(stop, tick)]
        for output in [*last, *changes(stop, self._voices)]:
            if isinstance(output, PhraseRequested):
                continue
            for sink in (*self._sinks_of(output), *self._listeners):
                try:
                    sink.send(output)
                except OutputError:
                    pass  # it went away, which is why we are closing
        self._keep(tick, stop)

    def abandon(self) -> None:
        """Close, and every sink with it, at once: for whoever ends the process and waits for nothing, not even
        for what is held back.
        """
        self.close()
        for sink in self._sinks:
            try:
                sink.close()
            except OutputError:
                pass  # see close

    def observe(self, line: TempoLine) -> None:
        """Somebody's time, seen once more: the music bends to it."""
        if self._closed:
            return
        try:
            self._observe(line)
        except Exception as fault:  # noqa: BLE001 - see deliver
            self._fail(fault)

    def _observe(self, line: TempoLine) -> None:
        now = self._clock.now()
        self._advance(self._transport.tick_at(now))
        self._follower.observe(line, now)
        if abs(self._transport.bpm - self._told_bpm) > TOLD_BPM:
            self._told_bpm = self._transport.bpm
            self._keep(self._tick(), TempoChanged(self._told_bpm))
            self._send(StateChanged("/tempo", round(self._told_bpm, 2)))
        self._set_alarm()

    def begin(self, line: TempoLine, action: Literal["start", "continue"]) -> None:
        """Roll on somebody's line, from the tick at which it stands: they pressed start, or continue. Where
        they go on elsewhere than we stand, as after we joined them on the way, we go there.
        """
        if self._closed:
            return
        try:
            self._armed = False
            here, there = self._tick(), round(line.tick)
            self._advance(here)
            if action == "continue" and abs(there - here) > NEAR_TICKS:
                self._deliver(TransportChanged("stop"))
                self._deliver(SongPositionChanged(there))
                here = self._tick()
            self._follower.start_at(line, here if action == "continue" else -math.inf)
            self._pass_on(TransportChanged(action), here)
        except Exception as fault:  # noqa: BLE001 - see deliver
            self._fail(fault)

    def _deliver(self, event: Event) -> None:
        now = self._clock.now()
        here = self._transport.tick_at(now)
        self._advance(here)
        if isinstance(event, TempoTapped):
            bpm = self._taps.tap(now)
            if bpm is None or bpm < SLOWEST_BPM:
                return
            self._meet_the_beat(bpm, now)
            event = TempoChanged(bpm)
        elif isinstance(event, TempoChanged):
            self._transport.set_tempo(event.bpm, now)
        elif isinstance(event, SongPositionChanged):
            if self._transport.running:
                return
            self._transport.locate(event.tick)
        elif isinstance(event, TransportChanged):
            self._roll(event, now)
        elif isinstance(event, MetreChanged) and self._by_bar:
            self._follower.measure(event.bar)
        if isinstance(event, TempoChanged):
            self._told_bpm = event.bpm
        self._pass_on(event, here)
        if isinstance(event, ChordChanged) and self._armed and event.chord is not None:
            self._deliver(TransportChanged("start"))

    def _pass_on(self, event: Event, here: int) -> None:
        """An event to the engine at the tick at which it finds the music, and all that it brings."""
        for output in self._engine.handle(event, here):
            if isinstance(output, StateChanged):
                for told in at_every_address(output, self._voices):
                    self._send(told)
            else:
                self._send(output)
        self._keep(here, event)
        for told in changes(event, self._voices):
            self._send(told)
        if isinstance(event, TransportChanged) and event.action != "stop":
            self._advance(self._tick())
        self._set_alarm()

    def _keep(self, tick: int, event: Event) -> None:
        at = self._timeline.in_session(tick)
        self._record(at, event)
        self._timeline.follow(at, event)

    def _roll(self, event: TransportChanged, now: float) -> None:
        self._armed = False
        if event.action == "start":
            self._follower.start(now)
        elif event.action == "stop":
            self._transport.stop(now)
        else:
            self._follower.resume(now)

    def _meet_the_beat(self, bpm: float, now: float) -> None:
        """The tempo that was tapped, bent so that the beat that is heard next to the tap meets it."""
        heard = now - self._ahead
        here = self._transport.tick_at(heard)
        self._transport.set_tempo(bpm, now)
        if self._transport.running:
            beat = (here + TICKS_PER_BEAT // 2) // TICKS_PER_BEAT * TICKS_PER_BEAT
            self._transport.follow(beat, heard, bpm, now)

    def _ring(self) -> None:
        try:
            deadline = self._engine.next_deadline()
            if deadline is not None:
                moment = self._transport.time_of(deadline)
                if moment - self._clock.now() < self._spin + EARLIEST:
                    # worked out while it is early, so that at the moment itself there is only sending
                    outputs = self._engine.advance_notes(deadline)
                    self._clock.spin_until(moment)
                    self._sound(outputs)
                self._advance(self._tick())
            self._set_alarm()
        except Exception as fault:  # noqa: BLE001 - see deliver
            self._fail(fault)

    def _advance(self, tick: int) -> None:
        self._sound(self._engine.advance(tick))

    def _sound(self, outputs: Sequence[OutputEvent]) -> None:
        for output in outputs:
            self._send(output)
            if isinstance(output, NoteMessage) and output.velocity:
                meant = self._transport.time_of(output.tick)
                self.lateness.add(self._clock.now() - meant)

    def _send(self, output: OutputEvent) -> None:
        if isinstance(output, PhraseRequested):
            # asking is no note: it can wait its turn
            self._loop.call_soon(self._want, output, self._due(output))
            return
        for sink in self._sinks_of(output):
            sink.send(output)
        for sink in self._listeners:
            sink.send(output)

    def _due(self, wanted: PhraseRequested) -> float:
        """When a bar has to sound; while nothing rolls, as if it were about to."""
        if self._transport.running:
            return self._transport.time_of(wanted.deadline) - self._ahead
        return time.monotonic() + AT_REST + wanted.bar

    def _sinks_of(self, output: OutputEvent) -> Sequence[Output]:
        return self._voices[output.voice] if isinstance(output, NoteMessage) else self._sinks

    def _set_alarm(self) -> None:
        deadline = self._engine.next_deadline()
        moment = None if deadline is None else self._transport.time_of(deadline) - self._ahead
        self._next = moment
        self._alarm.set(moment)
        self._tidy(moment)

    def _tidy(self, moment: float | None) -> None:
        """Let the collector come while there is time: it is switched off, and there may be none later."""
        now = time.monotonic()
        if now < self._tidy_at or (moment is not None and moment - now < IDLE_SECONDS):
            return
        self._tidy_at = now + TIDY_SECONDS
        self._tidied += 1
        gc.collect(2 if self._tidied % WHOLE_EVERY == 0 else 0)

    def _tick(self) -> int:
        return self._transport.tick_at(self._clock.now())

    def _fail(self, fault: Exception) -> None:
        if not self.failed.done():
            self.failed.set_exception(fault)
