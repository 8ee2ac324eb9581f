"""A dispatcher on a stage, of two voices unless said otherwise, and somebody to speak at it."""

import asyncio

import virtual_loop

from perform.clients import subscriptions
from perform.clients.dispatcher import Dispatcher
from perform.clock.transport import Transport
from perform.clock.virtual import VirtualClock
from perform.config.schema import Rig
from perform.config.voices import VoiceConfig
from perform.control import feedback
from perform.control.feedback import Feedback
from perform.engine.engine import Engine
from perform.engine.voicing import VoiceSettings
from perform.net import rejections
from perform.net.access import AccessList
from perform.outputs.midi import MidiOutputConfig
from perform.runtime.conductor import Conductor
from perform.runtime.performance import Performance


class Client:
    """Somebody who keeps what they are told."""

    def __init__(self, key):
        self.key, self.heard = key, []
        self.host = key[0] if isinstance(key, tuple) else None

    def send_message(self, address, *values):
        self.heard.append((address, *values))

    def close(self):
        self.heard.append("closed")

    def of(self, address):
        return [one[1:] for one in self.heard if one[0] == address]


OUTPUT = ("10.0.5.5", 9001)  # of the rig, told in any case


class PhraseSource:
    restarts = 0


TWO = (VoiceSettings(name="lead"), VoiceSettings(name="bass"))


def with_dispatcher(scene, ahead_ms=0.0, voices=TWO, *, live=False):
    """Run a scene with a dispatcher and a dict of everybody who was reached at a host and port, in passing time unless it
    has to be `live`. `ahead_ms`: of an output.
    """

    async def play():
        reached = {}
        engine, transport = Engine(voices), Transport()
        sinks = {voice.name: [] for voice in voices}
        conductor = Conductor(engine, transport, VirtualClock(), lambda _wanted, _due: None, sinks)
        rig = Rig(
            outputs={"synth": MidiOutputConfig(virtual="synth", ahead_ms=ahead_ms)},
            voices=tuple(VoiceConfig(name=voice.name) for voice in voices),
        )
        output = Feedback(reached.setdefault(OUTPUT, Client(OUTPUT)))
        conductor.add_listener(output)
        stage = Performance(rig, engine, transport, conductor, PhraseSource(), {OUTPUT: output})
        named = AccessList(["10.0.7.0/24"]).lists
        dispatcher = Dispatcher(
            stage, lambda *place: reached.setdefault(place, Client(place)), named
        )
        try:
            await scene(dispatcher, reached)
        finally:
            stage.subscribers.close()
            dispatcher.close()
            output.close()
            conductor.close()

    if live:
        asyncio.run(play())
    else:
        virtual_loop.run(play(), feedback, subscriptions, rejections)
