"""Bars to measure, out of whatever the user names: a data set, MIDI files, a bundle or a run."""

from pathlib import Path

import numpy as np

from perform import bundle
from perform.music.note import COLUMNS, ROWS
from perform.music.pianoroll import Rolls, threshold
from training import dataset


def open_samples(path: Path, count: int, chord: str | None = None, seed: int = 0) -> Rolls:
    """The bars (n, 48, 64) of a data set or MIDI files, or `count` raw ones that a model invents."""
    if (path / bundle.MANIFEST).is_file():
        return _of_bundle(bundle.load(path), count, seed)
    if (path / "options.json").is_file():
        from training import loop  # noqa: PLC0415 - tensorflow takes seconds

        return threshold(loop.reopen(path).sample(count, seed))
    rolls = dataset.open_data([path], chord).rolls
    if len(rolls) > count:
        rolls = rolls[np.random.default_rng(seed).permutation(len(rolls))[:count]]
    return rolls


def _of_bundle(loaded: bundle.Bundle, count: int, seed: int) -> Rolls:
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

    manifest = loaded.manifest
    interpreter = Interpreter(model_path=str(loaded.generator), num_threads=1)
    interpreter.allocate_tensors()
    rng = np.random.default_rng(seed)
    answers = []
    for _ in range(-(-count // manifest.batch)):
        noise = rng.standard_normal((manifest.batch, manifest.noise_dim), dtype=np.float32)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], noise)
        interpreter.invoke()
        answers.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).copy())
    return threshold(np.concatenate(answers).reshape(-1, ROWS, COLUMNS)[:count], manifest.threshold)
