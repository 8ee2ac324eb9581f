"""A voice that is called as the click is, in a rig without one."""

import asyncio

from perform.config.load import parse_rig
from perform.daemon.app import Daemon
from perform.events import ChordChanged, NoteMessage
from perform.music.chord import parse_chord

RIG = """
[clock]
tempo = 300.0
[outputs.o]
kind = "osc"
to = "127.0.0.1:9"
[[voices]]
name = "click"
"""


class FirstNote:
    """A listener that knows when a note came."""

    def __init__(self):
        self.came = asyncio.Event()

    def send(self, event):
        if isinstance(event, NoteMessage):
            self.came.set()

    def close(self):
        """Nothing to close."""


def test_a_voice_called_click_is_heard():
    async def play():
        listener = FirstNote()
        async with Daemon(parse_rig(RIG), listeners=[listener]) as performance:
            performance.live.conductor.handle_event(ChordChanged(parse_chord("C7")))
            await asyncio.wait_for(listener.came.wait(), 20)

    asyncio.run(play())
