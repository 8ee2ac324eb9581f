"""A trained generator as a bundle: static TFLite, manifest, card; reloaded before it is called done."""

import datetime as dt
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import tensorflow as tf

from perform import bundle
from perform.errors import BundleError
from perform.music.note import COLUMNS, ROWS
from perform.music.pianoroll import threshold
from training.dataset import Dataset, sources
from training.loop import Run
from training.metrics.playability import COPY_CELLS, measure

BATCH = 32  # a dynamic batch would need Flex operators, which a Pi has not
SAMPLES = 2048
CLOSE_ENOUGH = 1e-4
MOST_FILES = 20


def export(run: Run, target: Path, remark: str = "") -> bundle.Bundle:
    """The bundle at `target`, its network run again by LiteRT and compared with the one trained.

    `remark`: what it is good and bad at, for the card. BundleError when LiteRT and keras disagree by
    more than 1e-4; nothing is left behind then. The bundle is read back before it comes back.
    """
    options = run.options
    model = convert(run.average, (BATCH, options.noise_dim))
    noise = np.random.default_rng(0).standard_normal((SAMPLES, options.noise_dim), np.float32)
    expected = np.asarray(run.average.predict(noise, batch_size=256, verbose=0))
    begun = time.perf_counter()
    answered = infer(model, noise)
    milliseconds = (time.perf_counter() - begun) * 1000 / SAMPLES
    gap = float(np.abs(answered - expected).max())
    if not gap <= CLOSE_ENOUGH:  # said this way round, NaN is refused too
        raise BundleError(f"{target}: LiteRT and keras differ by {gap:.2g}; train it again")
    figures = measure(threshold(answered), run.bars.rolls)
    manifest = bundle.Manifest(
        name=target.resolve().name,
        created=dt.datetime.now(dt.UTC).date().isoformat(),
        licence="MIT",
        files={},
        noise_dim=options.noise_dim,
        batch=BATCH,
        architecture=options.architecture,
        training={
            **msgspec.to_builtins(options),
            "trained_steps": run.step,
            "seconds": round(run.seconds),
        },
        data={"bars": len(run.bars.rolls), "files": provenance(run.bars)},
        metrics={**msgspec.to_builtins(figures), "milliseconds_a_phrase": round(milliseconds, 3)},
    )
    files = {bundle.GENERATOR: model, bundle.CARD: write_card(run, manifest, remark).encode()}
    made = bundle.save(target, manifest, files)
    if not np.array_equal(infer(made.generator.read_bytes(), noise[:BATCH]), answered[:BATCH]):
        raise BundleError(f"{target}: the file does not answer as the model did; export it again")
    return made


def provenance(bars: Dataset) -> dict[str, int]:
    """Bars by file; by folder of a corpus where there are more files than a card can name."""
    files = sources(bars)
    if len(files) <= MOST_FILES:
        return files
    folders: dict[str, int] = {}
    for name, count in files.items():
        folder = name.partition("/")[0]
        folders[folder] = folders.get(folder, 0) + count
    return folders


def convert(network: Any, shape: tuple[int, ...]) -> bytes:
    """The TFLite flatbuffer of a keras network, float32, with an input of just this shape."""
    fixed = tf.TensorSpec(shape, tf.float32)
    # By way of a SavedModel: straight from a concrete function the converter loses Keras 3's weights.
    with tempfile.TemporaryDirectory() as folder:
        network.export(folder, input_signature=[fixed], verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        return bytes(converter.convert())


def infer(model: bytes, noise: Any) -> Any:
    """What LiteRT answers to noise (n, noise_dim), n a multiple of 32: (n, 48, 64)."""
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    into = interpreter.get_input_details()[0]["index"]
    out = interpreter.get_output_details()[0]["index"]
    answers = []
    for start in range(0, len(noise), BATCH):
        interpreter.set_tensor(into, noise[start : start + BATCH])
        interpreter.invoke()
        answers.append(interpreter.get_tensor(out).copy())
    return np.concatenate(answers).reshape(-1, ROWS, COLUMNS)


def write_card(run: Run, manifest: bundle.Manifest, remark: str) -> str:
    """The card, Markdown."""
    options, figures = run.options, manifest.metrics
    files = ", ".join(f"{count} of `{name}`" for name, count in manifest.data["files"].items())
    width = f" (width {options.width})" if options.architecture == "compact" else ""
    return (
        f"""# {manifest.name}

One-bar phrases, invented by a small GAN. Licence: {manifest.licence}.

- **Trained on** {len(run.bars.rolls)} bars: {files}.
- **Trained for** {run.step} steps of {options.batch} bars, {run.seconds:.0f} s: architecture
  `{options.architecture}`{width}, {options.loss} loss, R1 + R2 penalty {options.penalty:g}, weights
  averaged by {options.average:g}, seed {options.seed}. Every option is in `manifest.json`.
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
| bars in which two notes overlap | {figures["overlapping"]:.1%} |
| LiteRT, one thread, batch {manifest.batch}, where it was exported | {figures["milliseconds_a_phrase"]:.3f} ms a phrase |

{remark}
""".rstrip()
        + "\n"
    )
