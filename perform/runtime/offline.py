"""The engine without a clock on the wall: a plain loop over events and deadlines.

No asyncio, no sleeping; the same events, seed and source give the same notes, and a bar is never
missed, because time waits for the source.
"""

from collections.abc import Callable, Iterable

from perform.engine.engine import Engine
from perform.events import Event, OutputEvent, PhraseReady, PhraseRequested, TransportChanged
from perform.interfaces import Output, PhraseSource


def play(
    engine: Engine,
    sources: Callable[[str], PhraseSource],
    events: Iterable[tuple[int, Event]],
    until: int,
    sinks: Iterable[Output],
) -> None:
    """Play from tick 0 to `until` (excluded), then end what still sounds.

    `events`: (tick, event), ascending; an event is heard before notes of the same tick. `sources`:
    model name -> its source.
    """
    outlets = tuple(sinks)

    def put(outputs: list[OutputEvent]) -> None:
        for output in outputs:
            if isinstance(output, PhraseRequested):
                phrase = sources(output.model).phrase(
                    output.seed, output.conditions, output.steering
                )
                put(engine.handle(PhraseReady(output.voice, output.bar, phrase), output_tick[0]))
                continue
            for sink in outlets:
                sink.send(output)

    def advance(to_tick: int) -> None:
        # bar by bar, so that wishes are met before the bar that they are for
        while (due := engine.next_deadline()) is not None and due <= to_tick:
            output_tick[0] = due
            put(engine.advance(due))

    output_tick = [0]
    put(engine.prepare())
    put(engine.handle(TransportChanged("start"), 0))
    for tick, event in events:
        if tick >= until:
            break
        advance(tick - 1)
        output_tick[0] = tick
        put(engine.handle(event, tick))
    advance(until - 1)
    put(engine.handle(TransportChanged("stop"), until))
