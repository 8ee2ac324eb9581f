"""Phrases chosen by the player's weights: evolved from bars that a bundle's generator invents."""

from pathlib import Path

from perform.generation.litert import LiteRTSource
from perform.generation.time_limit import time_limit
from perform.interfaces import GeneratedBar
from perform.music.condition import UNCONDITIONAL, Conditions
from perform.music.line_context import LineContext
from perform.music.pianoroll import clean, decode
from perform.music.steering import Steering
from perform.steering.evolution import SIZE, evolve

FRESH = 64  # bars of the pool beside the first generation
FIRST_POOL_SEED = 2**48  # seeds of unsteered phrases are below it


class EvolvedSource:
    """A phrase source: a bundle's generator, with evolution among its bars for steered phrases."""

    def __init__(self, path: Path) -> None:
        self._source = LiteRTSource(path)

    def phrase(
        self,
        seed: int,
        conditions: Conditions = UNCONDITIONAL,
        steering: Steering | None = None,
        _context: LineContext | None = None,
        seconds: float | None = None,
    ) -> GeneratedBar:
        """One bar, the best that the search finds.

        With a limit of `seconds` both the pool and the search end in time; the pool has one batch
        at least.
        """
        if steering is None:
            return GeneratedBar(self._source.phrase(seed, conditions))
        expired = time_limit(seconds)
        best = evolve(
            self._source.pool(FIRST_POOL_SEED + seed, SIZE + FRESH, conditions, expired),
            steering,
            seed,
            opinion=self._source.opinion,
            expired=expired,
        )
        cleaned = decode(clean(best))
        return GeneratedBar(cleaned or decode(best))
