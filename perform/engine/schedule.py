"""The engine's scheduled events: a heap on (tick, kind, sequence), note-offs before note-ons."""

import heapq
from enum import IntEnum
from typing import Any, NamedTuple


class EventKind(IntEnum):
    """The order of events at the same tick: what sounds comes before what only prepares."""

    FIRST = 0  # opens the first bar, before anything else of it
    OFF = 1
    CLICK_OFF = 2
    PULSE = 3
    START = 4  # of those who follow our clock, at the end of a count-in
    COUNT = 5  # a beat of a count-in
    BEAT = 6
    CHORD = 7
    ON = 8
    OPEN = 9
    REQUEST = 10


class ScheduledEvent(NamedTuple):
    """One scheduled event. `sequence` is unique, so that `item` is never compared."""

    tick: int
    kind: EventKind
    sequence: int
    item: tuple[Any, ...]


class Schedule:
    """Scheduled events in ascending order. `add` and `pop` cost O(log n)."""

    def __init__(self) -> None:
        self._heap: list[ScheduledEvent] = []
        self._sequence = 0

    def add(self, tick: int, kind: EventKind, item: tuple[Any, ...]) -> None:
        """Schedule an event for a tick."""
        self._sequence += 1
        heapq.heappush(self._heap, ScheduledEvent(tick, kind, self._sequence, item))

    def next_tick(self) -> int | None:
        """The tick of the first event; None when the schedule is empty."""
        return self._heap[0].tick if self._heap else None

    def peek(self) -> ScheduledEvent | None:
        """The first event, left in place; None when the schedule is empty."""
        return self._heap[0] if self._heap else None

    def pop(self) -> ScheduledEvent:
        """The first event, removed."""
        return heapq.heappop(self._heap)

    def clear(self) -> None:
        """Remove all events."""
        self._heap.clear()
