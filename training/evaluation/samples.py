"""Bars to measure, out of whatever the user names: a data set, MIDI files, a bundle or a run."""

from pathlib import Path

import numpy as np

from perform.bundles import bundle
from perform.bundles.network import run_generator
from perform.errors import DatasetError
from perform.music.condition import generator_inputs
from perform.music.pianoroll import Rolls, clean, threshold
from training.data import dataset
from training.train.run_folder import OPTIONS


def open_pair(
    one: Path, other: Path, most: int, chord: str | None = None, seed: int = 0
) -> tuple[Rolls, Rolls]:
    """As many bars of each of two places, `most` at most.

    The same place twice is drawn from, or invents, by another seed. DatasetError for a chord where neither has
    MIDI files.
    """
    if chord is not None and not (_of_midi(one) or _of_midi(other)):
        raise DatasetError("--chord is for MIDI files, and neither side has any; leave it out")
    seeds = (seed, seed + (one.resolve() == other.resolve()))
    sides = [
        open_samples(path, most, chord if _of_midi(path) else None, own)
        for path, own in zip((one, other), seeds, strict=True)
    ]
    count = min(map(len, sides))
    first, second = (draw(side, count, own) for side, own in zip(sides, seeds, strict=True))
    return first, second


def open_samples(path: Path, count: int, chord: str | None = None, seed: int = 0) -> Rolls:
    """The bars (n, 48, 64) of a data set or MIDI files, or `count` that a model invents, cleaned as they are
    played. Where there are more, `count` are drawn at random.
    """
    if (path / bundle.MANIFEST).is_file():
        return _of_bundle(bundle.load(path), count, seed)
    if (path / OPTIONS).is_file():
        from training.train import trainer  # noqa: PLC0415 - tensorflow takes seconds

        return clean(threshold(trainer.trained(path).sample(count, seed)))
    return draw(dataset.open_data([path], chord).rolls, count, seed)


def _of_midi(path: Path) -> bool:
    """Whether the bars of a place come from MIDI files."""
    kept = (path / bundle.MANIFEST).is_file() or (path / OPTIONS).is_file()
    return not kept and path.suffix != ".npz"


def draw(rolls: Rolls, count: int, seed: int) -> Rolls:
    """`count` of the rolls at random, or all of them where there are no more: the same ones by the same seed."""
    if len(rolls) <= count:
        return rolls
    return rolls[np.random.default_rng(seed).permutation(len(rolls))[:count]]


def _of_bundle(loaded: bundle.Bundle, count: int, seed: int) -> Rolls:
    manifest = loaded.manifest
    whole = -(-count // manifest.batch) * manifest.batch
    asked = generator_inputs(whole, manifest.noise_dim, manifest.conditions, seed)
    answer = run_generator(loaded.generator, asked)
    return clean(threshold(answer[:count], manifest.threshold))
