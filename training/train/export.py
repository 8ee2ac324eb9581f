"""Writes a trained generator as a bundle (TFLite, manifest, card) and reads it back."""

import datetime as dt
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from perform.bundles import bundle
from perform.bundles.native_stderr import filtered_stderr
from perform.bundles.network import run_generator
from perform.errors import BundleError
from perform.music.condition import DENSITY, QUALITY_CLASSES, REGISTER, Conditions, generator_inputs
from perform.music.note import COLUMNS, ROOT_ROW, ROWS
from perform.music.note_table import notes_of
from perform.music.pianoroll import clean, threshold
from training.data.dataset import Dataset, bars_per_file
from training.metrics import copies, playability
from training.metrics.base import clean_samples
from training.model.backend import tf
from training.train.card import write_card
from training.train.trainer import Run

BATCH = 32  # a dynamic batch would need Flex operators, which a Raspberry Pi does not have
MEASURED_SAMPLES = 2048
TOLERANCE = 1e-4
MOST_FILES = 20
LEVELS = (0.1, 0.5, 0.9)  # of density and register, for the table of the card


def export(
    run: Run, target: Path, remark: str = "", *, discriminator: bool = False
) -> bundle.Bundle:
    """The bundle of a run, written at `target` and read back.

    `remark`: what the model is good and bad at, for the card.
    `discriminator`: keep the discriminator too, for the weight `opinion` of steering.
    BundleError when the outputs of LiteRT and Keras differ by more than 1e-4, or when `target`
    holds anything but an older bundle. Then `target` stays as it was.
    """
    bundle.check_destination(target)  # the conversion takes seconds
    options = run.options
    conditions = run.labels.names
    inputs = generator_inputs(MEASURED_SAMPLES, options.noise_dim, conditions, seed=0)
    network = run.generator
    model = convert(network, (BATCH, inputs.shape[1]))
    expected = np.asarray(network.predict(inputs, batch_size=256, verbose=0))
    begun = time.thread_time()  # counts this thread alone, whatever else the machine does
    outputs = run_generator(model, inputs)
    milliseconds = (time.thread_time() - begun) * 1000 / MEASURED_SAMPLES
    gap = float(np.abs(outputs - expected).max())
    if not gap <= TOLERANCE:  # NaN fails this comparison too
        raise BundleError(f"{target}: LiteRT and keras differ by {gap:.2g}; train it again")
    samples = clean_samples(threshold(outputs), run.bars.rolls, run.augmented)
    manifest = bundle.Manifest(
        name=target.resolve().name,
        created=dt.datetime.now(dt.UTC).date().isoformat(),
        licence="MIT",
        files={},
        noise_dim=options.noise_dim,
        batch=BATCH,
        conditions=list(conditions),
        architecture=options.architecture,
        training={
            **msgspec.to_builtins(options),
            "trained_steps": run.step,
            "seconds": round(run.seconds),
        },
        data={"bars": len(run.bars.rolls), "files": bars_by_source(run.bars)},
        metrics={
            **playability.measure(samples),
            **copies.measure(samples),
            "milliseconds_a_phrase": round(milliseconds, 3),
            "obeys": condition_effects(model, options.noise_dim, conditions),
        },
    )
    files = {bundle.GENERATOR: model, bundle.CARD: write_card(run, manifest, remark).encode()}
    if discriminator:
        if conditions:
            raise BundleError(f"{target}: a discriminator with conditions cannot be kept")
        files[bundle.DISCRIMINATOR] = convert(run.discriminator, (BATCH, ROWS, COLUMNS))
    exported = bundle.save(target, manifest, files)
    again = run_generator(exported.generator.read_bytes(), inputs[:BATCH])
    if not np.array_equal(again, outputs[:BATCH]):
        raise BundleError(f"{target}: the file gives other phrases than the model; export it again")
    return exported


def condition_effects(
    model: bytes, noise_dim: int, names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """What bars are like under each condition, by its name.

    Notes a bar, mean pitch above the root in semitones, and the shares (0 to 1) of notes that are
    minor and major thirds.
    """
    conditions = {name: Conditions(quality=name) for name in names if name in QUALITY_CLASSES}
    if DENSITY in names:
        conditions |= {f"{DENSITY} {value}": Conditions(density=value) for value in LEVELS}
    if REGISTER in names:
        conditions |= {f"{REGISTER} {value}": Conditions(register=value) for value in LEVELS}
    table = {}
    for name, each in sorted(conditions.items()):
        inputs = generator_inputs(MEASURED_SAMPLES // 4, noise_dim, names, 0, each)
        rolls = clean(threshold(run_generator(model, inputs)))
        above = notes_of(rolls).row - ROOT_ROW
        table[name] = {
            "notes_a_bar": round(len(above) / len(rolls), 2),
            "mean_pitch": round(float(above.sum()) / max(1, len(above)), 2),
            "minor_thirds": _share(above % 12 == 3),
            "major_thirds": _share(above % 12 == 4),
        }
    return table


def _share(mask: Any) -> float:
    return round(float(mask.sum()) / max(1, len(mask)), 3)


def bars_by_source(bars: Dataset) -> dict[str, int]:
    """How many bars come from each file; from each folder where there are over 20 files."""
    files = bars_per_file(bars)
    if len(files) <= MOST_FILES:
        return files
    folders: dict[str, int] = {}
    for name, count in files.items():
        folder = name.partition("/")[0]
        folders[folder] = folders.get(folder, 0) + count
    return folders


def convert(network: Any, shape: tuple[int, ...]) -> bytes:
    """The TFLite flatbuffer of a Keras network, float32, with an input of exactly this shape.

    BundleError when the system's temporary folder is full.
    """
    fixed = tf.TensorSpec(shape, tf.float32)
    # Through a SavedModel: from a concrete function the converter loses the weights of Keras 3.
    with tempfile.TemporaryDirectory() as folder, filtered_stderr():
        try:
            network.export(folder, input_signature=[fixed], verbose=False)
        except tf.errors.OpError:  # what tensorflow raises for a file error
            raise BundleError(
                f"{tempfile.gettempdir()}: no room to convert in; free it or set TMPDIR"
            ) from None
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        return bytes(converter.convert())
