"""A conductor on a virtual clock, whose alarms ring in virtual time."""

import asyncio

from perform.clock.transport import Transport
from perform.clock.virtual import VirtualClock
from perform.config.schema import Rig
from perform.config.voices import VoiceConfig
from perform.engine.engine import Engine
from perform.engine.settings import Counts, EngineSettings
from perform.events import ClockPulse, PhraseReady, TransportMessage
from perform.generation.canned import STOCK, CannedSource
from perform.outputs.idle_clock import IdleClock
from perform.runtime.conductor import Conductor

RIG = Rig(voices=(VoiceConfig(name="lead", channel=3), VoiceConfig(name="bass", role="bass")))
FAR = 2.0**24  # seconds: no alarm rings by itself


class Stage:
    """A conductor on a virtual clock. `sent`: (seconds late, event) of all that goes out.

    `moments`: when each clock pulse and transport message went out. `answers`: whether requests are
    answered. `idle`: with pulses while the music is stopped. `looks`: called before each alarm, as
    timers that have come due. `settings`: further ones of the engine.
    """

    def __init__(self, *, idle=False, settings=None, **options):
        self.moments, self.looks, self.answers = [], [], True
        self.clock, self.sent, self.requests, self.recorded = VirtualClock(FAR), [], [], []
        fields = {**_fields(RIG.engine_settings(fallback=STOCK[0])), "sends_clock": True}
        of_engine = EngineSettings(**{**fields, **(settings or {})})
        self.engine = Engine([voice.settings() for voice in RIG.voices], of_engine, Counts())
        self.transport = Transport(120)
        self.idle = IdleClock(self, self.transport, self.clock) if idle else None
        self.conductor = Conductor(
            self.engine,
            self.transport,
            self.clock,
            lambda request, _due: self.requests.append(request),
            {voice.name: [self.idle or self] for voice in RIG.voices},
            click=[self.idle or self],
            record=lambda tick, event: self.recorded.append((tick, event)),
            **options,
        )
        self.conductor.prepare()

    def send(self, event):
        tick = getattr(event, "tick", None)
        late = 0.0 if tick is None else self.clock.now() - self.transport.time_of(tick)
        self.sent.append((late, event))
        if isinstance(event, ClockPulse | TransportMessage):
            self.moments.append((self.clock.now() - FAR, event))

    def close(self):
        """Nothing to release."""

    async def play(self, seconds):
        """Let the music run: the alarm rings for each deadline, and requests are answered."""
        until = self.clock.now() + seconds
        while True:
            await asyncio.sleep(0)
            due = self.engine.next_deadline()
            moment = until if due is None else self.transport.time_of(due)
            pulse = self.idle and self.idle._due
            if pulse is not None and pulse < min(moment, until):
                self.clock.advance(max(pulse - self.clock.now(), 0.0))
                self.idle._on_alarm()  # as the timer calls it
                continue
            if moment >= until:
                self.clock.advance(max(until - self.clock.now(), 0.0))
                return
            self.clock.advance(max(moment - self.clock.now(), 0.0))
            for request in self.requests if self.answers else ():
                bar = CannedSource().phrase(request.seed)
                self.conductor.handle_event(PhraseReady(request.voice, request.bar, *bar))
            self.requests.clear()
            for look in self.looks:
                look()
            self.conductor._on_alarm()  # as the timer calls it

    def stall(self, seconds):
        """The program stands still; return what was sent, and goes on with the alarm that rang."""
        self.clock.advance(seconds)
        self.sent.clear()
        self.conductor._on_alarm()
        return self.sent

    def of(self, *kinds):
        return [event for _, event in self.sent if isinstance(event, kinds)]


def _fields(settings):
    return {name: getattr(settings, name) for name in settings.__struct_fields__}
