"""What a feature extractor is."""

from typing import Protocol

from perform.music.pianoroll import Rolls
from training.metrics.base import Features


class Extractor(Protocol):
    """Computes features of bars. `digest`: the sha256 of its weights.

    Distances can be compared only between extractors with the same digest.
    """

    name: str
    digest: str
    dimension: int

    def features(self, rolls: Rolls) -> Features:
        """The features (n, dimension) of rolls (n, 48, 64)."""
        ...
