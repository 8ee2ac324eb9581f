"""How the `spr` extractor comes to be: a small network is taught what bars hold, and what spoils them.

It learns three things at once from bars of the corpus, half of them spoilt: to draw the bar again from
its features, to say which collection it came from, and by which disturbance and how much it was spoilt.
What all three need is a description of a bar; its 32 numbers are the features.
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
HELD_OUT = 10  # one tune in ten is never taught


class ExtractorLesson(NamedTuple):
    """Bars as they are shown, and what is asked about them."""

    shown: Rolls
    whole: NDArray[np.float32]
    collection: NDArray[np.int64]
    spoilt: NDArray[np.float32]


def split(bars: Dataset) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which bars are taught and which held out: whole tunes, one in ten by the hash of its name."""
    held = np.array(
        [hashlib.sha256(each.file.encode()).digest()[0] % HELD_OUT == 0 for each in bars.provenance]
    )
    return np.flatnonzero(~held), np.flatnonzero(held)


def teach(bars: Dataset, epochs: int, seed: int = 0, width: int = 48) -> Any:
    """The taught extractor, a keras model from (n, 48, 64) to (n, 32)."""
    keras.utils.set_random_seed(seed)
    taught, _ = split(bars)
    names = [each.file.split("/")[0] for each in bars.provenance]
    collections = sorted(set(names))
    labels = np.array([collections.index(name) for name in names])[taught]
    rolls = bars.rolls[taught]
    extractor, student = _networks(width, len(collections))
    student.compile(
        keras.optimizers.Adam(1e-3),
        loss=["binary_crossentropy", "sparse_categorical_crossentropy", "mse"],
        loss_weights=[10.0, 0.3, 1.0],
    )
    for epoch in range(epochs):
        rng = np.random.default_rng([seed, epoch])
        lesson = _lesson(rolls, labels, rng)
        student.optimizer.learning_rate.assign(1e-3 * (1 - epoch / epochs))
        student.fit(
            lesson.shown.astype(np.float32),
            (lesson.whole, lesson.collection, lesson.spoilt),
            batch_size=BATCH,
            epochs=1,
            verbose=0,
        )
    return extractor


def _lesson(rolls: Rolls, labels: NDArray[np.int64], rng: np.random.Generator) -> ExtractorLesson:
    """All bars in a new order, half of them spoilt one way each, by any strength."""
    order = rng.permutation(len(rolls))
    shown = rolls[order].copy()
    spoilt = np.zeros((len(rolls), len(CORRUPTIONS)), np.float32)
    kind = rng.integers(0, 2 * len(CORRUPTIONS), len(rolls))
    strength = rng.integers(1, 11, len(rolls)) / 10
    for place, disturb in enumerate(CORRUPTIONS.values()):
        for level in np.unique(strength):
            these = np.flatnonzero((kind == place) & (strength == level))
            shown[these] = disturb(shown[these], float(level), rng)
            spoilt[these, place] = level
    return ExtractorLesson(shown, (shown > 0).astype(np.float32), labels[order], spoilt)


def _networks(width: int, collections: int) -> tuple[Any, Any]:
    rolls = keras.Input((ROWS, COLUMNS))
    x = layers.Permute((2, 1))(rolls)
    for channels, stride in ((width, 1), (width, 2), (2 * width, 2), (2 * width, 2)):
        x = layers.Conv1D(channels, 5, strides=stride, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    features = layers.Dense(DIMENSION)(layers.Flatten()(x))
    drawn = layers.LeakyReLU(0.2)(layers.Dense(8 * 2 * width)(features))
    drawn = layers.Reshape((8, 2 * width))(drawn)
    for channels in (2 * width, width, width):
        drawn = layers.Conv1D(channels, 5, padding="same")(layers.UpSampling1D(2)(drawn))
        drawn = layers.LeakyReLU(0.2)(drawn)
    drawn = layers.Conv1D(ROWS, 5, padding="same", activation="sigmoid")(drawn)
    drawn = layers.Permute((2, 1), name="drawn")(drawn)
    hidden = layers.LeakyReLU(0.2)(layers.Dense(64)(features))
    collection = layers.Dense(collections, activation="softmax", name="collection")(hidden)
    spoilt = layers.Dense(len(CORRUPTIONS), name="spoilt")(hidden)
    return keras.Model(rolls, features), keras.Model(rolls, [drawn, collection, spoilt])


def proof(extractor: Any, held_out: Rolls, seed: int = 0) -> dict[str, list[float]]:
    """The FID of spoilt held-out bars against other held-out bars, at strengths 0, .2 to 1.

    `extractor`: anything with `features(rolls)`. At strength 0 it is the floor.
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
            frechet(extractor.features(disturb(plain, level, rng)), reference)
            for level in STRENGTHS
        ]
        for name, disturb in CORRUPTIONS.items()
    }


class About(msgspec.Struct, frozen=True):
    """What lies beside the extractor (`manifest.json`)."""

    name: str
    sha256: str
    dimension: int
    batch: int
    created: str
    bars: dict[str, int]
    proof: dict[str, list[float]]


def make(bars: Dataset, folder: Path, epochs: int = EPOCHS, seed: int = 0) -> About:
    """The extractor taught on bars and written to a folder (network and manifest), with its proof.

    The network comes back from its file before it is proved, so that the proof is of what ships.
    """
    model = convert(teach(bars, epochs, seed), (BATCH, ROWS, COLUMNS))
    atomic_file.write(folder / "extractor.tflite", model)
    atomic_file.write(folder / "manifest.json", msgspec.json.encode(describe(model, bars, {})))
    _, held = split(bars)
    about = describe(model, bars, proof(SprExtractor(folder), bars.rolls[held]))
    text = msgspec.json.format(msgspec.json.encode(about), indent=2)
    atomic_file.write(folder / "manifest.json", text + b"\n")
    atomic_file.write(folder / PROOF, picture(about.proof))
    return about


def picture(shown: dict[str, list[float]]) -> bytes:
    """A proof as PNG: a line for every disturbance, its distance by its strength."""
    figure = new_figure(6, 3.4)
    axes = figure.add_subplot()
    for name, levels in shown.items():
        axes.plot((0.0, *STRENGTHS), levels, marker="o", markersize=3, label=name)
    axes.set_xlabel("strength of the disturbance")
    axes.set_ylabel("FID (spr)")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)
    return to_png(figure)


def describe(model: bytes, bars: Dataset, shown: dict[str, list[float]]) -> About:
    """What the manifest says."""
    names = [each.file.split("/")[0] for each in bars.provenance]
    return About(
        name="spr",
        sha256=hashlib.sha256(model).hexdigest(),
        dimension=DIMENSION,
        batch=BATCH,
        created=dt.datetime.now(dt.UTC).date().isoformat(),
        bars={name: names.count(name) for name in sorted(set(names))},
        proof=shown,
    )


def rising(levels: Sequence[float]) -> bool:
    """Whether each value is above the one before."""
    return all(later > earlier for earlier, later in pairwise(levels))
