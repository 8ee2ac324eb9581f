"""Work that comes in heaps, done a little at a time, so that no note waits for all of it."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator

TURN_SECONDS = 0.0003


class TimeSlice:
    """Does heaps of work in their order, for at most 0.3 ms and the step that is begun; then the event loop goes round.

    A heap is an iterator whose every step is a little work. Its length is how many heaps are not done.
    """

    def __init__(self) -> None:
        self._heaps: deque[Iterator[object]] = deque()

    def __len__(self) -> int:
        return len(self._heaps)

    def add(self, heap: Iterator[object]) -> None:
        """Do this when it is its turn, which is at once where nothing waits."""
        self._heaps.append(heap)
        if len(self._heaps) == 1:
            self._go_on()

    def clear(self) -> None:
        """Leave undone what waits."""
        self._heaps.clear()

    def _go_on(self) -> None:
        until = time.monotonic() + TURN_SECONDS
        while self._heaps:
            heap = self._heaps[0]
            try:
                for _ in heap:
                    if time.monotonic() > until:
                        self._go_on_later()
                        return
            except BaseException:
                self._finish(heap)
                self._go_on_later()  # the rest is not to blame
                raise
            self._finish(heap)

    def _go_on_later(self) -> None:
        asyncio.get_running_loop().call_soon(self._go_on)

    def _finish(self, heap: Iterator[object]) -> None:
        if self._heaps and self._heaps[0] is heap:  # else it was cleared on the way
            self._heaps.popleft()
