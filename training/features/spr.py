"""The extractor that this project taught on bars of real tunes, by LiteRT: offline and in a moment."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perform.errors import FeatureError
from perform.music.note import COLUMNS, ROWS
from perform.music.pianoroll import Rolls
from training.chatter import held_back

FOLDER = Path(__file__).with_name("spr")


class SprExtractor:
    """The `spr` extractor. FeatureError when its file is missing or is not the one its manifest names."""

    name = "spr"

    def __init__(self, folder: Path = FOLDER) -> None:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

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
        self._batch = int(about["batch"])
        with held_back():
            self._interpreter: Any = Interpreter(model_content=model, num_threads=1)
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def features(self, rolls: Rolls) -> NDArray[np.float64]:
        """The features (n, 32) of rolls (n, 48, 64)."""
        whole = -(-len(rolls) // self._batch) * self._batch
        padded = np.full((whole, ROWS, COLUMNS), -1, np.float32)
        padded[: len(rolls)] = rolls
        answers = []
        for start in range(0, whole, self._batch):
            self._interpreter.set_tensor(self._input, padded[start : start + self._batch])
            self._interpreter.invoke()
            answers.append(self._interpreter.get_tensor(self._output).astype(np.float64))
        return np.concatenate(answers)[: len(rolls)]
