"""Phrases chosen by the player's weights: evolved among those that a bundle's generator invents."""

import time
from collections.abc import Callable
from pathlib import Path

from perform.events import Steering
from perform.generation.litert import LiteRTSource
from perform.music.condition import UNCONDITIONAL, Conditions
from perform.music.note import Phrase
from perform.music.pianoroll import clean, decode
from perform.steering.evolution import SIZE, evolve

FRESH = 64
POOLS = 2**48  # the batches that plain phrases come from lie below


class EvolvedSource:
    """A bundle's generator, and evolution among its phrases where a steering asks for it."""

    def __init__(self, path: Path) -> None:
        self._source = LiteRTSource(path)

    def phrase(
        self,
        seed: int,
        conditions: Conditions = UNCONDITIONAL,
        steering: Steering | None = None,
        seconds: float | None = None,
    ) -> Phrase:
        """One bar. With a limit in `seconds` it is the best that could be found by then, among the phrases that
        could be made by then; one batch of them is made in any case.
        """
        if steering is None:
            return self._source.phrase(seed, conditions)
        expired = _never if seconds is None else _expiring(time.monotonic() + seconds)
        best = evolve(
            self._source.pool(POOLS + seed, SIZE + FRESH, conditions, expired),
            steering,
            seed,
            opinion=self._source.opinion,
            expired=expired,
        )
        cleaned = decode(clean(best))
        return cleaned or decode(best)


def _never() -> bool:
    return False


def _expiring(until: float) -> Callable[[], bool]:
    """Asked after every step, says whether one more that takes as long would end after `until`."""
    last = time.monotonic()

    def expired() -> bool:
        nonlocal last
        now = time.monotonic()
        step, last = now - last, now
        return now + step > until

    return expired
