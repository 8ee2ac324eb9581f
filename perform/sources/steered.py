"""Phrases chosen by the player's weights: evolved among those that a bundle's generator invents."""

import time
from pathlib import Path

from perform.engine.evolve import SIZE, evolve
from perform.events import Steering
from perform.music.condition import ANYTHING, Wish
from perform.music.note import Phrase
from perform.music.pianoroll import clean, decode
from perform.sources.litert import LiteRTSource

FRESH = 64
POOLS = 2**48  # the batches that plain phrases come from lie below


class SteeredSource:
    """A bundle's generator, and evolution among its phrases where a steering asks for it."""

    def __init__(self, path: Path) -> None:
        self._source = LiteRTSource(path)

    def phrase(
        self,
        seed: int,
        wish: Wish = ANYTHING,
        steering: Steering | None = None,
        seconds: float | None = None,
    ) -> Phrase:
        """One bar. With a limit in `seconds` it is the best that could be found by then."""
        if steering is None:
            return self._source.phrase(seed, wish)
        until = None if seconds is None else time.monotonic() + seconds
        best = evolve(
            self._source.pool(POOLS + seed, SIZE + FRESH, wish),
            steering,
            seed,
            opinion=self._source.opinion,
            expired=_never if until is None else lambda: time.monotonic() > until,
        )
        cleaned = decode(clean(best))
        return cleaned or decode(best)


def _never() -> bool:
    return False
