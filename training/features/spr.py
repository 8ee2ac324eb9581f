"""The extractor that this project taught on bars of real tunes, by LiteRT: offline and in a moment."""

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perform.bundles.network import Network
from perform.errors import FeatureError
from perform.music.pianoroll import Rolls

FOLDER = Path(__file__).with_name("spr")


class SprExtractor:
    """The `spr` extractor. FeatureError when its file is missing or is not the one its manifest names."""

    name = "spr"

    def __init__(self, folder: Path = FOLDER) -> None:
        try:
            about = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            model = (folder / "extractor.tflite").read_bytes()
        except (OSError, ValueError) as fault:
            raise FeatureError(f"{folder}: no extractor ({fault}); install Sideman again") from None
        self.digest = hashlib.sha256(model).hexdigest()
        if self.digest != about["sha256"]:
            raise FeatureError(
                f"{folder}/extractor.tflite has sha256 {self.digest[:12]}, its manifest says "
                f"{about['sha256'][:12]}; install Sideman again"
            )
        self.dimension = int(about["dimension"])
        self._network = Network(model)

    def features(self, rolls: Rolls) -> NDArray[np.float64]:
        """The features (n, 32) of rolls (n, 48, 64)."""
        return self._network.run(rolls, padding=-1).astype(np.float64)
