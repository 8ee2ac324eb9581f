"""What a feature extractor is."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from perform.music.pianoroll import Rolls


class Extractor(Protocol):
    """Bars in, features out. `digest`: sha256 of the weights, so that figures can be compared."""

    name: str
    digest: str
    dimension: int

    def features(self, rolls: Rolls) -> NDArray[np.float64]:
        """The features (n, dimension) of rolls (n, 48, 64)."""
        ...
