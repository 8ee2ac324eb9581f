"""A band on a stage with a set of three songs, which clients select."""

import asyncio
from pathlib import Path

from stages import RIG, Stage

from perform.config.set_file import parse_set
from perform.control import registry
from perform.control.state import State
from perform.events import NoteMessage
from perform.runtime.client_events import ClientEvents
from perform.runtime.live_engine import LiveEngine

SET = """
[[songs]]
name = "Autumn Leaves"
chart = "Am7 | D7 | Gmaj7 | Cmaj7"
tempo = 120
[songs.voices.lead]
program = 12

[[songs]]
name = "Waltz for Anna"
chart = "Fmaj7 | Bb7"
tempo = 180
metre = "3/4"
key = "F"
transpose = -3
swing = 0.5
voices.lead.program = 5
voices.lead.bank = 130

[[songs]]
name = "Jam"
"""


class Band:
    """A stage with a set. `client`: what clients send."""

    def __init__(self, text=SET, path=Path("gig.toml"), rig_values=None):
        self.stage = Stage()
        voices = [voice.settings() for voice in RIG.voices]
        self.state = State(voices, {"/tempo": 120.0, "/metre": "4/4", **(rig_values or {})})
        self.conductor = self.stage.conductor
        self.conductor.add_listener(self.state)
        self.live = LiveEngine(
            self.stage.engine, self.stage.transport, None, self.conductor, self.state
        )
        names = [voice.name for voice in voices]
        song_set = parse_set(text, path, names) if text else None
        self.events = ClientEvents(names, ["sideman", "bass"], self.live, song_set=song_set)
        self.songs = self.events.songs
        self.songs.begin()
        self.voices = self.stage.engine._voices.all
        self.stage.looks.append(self.songs._look)

    def client(self, address, *values):
        self.events.handle_event(registry.parse(address, values))

    async def play_until(self, tick):
        """Play up to a tick of the transport."""
        await self.stage.play(self.stage.transport.time_of(tick) - self.stage.clock.now() + 1e-4)

    def of(self, *kinds):
        return self.stage.of(*kinds)

    def now(self, *addresses):
        return tuple(self.state.values[address] for address in addresses)


def on_stage(scene, **options):
    """Run `scene(band)`; return the band after the music has ended, with no note that hangs."""

    async def play():
        band = Band(**options)
        await scene(band)
        band.conductor.close()
        if band.songs._timer is not None:
            band.songs._timer.cancel()
        return band

    band = asyncio.run(play())
    sounding = set()
    for event in band.of(NoteMessage):
        key = event.voice, event.pitch
        sounding.add(key) if event.velocity else sounding.discard(key)
    assert not sounding
    return band
