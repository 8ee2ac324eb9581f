"""The paper's extractor (section 3.2): InceptionV3's 2,048 pooled features of a bar as an image."""

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
from training.metrics.base import Features

SIDE = 299
BATCH = 16


class InceptionExtractor:
    """InceptionV3 with ImageNet weights, from Keras' usual place or from `weights` (no-top .h5).

    FeatureError when the weights cannot be loaded.
    """

    name = "inception"
    dimension = 2048

    def __init__(self, weights: Path | None = None) -> None:
        from training.model.backend import keras  # noqa: PLC0415 - tensorflow takes seconds

        try:
            with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
                # Keras prints downloads on stdout, and only warns of layers that a file lacks
                warnings.simplefilter("ignore")
                warnings.filterwarnings("error", message="Skipping")
                self._network: Any = keras.applications.InceptionV3(
                    include_top=False,
                    pooling="avg",
                    weights="imagenet" if weights is None else str(weights),
                )
        except Exception as error:  # noqa: BLE001 - URL, HDF5 and shape errors have no common type
            reason = str(error).splitlines()[0].split(". ")[0]
            raise FeatureError(
                f"no InceptionV3 weights ({reason}); give their no-top .h5 with --weights FILE"
            ) from None
        digest = hashlib.sha256()
        for weight in self._network.get_weights():
            digest.update(np.ascontiguousarray(weight).tobytes())
        self.digest = digest.hexdigest()

    def features(self, rolls: Rolls) -> Features:
        """The features (n, 2048) of rolls (n, 48, 64)."""
        parts = [
            self._network.predict(to_images(rolls[start : start + BATCH]), verbose=0)
            for start in range(0, len(rolls), BATCH)
        ]
        return np.concatenate(parts).astype(np.float64)


def to_images(rolls: Rolls) -> NDArray[np.float32]:
    """Rolls as images (n, 299, 299, 3) from -1 to 1; every cell is a block of pixels."""
    rows = np.arange(SIDE) * rolls.shape[1] // SIDE
    columns = np.arange(SIDE) * rolls.shape[2] // SIDE
    grey = rolls[:, rows][:, :, columns].astype(np.float32)
    return np.repeat(grey[..., None], 3, axis=3)
