"""Bars to measure, out of whatever the user names: a data set, MIDI files, a bundle or a run."""

from pathlib import Path

import numpy as np

from perform import bundle
from perform.music.condition import inputs
from perform.music.pianoroll import Rolls, threshold
from training import dataset
from training.inference import infer


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
    manifest = loaded.manifest
    whole = -(-count // manifest.batch) * manifest.batch
    asked = inputs(whole, manifest.noise_dim, manifest.conditions, seed)
    answer = infer(loaded.generator.read_bytes(), asked, manifest.batch)
    return threshold(answer[:count], manifest.threshold)
