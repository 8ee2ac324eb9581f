"""Python's garbage collector, which runs only while no note is near."""

import contextlib
import gc
import time
from collections.abc import Iterator

PAUSE_SECONDS = 0.25  # between two collections
FULL_COLLECTION_EVERY = 40
IDLE_SECONDS = 0.03  # until the next note, for a collection to start


@contextlib.contextmanager
def automatic_collection_off() -> Iterator[None]:
    """Inside `with`, the collector does not start by itself, and skips all objects made before."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class IdleCollector:
    """Collects garbage a few times a second, when there is time until the next note."""

    def __init__(self) -> None:
        self._next = 0.0
        self._collections = 0

    def collect(self, next_note: float | None) -> None:
        """Collect if it is time to. `next_note`: its moment (monotonic seconds), if any."""
        now = time.monotonic()
        if now < self._next or (next_note is not None and next_note - now < IDLE_SECONDS):
            return
        self._next = now + PAUSE_SECONDS
        self._collections += 1
        gc.collect(2 if self._collections % FULL_COLLECTION_EVERY == 0 else 0)
