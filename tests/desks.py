"""A desk on a stage, of two voices unless said otherwise, and somebody to speak at it."""

import asyncio

import passing

from perform import refusals, subscribers
from perform.allow import Allowed
from perform.clock.transport import Transport
from perform.clock.virtual import VirtualClock
from perform.desk import Desk
from perform.engine.engine import Engine
from perform.engine.voice import VoiceSettings
from perform.live import Conductor
from perform.rig import MidiOutput, Rig, VoiceConfig
from perform.sinks import feedback
from perform.sinks.feedback import Feedback
from perform.stage import Stage


class Peer:
    """Somebody who keeps what they are told."""

    def __init__(self, key):
        self.key, self.heard = key, []
        self.host = key[0] if isinstance(key, tuple) else None

    def message(self, address, *values):
        self.heard.append((address, *values))

    def close(self):
        self.heard.append("closed")

    def of(self, address):
        return [one[1:] for one in self.heard if one[0] == address]


OUTPUT = ("10.0.5.5", 9001)  # of the rig, told in any case


class Source:
    restarts = 0


TWO = (VoiceSettings(name="lead"), VoiceSettings(name="bass"))


def at_a_desk(scene, ahead_ms=0.0, voices=TWO, *, live=False):
    """Run a scene with a desk and a dict of everybody who was reached at a host and port, in passing time unless it
    has to be `live`. `ahead_ms`: of an output.
    """

    async def play():
        reached = {}
        engine, transport = Engine(voices), Transport()
        sinks = {voice.name: [] for voice in voices}
        conductor = Conductor(engine, transport, VirtualClock(), lambda _wanted, _due: None, sinks)
        rig = Rig(
            outputs={"synth": MidiOutput(virtual="synth", ahead_ms=ahead_ms)},
            voices=tuple(VoiceConfig(name=voice.name) for voice in voices),
        )
        output = Feedback(reached.setdefault(OUTPUT, Peer(OUTPUT)))
        conductor.listen(output)
        stage = Stage(rig, engine, transport, conductor, Source(), {OUTPUT: output})
        named = Allowed(["10.0.7.0/24"]).names
        desk = Desk(stage, lambda *place: reached.setdefault(place, Peer(place)), named)
        try:
            await scene(desk, reached)
        finally:
            stage.subscribers.close()
            desk.close()
            output.close()
            conductor.close()

    if live:
        asyncio.run(play())
    else:
        passing.run(play(), feedback, subscribers, refusals)
