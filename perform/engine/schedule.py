"""What is due when: a heap on (tick, kind, sequence), so that an end comes before a beginning."""

import heapq
from enum import IntEnum
from typing import Any, NamedTuple


class EventKind(IntEnum):
    """The order of things that share a tick: what sounds comes before what is only prepared."""

    FIRST = 0  # the first bar is laid out before anything of it
    OFF = 1
    PULSE = 2
    BEAT = 3
    CHORD = 4
    ON = 5
    OPEN = 6
    WISH = 7


class ScheduledEvent(NamedTuple):
    """One scheduled thing. `item` is compared never: `sequence` is unique."""

    tick: int
    kind: EventKind
    sequence: int
    item: tuple[Any, ...]


class Schedule:
    """Scheduled things in the order in which they are to happen. Adding and taking cost O(log n)."""

    def __init__(self) -> None:
        self._heap: list[ScheduledEvent] = []
        self._sequence = 0

    def add(self, tick: int, kind: EventKind, item: tuple[Any, ...]) -> None:
        """Have `item` come up at `tick`."""
        self._sequence += 1
        heapq.heappush(self._heap, ScheduledEvent(tick, kind, self._sequence, item))

    def next_tick(self) -> int | None:
        """The tick of the first thing due; None when there is nothing."""
        return self._heap[0].tick if self._heap else None

    def first(self) -> ScheduledEvent | None:
        """The first thing due; None when there is nothing."""
        return self._heap[0] if self._heap else None

    def pop(self) -> ScheduledEvent:
        """The first thing due, taken out."""
        return heapq.heappop(self._heap)

    def clear(self) -> None:
        """Forget everything."""
        self._heap.clear()

    def __len__(self) -> int:
        return len(self._heap)
