"""The `spr` extractor: a small network, trained by this project on bars of real tunes."""

import hashlib
import json
from pathlib import Path

import numpy as np

from perform.bundles.network import Network
from perform.errors import FeatureError
from perform.music.pianoroll import Rolls
from training.metrics.base import Features

FOLDER = Path(__file__).with_name("spr")


class SprExtractor:
    """The `spr` extractor, which LiteRT runs.

    FeatureError when its file is missing or has another digest than its manifest.
    """

    name = "spr"

    def __init__(self, folder: Path = FOLDER) -> None:
        try:
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            model = (folder / "extractor.tflite").read_bytes()
        except (OSError, ValueError) as error:
            raise FeatureError(f"{folder}: no extractor ({error}); install Sideman again") from None
        self.digest = hashlib.sha256(model).hexdigest()
        if self.digest != manifest["sha256"]:
            raise FeatureError(
                f"{folder}/extractor.tflite has sha256 {self.digest[:12]}, its manifest says "
                f"{manifest['sha256'][:12]}; install Sideman again"
            )
        self.dimension = int(manifest["dimension"])
        self._network = Network(model)

    def features(self, rolls: Rolls) -> Features:
        """The features (n, 32) of rolls (n, 48, 64)."""
        return self._network.run(rolls, padding=-1).astype(np.float64)


def open_spr(weights: Path | None = None) -> SprExtractor:
    """The extractor that ships; FeatureError for a file of weights, since it has its own."""
    if weights is not None:
        raise FeatureError("--weights is for inception; add --extractor inception")
    return SprExtractor()
