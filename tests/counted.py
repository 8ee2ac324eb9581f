"""A stage whose music begins behind a count-in, with a click."""

import asyncio

from stages import Stage

from perform.engine.click import CLICK, ClickNote, ClickNotes
from perform.engine.metre import parse_metre
from perform.events import ChordChanged, NoteMessage, TransportChanged, TransportMessage
from perform.music.chord import parse_chord

CLICKS = ClickNotes(ClickNote(76, 120), ClickNote(77, 90))
START, STOP, CONTINUE = (TransportChanged(action) for action in ("start", "stop", "continue"))
C7, G7 = (ChordChanged(parse_chord(symbol)) for symbol in ("C7", "G7"))
BAR = 1920  # ticks


class CountedStage(Stage):
    """A stage with a count-in of `bars`, and a click; a chord is there, and nothing plays."""

    def __init__(self, bars=1, *, metre="4/4", when="count-in", **options):
        counted = {"metre": parse_metre(metre), "count_in": bars, "click": CLICKS}
        super().__init__(settings={**counted, "click_when": when}, **options)
        with self.conductor.without_start():
            self.conductor.handle_event(C7)
        self.sent.clear()

    @property
    def clicks(self):
        return [it for it in self.of(NoteMessage) if it.voice == CLICK and it.velocity]

    @property
    def notes(self):
        return [it for it in self.of(NoteMessage) if it.voice != CLICK and it.velocity]

    def messages(self):
        return [(it.tick, it.action) for it in self.of(TransportMessage)]


def on_stage(scenario):
    """Run a scenario, a coroutine; nothing may have failed, or sound at the end."""

    async def run():
        stage = await scenario()
        stage.conductor.close()
        assert not stage.conductor.failed.done()
        sounding = []
        for note in stage.of(NoteMessage):
            key = note.voice, note.pitch
            if note.velocity:
                sounding.append(key)
            elif key in sounding:
                sounding.remove(key)
        assert sounding == []
        return stage

    return asyncio.run(run())
