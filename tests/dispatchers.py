"""A dispatcher with a live engine of two voices, and clients that record what they get."""

import asyncio

import virtual_loop

from perform.clients import subscriptions
from perform.clients.dispatcher import Dispatcher
from perform.clients.subscriptions import Subscriptions
from perform.clock.transport import Transport
from perform.clock.virtual import VirtualClock
from perform.control import feedback
from perform.control.feedback import Feedback
from perform.control.midi_mapping import MidiMapping
from perform.control.state import State
from perform.engine.engine import Engine
from perform.engine.voicing import VoiceSettings
from perform.net import rate_limit, rejections
from perform.net.access import AccessList
from perform.runtime.client_events import ClientEvents
from perform.runtime.conductor import Conductor
from perform.runtime.live_engine import LiveEngine

OUTPUT = ("10.0.5.5", 9001)  # an output of the rig
TWO_VOICES = (VoiceSettings(name="lead"), VoiceSettings(name="bass"))


class FakeClient:
    """A client, or a sender to it: `messages` are (address, *values), and "closed" at its end.

    `key`: (host, port) for a client over UDP, any text for a connection.
    """

    def __init__(self, key):
        self.key, self.messages = key, []
        self.host = key[0] if isinstance(key, tuple) else None

    def send_message(self, address, *values):
        self.messages.append((address, *values))

    def close(self):
        self.messages.append("closed")

    def at(self, address):
        """The values of each message at an address."""
        return [message[1:] for message in self.messages if message[0] == address]


class NoSource:
    restarts = 0


class Clients:
    """A dispatcher, and what it is connected to.

    `outputs`: those of the rig that get values; by default one at OUTPUT. `senders`: by host and
    port, those that the dispatcher opened and the one of that output.
    """

    def __init__(self, voices=TWO_VOICES, ahead=0.0, outputs=None, song_set=None):
        engine, transport = Engine(voices), Transport()
        own = {voice.name: [] for voice in voices}
        conductor = Conductor(engine, transport, VirtualClock(), lambda *_: None, own)
        self.state = State(voices, {"/tempo": 120.0, "/metre": "4/4"})
        self.live = LiveEngine(engine, transport, NoSource(), conductor, self.state)
        conductor.add_listener(self.state)
        self.senders = {}
        if outputs is None:
            self.output = Feedback(self.open_sender(*OUTPUT))
            conductor.add_listener(self.output)
            outputs = {OUTPUT: self.output}
        else:
            self.output = None
        names = [voice.name for voice in voices]
        events = self.events = ClientEvents(names, [], self.live, song_set=song_set)
        events.songs.begin()
        self.subscriptions = Subscriptions(conductor, self.state, outputs, ahead)
        self.mapping = MidiMapping({}, self.state.values)
        self.dispatcher = Dispatcher(
            events,
            self.subscriptions,
            self.live.stats,
            self.mapping,
            self.open_sender,
            AccessList(["10.0.7.0/24"]).lists,
        )

    def send(self, client, address, *values):
        """Let the dispatcher handle a message of a client."""
        self.dispatcher.handle_message(address, values, client)

    def open_sender(self, *place):
        return self.senders.setdefault(place, FakeClient(place))

    def close(self):
        self.subscriptions.close()
        self.dispatcher.close()
        if self.output is not None:
            self.output.close()
        self.live.conductor.close()


def with_clients(scene, *, real_time=False, **options):
    """Run `scene(clients)`, a coroutine, in virtual time unless it needs `real_time`."""

    async def play():
        clients = Clients(**options)
        try:
            await scene(clients)
        finally:
            clients.close()

    if real_time:
        asyncio.run(play())
    else:
        virtual_loop.run(play(), feedback, subscriptions, rejections, rate_limit)
