"""The offline shell: drives the engine through its events and deadlines, without real time.

There is no asyncio and no sleeping. The same events, seed and source give the same notes. No bar
is ever missed, because time waits for the source.
"""

from collections.abc import Callable, Iterable

from perform.engine.engine import Engine
from perform.events import (
    Event,
    OutputEvent,
    Panic,
    PhraseReady,
    PhraseRequested,
    TransportChanged,
)
from perform.interfaces import Output, PhraseSource


def play(
    engine: Engine,
    sources: Callable[[str], PhraseSource],
    events: Iterable[tuple[int, Event]],
    until: int,
    outputs: Iterable[Output],
) -> None:
    """Play from tick 0 up to `until`, then end the notes that still sound.

    `sources`: the phrase source of a model's name. `events`: (tick, event), ascending; an event
    comes before the notes of its tick.
    """
    shell = _OfflineShell(engine, sources, tuple(outputs))
    shell.send_all(engine.prepare())
    shell.handle(TransportChanged("start"), 0)
    for tick, event in events:
        if tick >= until:
            break
        shell.advance(tick - 1)
        shell.handle(event, tick)
    shell.advance(until - 1)
    shell.handle(TransportChanged("stop"), until)


class _OfflineShell:
    def __init__(
        self, engine: Engine, sources: Callable[[str], PhraseSource], outputs: tuple[Output, ...]
    ) -> None:
        self._engine = engine
        self._sources = sources
        self._outputs = outputs
        self._tick = 0

    def handle(self, event: Event, tick: int) -> None:
        self._tick = tick
        self.send_all(self._engine.handle(event, tick))
        if isinstance(event, Panic):
            self.handle(TransportChanged("stop"), tick)

    def advance(self, to_tick: int) -> None:
        # one deadline at a time, so that a requested phrase is ready before its bar starts
        while (due := self._engine.next_deadline()) is not None and due <= to_tick:
            self._tick = due
            self.send_all(self._engine.advance(due))

    def send_all(self, events: list[OutputEvent]) -> None:
        for event in events:
            if isinstance(event, PhraseRequested):
                source = self._sources(event.model)
                bar = source.phrase(event.seed, event.conditions, event.steering, event.context)
                chords = event.context.chords if bar.placed and event.context else ()
                self.handle(PhraseReady(event.voice, event.bar, *bar, chords), self._tick)
                continue
            for output in self._outputs:
                output.send(event)
