"""The paper's extractor (section 3.2): InceptionV3's pooled 2,048 features of a bar seen as a picture."""

import contextlib
import hashlib
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perform.errors import FeatureError
from perform.music.pianoroll import Rolls

SIDE = 299
BATCH = 16


class InceptionExtractor:
    """InceptionV3 with ImageNet weights, from the usual Keras place or from `weights` (its no-top .h5).

    FeatureError when they cannot be had.
    """

    name = "inception"
    dimension = 2048

    def __init__(self, weights: Path | None = None) -> None:
        from training.model.backend import keras  # noqa: PLC0415 - seconds, and only who asks for it pays

        try:
            with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
                # Keras says on stdout what it downloads, and only warns of layers that a file lacks
                warnings.simplefilter("ignore")
                warnings.filterwarnings("error", message="Skipping")
                self._network: Any = keras.applications.InceptionV3(
                    include_top=False,
                    pooling="avg",
                    weights="imagenet" if weights is None else str(weights),
                )
        except Exception as fault:  # noqa: BLE001 - URL, HDF5 and shape faults have no common kind
            reason = str(fault).splitlines()[0].split(". ")[0]
            raise FeatureError(
                f"no InceptionV3 weights ({reason}); give their no-top .h5 with --weights FILE"
            ) from None
        digest = hashlib.sha256()
        for weight in self._network.get_weights():
            digest.update(np.ascontiguousarray(weight).tobytes())
        self.digest = digest.hexdigest()

    def features(self, rolls: Rolls) -> NDArray[np.float64]:
        """The features (n, 2048) of rolls (n, 48, 64)."""
        parts = [
            self._network.predict(pictures(rolls[start : start + BATCH]), verbose=0)
            for start in range(0, len(rolls), BATCH)
        ]
        return np.concatenate(parts).astype(np.float64)


def pictures(rolls: Rolls) -> NDArray[np.float32]:
    """Rolls as pictures (n, 299, 299, 3) in -1 to 1, every cell a block of pixels."""
    rows = np.arange(SIDE) * rolls.shape[1] // SIDE
    columns = np.arange(SIDE) * rolls.shape[2] // SIDE
    grey = rolls[:, rows][:, :, columns].astype(np.float32)
    return np.repeat(grey[..., None], 3, axis=3)
