"""The live shell: drives the engine in real time, so that each note is sent at its own moment.

All events are handled on the event loop, when they arrive. The loop's ready queue is the only
queue, so an event waits for nothing but the callback before it.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from perform.clock.base import Clock
from perform.clock.follower import ClockAction, Follower
from perform.clock.realtime import SPIN_SECONDS, TOO_LATE_SECONDS, Alarm
from perform.clock.transport import TICKS_PER_BEAT, TempoLine, Transport
from perform.control.state import at_every_address, changes
from perform.engine.click import CLICK
from perform.engine.engine import Engine
from perform.engine.song_position import OPEN_AHEAD_TICKS
from perform.errors import OutputError
from perform.events import (
    ChordChanged,
    Event,
    NoteMessage,
    OutputEvent,
    Panic,
    PhraseReady,
    PhraseRequested,
    SongPositionChanged,
    StateChanged,
    TempoChanged,
    TransportChanged,
)
from perform.interfaces import Output
from perform.outputs.tape import SessionTimeline
from perform.runtime.garbage import IdleCollector
from perform.runtime.lateness import Lateness
from perform.runtime.stalls import TIMED, Stalls
from perform.runtime.transport_events import TransportEvents

PUBLISHED_BPM = 0.05  # a smaller change of a followed tempo is not published
BUSY_SECONDS = 0.0015  # before a note; no longer work starts then
NEAR_TICKS = 60  # a clock that continues this near to our position continues at our position
STOPPED_SECONDS = 1.0  # for the first requested bar, while the transport is stopped
CATCH_UP_SECONDS = 2.0  # after a stall, until what the leader did meanwhile has arrived
EARLIEST = 0.002  # an alarm that comes earlier than this was set for another note


class Conductor:
    """Drives an engine by a clock, and sends its output events.

    `request`: called with each requested phrase and the moment (monotonic seconds) it is needed.
    `voices`: the outputs of each voice. `voiceless`: outputs that get all events but notes.
    `click`: the outputs of the click, which are among those.
    `ahead`: how many seconds early notes are sent, for synthesizers that sound late.
    `spin`: seconds awake before each note. `record`: called with each event of the engine, after
    its output events, at session ticks. `by_bar`: whether a followed clock gives the bar lines, or
    only the beats. `failed`: a future that gets the first error of a callback.
    """

    def __init__(
        self,
        engine: Engine,
        transport: Transport,
        clock: Clock,
        request: Callable[[PhraseRequested, float], None],
        voices: Mapping[str, Sequence[Output]],
        *,
        voiceless: Sequence[Output] = (),
        click: Sequence[Output] = (),
        starts_by_chord: bool = True,
        by_bar: bool = False,
        ahead: float = 0.0,
        spin: float = SPIN_SECONDS,
        record: Callable[[int, Event], None] = lambda _tick, _event: None,
    ) -> None:
        self._engine = engine
        self._transport = transport
        self._clock = clock
        self._request = request
        self._record = record
        self._timeline = SessionTimeline()
        self._ahead = ahead
        self._spin = spin
        self._voices = {voice: tuple(outputs) for voice, outputs in voices.items()}
        self._click = tuple(click)
        of_voices = [output for outputs in voices.values() for output in outputs]
        self._outputs = tuple(dict.fromkeys([*of_voices, *voiceless]))
        self._listeners: tuple[Output, ...] = ()
        self._start_on_chord = starts_by_chord
        self._loop = asyncio.get_running_loop()
        self._alarm = Alarm(self._loop, self._on_alarm, spin)
        self._follower = Follower(transport, engine.metre.bar if by_bar else TICKS_PER_BEAT)
        self._transport_events = TransportEvents(
            engine, transport, self._follower, by_bar=by_bar, ahead=ahead
        )
        self._next_note: float | None = None
        self._postponed: list[PhraseReady] = []
        self._collector = IdleCollector()
        self._closed = False
        self._leave_clock: Callable[[], None] = lambda: None
        self.failed: asyncio.Future[None] = self._loop.create_future()
        self.lateness = Lateness()
        self._stalls = Stalls(engine, transport, clock, self._record_event)

    def leave_clock_by(self, leave: Callable[[], None]) -> None:
        """Let `close` call `leave` first: the stop at our end is not that of others."""
        self._leave_clock = leave

    def follow_starts(self, is_led: Callable[[], bool]) -> None:
        """Count in at no start while another machine says when the music starts."""
        self._transport_events.is_led = is_led

    def add_listener(self, listener: Output) -> None:
        """Send every output event of every voice to one more output from now on."""
        self._listeners = (*self._listeners, listener)

    def remove_listener(self, listener: Output) -> None:
        """Send nothing more to a listener."""
        self._listeners = tuple(each for each in self._listeners if each is not listener)

    def publish_values(self, values: Mapping[str, str | float]) -> None:
        """Send every value to every output, so that a surface starts with the true values."""
        for address, value in values.items():
            for output in self._outputs:
                output.send(StateChanged(address, value))

    def publish(self, value: StateChanged) -> None:
        """Send a value that has changed to every output and listener."""
        self._send(value)

    def prepare(self) -> None:
        """Request the first bars, so that they are ready when the music starts."""
        for event in self._engine.prepare():
            self._send(event)

    def handle_event(self, event: Event) -> None:
        """Apply an event now; a phrase for a later bar waits while a note is near."""
        if self._closed:
            return
        if isinstance(event, PhraseReady) and (self._postponed or self.is_busy()):
            if not self._postponed:
                self._loop.call_later(2 * BUSY_SECONDS, self._handle_postponed)
            # in order, so that the older of two phrases for a bar does not win
            self._postponed.append(event)
            return
        try:
            self._apply(event)
        except Exception as error:  # noqa: BLE001 - on any error the daemon shuts down in order
            self._fail(error)

    @contextlib.contextmanager
    def without_start(self) -> Iterator[None]:
        """Inside `with`, a chord does not start the music."""
        starts, self._start_on_chord = self._start_on_chord, False
        try:
            yield
        finally:
            self._start_on_chord = starts

    def is_busy(self) -> bool:
        """Whether a note is so near that no longer work should start."""
        return self._next_note is not None and 0 < self._next_note - time.monotonic() < BUSY_SECONDS

    def close(self) -> None:
        """Stop, end every note, and send that to all outputs and listeners; may be called twice.

        An output that is gone does not keep the others from this.
        """
        if self._closed:
            return
        self._closed = True
        self._leave_clock()
        self._alarm.close()
        last = self._stalls.skip()
        stop, tick = TransportChanged("stop"), self.current_tick()
        last += [*self._engine.advance(tick), *self._engine.handle(stop, tick)]
        for event in [*last, *changes(stop, self._voices)]:
            if isinstance(event, PhraseRequested):
                continue
            for output in self._receivers(event):
                with contextlib.suppress(OutputError):  # gone: perhaps that is why we close
                    output.send(event)
        self._record_event(tick, stop)

    def abort(self) -> None:
        """Close, and close all outputs at once, also those that hold events back."""
        self.close()
        for output in self._outputs:
            with contextlib.suppress(OutputError):  # see close
                output.close()

    def follow_clock(self, line: TempoLine) -> None:
        """Bend the tempo and position towards an external clock, which was just measured."""
        if self._closed:
            return
        try:
            now = self._clock.now()
            self._advance(self._transport.tick_at(now))
            if now < self._stalls.ended + CATCH_UP_SECONDS:
                self._follower.catch_up(line, now)
                self._advance(self._transport.tick_at(now))
            else:
                self._follower.observe(line, now)
            if (metre := self._transport_events.find_bar_line()) is not None:
                self._handle_in_engine(metre, self.current_tick())
            bpm = self._transport.bpm
            if abs(bpm - self._transport_events.bpm) > PUBLISHED_BPM:
                self._transport_events.bpm = bpm
                self._record_event(self.current_tick(), TempoChanged(bpm))
                self._send(StateChanged("/tempo", round(bpm, 2)))
            self._set_alarm()
        except Exception as error:  # noqa: BLE001 - see handle_event
            self._fail(error)

    def start_with_clock(self, line: TempoLine, action: ClockAction) -> None:
        """Start with an external clock that has started, continued or moved, from its position.

        A clock that is at another position than ours takes us there, also while the music plays.
        One that only moves ("locate") starts nothing.
        """
        if self._closed:
            return
        try:
            here, there = self.current_tick(), round(line.tick)
            self._advance(here)
            moves = action != "start" and abs(there - here) > NEAR_TICKS
            if action == "locate" and not (moves and self._transport.running):
                return
            self._start_on_chord = False
            if moves and not self._transport.running:
                self._apply(SongPositionChanged(there))
            elif moves:
                self._handle_in_engine(SongPositionChanged(there), here)
            if action == "start":
                self._send_all(self._engine.end_notes(here))
            held = here if not moves else there
            self._follower.start_at(line, -math.inf if action == "start" else held)
            if action != "locate":
                self._handle_in_engine(TransportChanged(action), there if moves else here)
            self._advance(self.current_tick())
            self._set_alarm()
        except Exception as error:  # noqa: BLE001 - see handle_event
            self._fail(error)

    def _handle_postponed(self) -> None:
        postponed, self._postponed = self._postponed, []
        for event in postponed:
            self.handle_event(event)

    def _apply(self, event: Event) -> None:
        now = self._clock.now()
        tick = self._transport.tick_at(now)
        self._advance(tick)
        if isinstance(event, TransportChanged):
            self._start_on_chord = False
            if event.action == "start":
                self._send_all(self._engine.end_notes(tick))
        applied = self._transport_events.apply(event, now)
        if applied is None:
            return
        self._handle_in_engine(applied, tick)
        if isinstance(event, ChordChanged) and self._start_on_chord and event.chord is not None:
            self._apply(TransportChanged("start"))
        elif isinstance(event, Panic) and self._transport.running:
            self._apply(TransportChanged("stop"))
        elif event == TransportChanged("stop") and self._transport.position_at(now) < 0:
            self._apply(SongPositionChanged(0))  # the count-in ends

    def _handle_in_engine(self, event: Event, tick: int) -> None:
        """Let the engine handle an event at a tick, and send all that comes of it."""
        for output_event in self._engine.handle(event, tick):
            if isinstance(output_event, StateChanged):
                for changed in at_every_address(output_event, self._voices):
                    self._send(changed)
            else:
                self._send(output_event)
        self._record_event(tick, event)
        for changed in changes(event, self._voices):
            self._send(changed)
        if isinstance(event, TransportChanged) and event.action != "stop":
            self._advance(self.current_tick())
        self._set_alarm()

    def _record_event(self, tick: int, event: Event) -> None:
        session_tick = self._timeline.in_session(tick)
        self._record(session_tick, event)
        self._timeline.follow(session_tick, event)

    def _on_alarm(self) -> None:
        try:
            deadline = self._engine.next_deadline()
            if deadline is not None:
                moment = self._transport.time_of(deadline)
                if -TOO_LATE_SECONDS <= moment - self._clock.now() < self._spin + EARLIEST:
                    # computed before the moment, so that only sending is left for the moment
                    if events := self._engine.advance_notes(deadline):
                        ready = [(event, self._receivers(event)) for event in events]
                        self._clock.spin_until(moment)
                        self._send_ready(ready, moment)
                    else:  # what only prepares need not wait for its moment
                        self._advance(deadline)
                self._advance(self.current_tick())
            self._set_alarm()
        except Exception as error:  # noqa: BLE001 - see handle_event
            self._fail(error)

    def _advance(self, tick: int) -> None:
        self._send_all(self._stalls.skip())
        self._send_all(self._engine.advance(tick))

    def _send_all(self, events: Sequence[OutputEvent]) -> None:
        for event in events:
            if isinstance(event, TIMED):
                due = self._transport.time_of(event.tick)
                self._send_ready([(event, self._receivers(event))], due)
            else:
                self._send(event)

    def _send_ready(
        self, ready: Sequence[tuple[OutputEvent, Sequence[Output]]], due: float
    ) -> None:
        """Send events that are due at one moment, each to its outputs; skip what is too late."""
        late: list[float] = []
        now = self._clock.now()
        for event, outputs in ready:
            if now - due > TOO_LATE_SECONDS and self._engine.counts.skip(event):
                continue  # the program stood still after the event was computed
            for output in outputs:
                output.send(event)
            now = self._clock.now()
            if isinstance(event, NoteMessage) and event.velocity:
                late.append(now - due)
        for seconds in late:  # counted after all are sent: no note waits for the count of another
            self.lateness.add(seconds)

    def _send(self, event: OutputEvent) -> None:
        if isinstance(event, PhraseRequested):
            # a request is not urgent, so it waits for the loop's next round
            self._loop.call_soon(self._request, event, self._due_moment(event))
            return
        for output in self._receivers(event):
            output.send(event)

    def _receivers(self, event: OutputEvent) -> Sequence[Output]:
        if not isinstance(event, NoteMessage):
            return (*self._outputs, *self._listeners)
        if event.voice == CLICK and self._click:  # for those who play; surfaces have the beat
            return self._click
        return (*self._voices[event.voice], *self._listeners)

    def _due_moment(self, requested: PhraseRequested) -> float:
        """When the bar is laid out (monotonic seconds); a stopped transport is about to start."""
        if self._transport.running:
            return self._transport.time_of(requested.deadline - OPEN_AHEAD_TICKS) - self._ahead
        return time.monotonic() + STOPPED_SECONDS + requested.bar

    def _set_alarm(self) -> None:
        deadline = self._engine.next_deadline()
        moment = None if deadline is None else self._transport.time_of(deadline) - self._ahead
        self._next_note = moment
        self._alarm.set(moment)
        self._collector.collect(moment)

    def current_tick(self) -> int:
        """The tick of this moment."""
        return self._transport.tick_at(self._clock.now())

    def _fail(self, error: Exception) -> None:
        if not self.failed.done():
            self.failed.set_exception(error)
