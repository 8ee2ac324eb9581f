"""A trained generator as a bundle: static TFLite, manifest, card; reloaded before it is called done."""

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
from training.metrics.playability import COPY_CELLS, leaps, measure
from training.model.backend import tf
from training.train.trainer import Run

BATCH = 32  # a dynamic batch would need Flex operators, which a Pi has not
SAMPLES = 2048
CLOSE_ENOUGH = 1e-4
MOST_FILES = 20


def export(
    run: Run, target: Path, remark: str = "", *, discriminator: bool = False
) -> bundle.Bundle:
    """The bundle at `target`, its network run again by LiteRT and compared with the one trained.

    `remark`: what it is good and bad at, for the card. `discriminator`: keep that too, so that phrases
    can be steered by its opinion. BundleError when LiteRT and keras disagree by
    more than 1e-4, or when `target` holds anything but an older bundle; nothing is changed then. The
    bundle is read back before it comes back.
    """
    bundle.check_destination(target)  # before the seconds that converting takes
    options = run.options
    conditions = run.labels.names
    noise = generator_inputs(SAMPLES, options.noise_dim, conditions, seed=0)
    network = run.generator
    model = convert(network, (BATCH, noise.shape[1]))
    expected = np.asarray(network.predict(noise, batch_size=256, verbose=0))
    begun = time.thread_time()  # what else runs on the machine is not counted
    answered = run_generator(model, noise)
    milliseconds = (time.thread_time() - begun) * 1000 / SAMPLES
    gap = float(np.abs(answered - expected).max())
    if not gap <= CLOSE_ENOUGH:  # said this way round, NaN is refused too
        raise BundleError(f"{target}: LiteRT and keras differ by {gap:.2g}; train it again")
    figures = measure(threshold(answered), run.bars.rolls, run.seen)
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
        data={"bars": len(run.bars.rolls), "files": provenance(run.bars)},
        metrics={
            **msgspec.to_builtins(figures),
            "milliseconds_a_phrase": round(milliseconds, 3),
            "obeys": obedience(model, options.noise_dim, conditions),
        },
    )
    files = {bundle.GENERATOR: model, bundle.CARD: write_card(run, manifest, remark).encode()}
    if discriminator:
        if conditions:
            raise BundleError(f"{target}: a discriminator that was told conditions cannot be kept")
        files[bundle.DISCRIMINATOR] = convert(run.discriminator, (BATCH, ROWS, COLUMNS))
    made = bundle.save(target, manifest, files)
    if not np.array_equal(
        run_generator(made.generator.read_bytes(), noise[:BATCH]), answered[:BATCH]
    ):
        raise BundleError(f"{target}: the file does not answer as the model did; export it again")
    return made


def obedience(
    model: bytes, noise_dim: int, conditions: Sequence[str]
) -> dict[str, dict[str, float]]:
    """What bars are like when they are asked for, by wish: notes a bar, mean pitch above the root, and
    the share of notes that are minor thirds and major thirds.
    """
    wishes = {name: Conditions(quality=name) for name in conditions if name in QUALITY_CLASSES}
    if DENSITY in conditions:
        wishes |= {f"{DENSITY} {value}": Conditions(density=value) for value in (0.1, 0.5, 0.9)}
    if REGISTER in conditions:
        wishes |= {f"{REGISTER} {value}": Conditions(register=value) for value in (0.1, 0.5, 0.9)}
    table = {}
    for name, wish in sorted(wishes.items()):
        rolls = clean(
            threshold(
                run_generator(model, generator_inputs(SAMPLES // 4, noise_dim, conditions, 0, wish))
            )
        )
        above = notes_of(rolls).row - ROOT_ROW
        table[name] = {
            "notes_a_bar": round(len(above) / len(rolls), 2),
            "mean_pitch": round(float(above.sum()) / max(1, len(above)), 2),
            "minor_thirds": _share(above % 12 == 3),
            "major_thirds": _share(above % 12 == 4),
        }
    return table


def _share(those: Any) -> float:
    return round(float(those.sum()) / max(1, len(those)), 3)


def provenance(bars: Dataset) -> dict[str, int]:
    """Bars by file; by folder of a corpus where there are more files than a card can name."""
    files = bars_per_file(bars)
    if len(files) <= MOST_FILES:
        return files
    folders: dict[str, int] = {}
    for name, count in files.items():
        folder = name.partition("/")[0]
        folders[folder] = folders.get(folder, 0) + count
    return folders


def convert(network: Any, shape: tuple[int, ...]) -> bytes:
    """The TFLite flatbuffer of a keras network, float32, with an input of just this shape.

    BundleError where the system's temporary folder has no room for what lies between.
    """
    fixed = tf.TensorSpec(shape, tf.float32)
    # By way of a SavedModel: straight from a concrete function the converter loses Keras 3's weights.
    with tempfile.TemporaryDirectory() as folder, filtered_stderr():
        try:
            network.export(folder, input_signature=[fixed], verbose=False)
        except tf.errors.OpError:  # tensorflow's word for what the system has against a file
            raise BundleError(
                f"{tempfile.gettempdir()}: no room to convert in; free it or set TMPDIR"
            ) from None
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        return bytes(converter.convert())


def write_card(run: Run, manifest: bundle.Manifest, remark: str) -> str:
    """The card, Markdown."""
    options, figures = run.options, manifest.metrics
    files = ", ".join(f"{count} of `{name}`" for name, count in manifest.data["files"].items())
    width = f" (width {options.width})" if options.architecture in {"compact", "melody"} else ""
    begun = (
        f"; begun with the weights `{options.pretrained}` of other bars"
        if options.pretrained
        else ""
    )
    grown = f", augmented to {len(run.seen):,}" if options.augment else ""
    conditions = ", ".join(manifest.conditions)
    asked = f"\n- **Can be asked for**: {conditions}." if conditions else ""
    obeyed = "\n".join(
        f"| {name} | " + " | ".join(f"{value:g}" for value in row.values()) + " |"
        for name, row in figures["obeys"].items()
    )
    if obeyed:
        obeyed = f"""
| asked for | notes a bar | mean pitch above the root | minor thirds | major thirds |
| --- | --- | --- | --- | --- |
{obeyed}
"""
    return (
        f"""# {manifest.name}

One-bar phrases, invented by a small GAN. Licence: {manifest.licence}.

- **Trained on** {len(run.bars.rolls)} bars: {files}{grown}{begun}.
- **Trained for** {run.step} steps of {options.batch} bars, {run.seconds:.0f} s: architecture
  `{options.architecture}`{width}, {options.loss} loss, R1 + R2 penalty {options.penalty:g}, weights
  averaged by {options.average:g}, seed {options.seed}. Every option is in `manifest.json`.{asked}
- **Clean-up** before a phrase is played: a cell is on above {manifest.threshold:g}; a gap of one column in a
  torn note is filled; a note of one column (shorter than a 1/32) is dropped; a bar that is unplayable
  even so gives way to its neighbour in the batch.

| measured over {figures["samples"]} samples | |
| --- | --- |
| unplayable (empty, over 4 voices, or mostly notes under 1/32), raw | {figures["unplayable_raw"]:.2%} |
| unplayable, cleaned | {figures["unplayable_cleaned"]:.2%} |
| within {COPY_CELLS} of 3,072 cells of a training bar (near-copies), cleaned | {figures["copies"]:.2%} |
| distinct bars | {figures["distinct"]:.2%} |
| notes a bar (mean) | {figures["notes_a_bar"]:.1f} |
| onsets where the training bars have theirs | {figures["onsets_in_style"]:.1%} |
| moves wider than an octave (of the training bars': {leaps(run.bars.rolls):.1%}) | {figures["leaps"]:.1%} |
| bars in which two notes overlap | {figures["overlapping"]:.1%} |
| LiteRT, one thread, batch {manifest.batch}, where it was exported | {figures["milliseconds_a_phrase"]:.3f} ms a phrase |
{obeyed}
{remark}
""".rstrip()
        + "\n"
    )
