"""A trained generator as a bundle: static TFLite, manifest, card; reloaded before it is called done."""

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import tensorflow as tf

from perform import bundle
from perform.errors import BundleError
from perform.music.note import COLUMNS, ROWS
from perform.music.pianoroll import Rolls, threshold
from training.config import Options
from training.metrics.playability import Playability, measure

BATCH = 32  # a dynamic batch would need Flex operators, which a Pi has not
SAMPLES = 2048
CLOSE_ENOUGH = 1e-4


class Story(NamedTuple):
    """What only the trainer knows: where the bars came from, and for how long it trained."""

    data: str
    seconds: float | None = None
    remark: str = ""


def export(
    name: str, generator: Any, options: Options, rolls: Rolls, target: Path, story: Story
) -> bundle.Bundle:
    """The bundle at `target`, its network run again by LiteRT and compared with the one trained.

    BundleError when the two disagree by more than 1e-4; nothing is left behind then.
    """
    model = convert(generator, options.noise_dim)
    noise = np.random.default_rng(0).standard_normal((SAMPLES, options.noise_dim), np.float32)
    expected = np.asarray(generator.predict(noise, batch_size=256, verbose=0))
    answered = infer(model, noise)
    gap = float(np.abs(answered - expected).max())
    if not gap <= CLOSE_ENOUGH:  # said this way round, NaN is refused too
        raise BundleError(f"{target}: LiteRT and keras differ by {gap:.2g}; not exported")
    figures = measure(threshold(answered), rolls)
    manifest = bundle.Manifest(
        name=name,
        created=dt.datetime.now(dt.UTC).date().isoformat(),
        licence="MIT",
        files={},
        noise_dim=options.noise_dim,
        batch=BATCH,
        architecture=options.architecture,
        training={**msgspec.to_builtins(options), "seconds": story.seconds},
        data={"bars": len(rolls), "from": story.data},
        metrics=msgspec.to_builtins(figures),
    )
    card = write_card(name, options, rolls, figures, story)
    return bundle.save(
        target, manifest, {bundle.GENERATOR: model, bundle.CARD: card.encode("utf-8")}
    )


def convert(generator: Any, noise_dim: int) -> bytes:
    """The TFLite flatbuffer, float32, input (32, noise_dim), output (32, 48, 64)."""
    fixed = tf.TensorSpec([BATCH, noise_dim], tf.float32)
    # By way of a SavedModel: straight from a concrete function the converter loses Keras 3's weights.
    with tempfile.TemporaryDirectory() as folder:
        generator.export(folder, input_signature=[fixed], verbose=False)
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


def write_card(
    name: str, options: Options, rolls: Rolls, figures: Playability, story: Story
) -> str:
    """The card, Markdown."""
    lasted = f", {story.seconds:.0f} s on two CPU cores" if story.seconds else ""
    return f"""# {name}

One-bar phrases, invented by a small GAN. Licence: MIT.

- **Trained on** {len(rolls)} bars: {story.data}.
- **Trained for** {options.steps} steps of {options.batch} bars{lasted}: architecture
  `{options.architecture}` (width {options.width}), {options.loss} loss, R1 + R2 penalty
  {options.penalty:g}, averaged weights, seed {options.seed}. Every option is in `manifest.json`.
- **Clean-up** before a phrase is played: a cell is on above 0; a gap of one column in a torn note is
  filled; a note of one column (shorter than a 1/32) is dropped; a bar that is unplayable even so
  gives way to its neighbour in the batch.

| measured over {figures.samples} samples | share |
| --- | --- |
| unplayable (empty, over 4 voices, or mostly notes under 1/32), raw | {figures.unplayable_raw:.2%} |
| unplayable, cleaned | {figures.unplayable_cleaned:.2%} |
| within 10 of 3,072 cells of a training bar (near-copies) | {figures.copies:.2%} |
| distinct bars | {figures.distinct:.2%} |
| notes a bar (mean) | {figures.notes_a_bar:.1f} |

{story.remark}
"""
