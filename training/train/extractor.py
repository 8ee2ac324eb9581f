"""Trains the `spr` extractor: a small network that learns what a bar holds and what corrupts it.

From bars of the corpus, half of them corrupted, it learns three tasks at once: to draw the bar
again from its features, to name the bar's collection, and to name the corruption and its strength.
All three need a description of the bar; its 32 numbers are the features.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from perform import atomic_file
from perform.music.note import COLUMNS, ROWS
from perform.music.pianoroll import Rolls
from training.augment.corruptions import CORRUPTIONS
from training.data.dataset import Dataset
from training.features.base import Extractor
from training.features.spr import SprExtractor
from training.images import new_figure, to_png
from training.metrics.fid import frechet
from training.model.backend import keras, layers
from training.train.export import convert

DIMENSION = 32
BATCH = 64
STRENGTHS = (0.2, 0.4, 0.6, 0.8, 1.0)
PROOF = "proof.png"
PROOF_BARS = 1000
EPOCHS = 9
TUNES_PER_HELD_OUT = 10  # one tune in ten is held out


class ExtractorEpoch(NamedTuple):
    """The data of one epoch: the network's inputs and the targets of its three tasks."""

    inputs: Rolls
    drawing: NDArray[np.float32]
    collection: NDArray[np.int64]
    corruption: NDArray[np.float32]


class ExtractorManifest(msgspec.Struct, frozen=True):
    """The content of the extractor's `manifest.json`.

    `proof`: by corruption, the FID of corrupted bars from other bars at strengths 0, .2 to 1.
    """

    name: str
    sha256: str
    dimension: int
    batch: int
    created: str
    bars: dict[str, int]
    proof: dict[str, list[float]]


def split_tunes(bars: Dataset) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The indices of the training and of the held-out bars.

    Whole tunes are held out: one in ten, by the hash of its name.
    """
    held_out = np.array(
        [
            hashlib.sha256(each.file.encode()).digest()[0] % TUNES_PER_HELD_OUT == 0
            for each in bars.provenance
        ]
    )
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def train_extractor(bars: Dataset, epochs: int, seed: int = 0, width: int = 48) -> Any:
    """The trained extractor, a Keras model from (n, 48, 64) to (n, 32)."""
    keras.utils.set_random_seed(seed)
    training, _ = split_tunes(bars)
    names = [each.file.split("/")[0] for each in bars.provenance]
    collections = sorted(set(names))
    labels = np.array([collections.index(name) for name in names])[training]
    rolls = bars.rolls[training]
    extractor, network = _networks(width, len(collections))
    network.compile(
        keras.optimizers.Adam(1e-3),
        loss=["binary_crossentropy", "sparse_categorical_crossentropy", "mse"],
        loss_weights=[10.0, 0.3, 1.0],
    )
    for number in range(epochs):
        epoch = _make_epoch(rolls, labels, np.random.default_rng([seed, number]))
        network.optimizer.learning_rate.assign(1e-3 * (1 - number / epochs))
        network.fit(
            epoch.inputs.astype(np.float32),
            (epoch.drawing, epoch.collection, epoch.corruption),
            batch_size=BATCH,
            epochs=1,
            verbose=0,
        )
    return extractor


def _make_epoch(
    rolls: Rolls, labels: NDArray[np.int64], rng: np.random.Generator
) -> ExtractorEpoch:
    """All bars in a new order, half of them with one corruption of a random strength."""
    order = rng.permutation(len(rolls))
    inputs = rolls[order].copy()
    corruption = np.zeros((len(rolls), len(CORRUPTIONS)), np.float32)
    kind = rng.integers(0, 2 * len(CORRUPTIONS), len(rolls))
    strength = rng.integers(1, 11, len(rolls)) / 10
    for place, corrupt in enumerate(CORRUPTIONS.values()):
        for level in np.unique(strength):
            chosen = np.flatnonzero((kind == place) & (strength == level))
            inputs[chosen] = corrupt(inputs[chosen], float(level), rng)
            corruption[chosen, place] = level
    return ExtractorEpoch(inputs, (inputs > 0).astype(np.float32), labels[order], corruption)


def _networks(width: int, collections: int) -> tuple[Any, Any]:
    """The extractor, and the network with it and the outputs of the three tasks."""
    rolls = keras.Input((ROWS, COLUMNS))
    x = layers.Permute((2, 1))(rolls)
    for channels, stride in ((width, 1), (width, 2), (2 * width, 2), (2 * width, 2)):
        x = layers.Conv1D(channels, 5, strides=stride, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    features = layers.Dense(DIMENSION)(layers.Flatten()(x))
    drawing = layers.LeakyReLU(0.2)(layers.Dense(8 * 2 * width)(features))
    drawing = layers.Reshape((8, 2 * width))(drawing)
    for channels in (2 * width, width, width):
        drawing = layers.Conv1D(channels, 5, padding="same")(layers.UpSampling1D(2)(drawing))
        drawing = layers.LeakyReLU(0.2)(drawing)
    drawing = layers.Conv1D(ROWS, 5, padding="same", activation="sigmoid")(drawing)
    drawing = layers.Permute((2, 1), name="drawing")(drawing)
    hidden = layers.LeakyReLU(0.2)(layers.Dense(64)(features))
    collection = layers.Dense(collections, activation="softmax", name="collection")(hidden)
    corruption = layers.Dense(len(CORRUPTIONS), name="corruption")(hidden)
    return keras.Model(rolls, features), keras.Model(rolls, [drawing, collection, corruption])


def measure_corruptions(
    extractor: Extractor, held_out: Rolls, seed: int = 0
) -> dict[str, list[float]]:
    """The FID of corrupted held-out bars from other held-out bars, at strengths 0, .2 to 1.

    At strength 0 it is the floor.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(held_out))
    count = min(PROOF_BARS, len(held_out) // 2)
    plain, other = held_out[order[:count]], held_out[order[count : 2 * count]]
    reference = extractor.features(other)
    floor = frechet(extractor.features(plain), reference)
    return {
        name: [floor]
        + [
            frechet(extractor.features(corrupt(plain, level, rng)), reference)
            for level in STRENGTHS
        ]
        for name, corrupt in CORRUPTIONS.items()
    }


def make_extractor(
    bars: Dataset, folder: Path, epochs: int = EPOCHS, seed: int = 0
) -> ExtractorManifest:
    """Train the extractor and write network, manifest and proof to a folder.

    The proof measures the network as it is read back from its file, which is what ships.
    """
    model = convert(train_extractor(bars, epochs, seed), (BATCH, ROWS, COLUMNS))
    atomic_file.write(folder / "extractor.tflite", model)
    manifest = _manifest(model, bars, {})
    atomic_file.write(folder / "manifest.json", msgspec.json.encode(manifest))
    _, held_out = split_tunes(bars)
    proof = measure_corruptions(SprExtractor(folder), bars.rolls[held_out])
    manifest = msgspec.structs.replace(manifest, proof=proof)
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    atomic_file.write(folder / "manifest.json", text + b"\n")
    atomic_file.write(folder / PROOF, draw_proof(proof))
    return manifest


def draw_proof(proof: dict[str, list[float]]) -> bytes:
    """A proof as PNG: a line for each corruption, its FID by its strength."""
    figure = new_figure(6, 3.4)
    axes = figure.add_subplot()
    for name, levels in proof.items():
        axes.plot((0.0, *STRENGTHS), levels, marker="o", markersize=3, label=name)
    axes.set_xlabel("strength of the corruption")
    axes.set_ylabel("FID (spr)")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)
    return to_png(figure)


def is_rising(levels: Sequence[float]) -> bool:
    """Whether each value is above the one before."""
    return all(later > earlier for earlier, later in pairwise(levels))


def _manifest(model: bytes, bars: Dataset, proof: dict[str, list[float]]) -> ExtractorManifest:
    names = [each.file.split("/")[0] for each in bars.provenance]
    return ExtractorManifest(
        name="spr",
        sha256=hashlib.sha256(model).hexdigest(),
        dimension=DIMENSION,
        batch=BATCH,
        created=dt.datetime.now(dt.UTC).date().isoformat(),
        bars={name: names.count(name) for name in sorted(set(names))},
        proof=proof,
    )
