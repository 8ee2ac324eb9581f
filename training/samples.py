"""Bars to measure, out of whatever the user names: a data set, MIDI files, a bundle or a run."""

from pathlib import Path

import numpy as np

from perform import bundle
from perform.music.condition import inputs
from perform.music.pianoroll import Rolls, clean, threshold
from training import dataset
from training.inference import infer


def open_samples(path: Path, count: int, chord: str | None = None, seed: int = 0) -> Rolls:
    """The bars (n, 48, 64) of a data set or MIDI files, or `count` that a model invents, cleaned as they are
    played. Where there are more, `count` are drawn at random.
    """
    if (path / bundle.MANIFEST).is_file():
        return _of_bundle(bundle.load(path), count, seed)
    if (path / "options.json").is_file():
        from training import loop  # noqa: PLC0415 - tensorflow takes seconds

        return clean(threshold(loop.trained(path).sample(count, seed)))
    return draw(dataset.open_data([path], chord).rolls, count, seed)


def draw(rolls: Rolls, count: int, seed: int) -> Rolls:
    """`count` of the rolls at random, or all of them where there are no more: the same ones by the same seed."""
    if len(rolls) <= count:
        return rolls
    return rolls[np.random.default_rng(seed).permutation(len(rolls))[:count]]


def _of_bundle(loaded: bundle.Bundle, count: int, seed: int) -> Rolls:
    manifest = loaded.manifest
    whole = -(-count // manifest.batch) * manifest.batch
    asked = inputs(whole, manifest.noise_dim, manifest.conditions, seed)
    answer = infer(loaded.generator.read_bytes(), asked, manifest.batch)
    return clean(threshold(answer[:count], manifest.threshold))
