"""Writes the generator of a run of lines as a bundle, and reads it back."""

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
from perform.bundles.network import LineNetwork
from perform.errors import BundleError
from perform.music.feel import FEELS, Feel
from perform.music.line_codec import CONTEXT, LAYOUT, PLACES, Floats, column_of, context_numbers
from perform.music.line_context import LineContext
from perform.music.note import COLUMNS, ROWS
from training.lines.examples import GO_ON, NOTE, is_unused
from training.lines.networks import (
    CHOICES,
    NOISE,
    bar_features,
    first_line,
    next_line,
)
from training.lines.run import LineRun, gumbel_noise
from training.model.backend import keras, tf
from training.train.export import BATCH, TOLERANCE

MEASURED_CALLS = 20


def export(run: LineRun, target: Path, pieces: Sequence[str], remark: str = "") -> bundle.Bundle:
    """The bundle of a run, written at `target` and read back.

    `pieces`: the names of what it was trained on. `remark`: what it is good and bad at, for the
    card. BundleError as for `training.train.export.export`.
    """
    bundle.check_destination(target)  # the conversion takes seconds
    feels = feels_of(run.given.contexts)
    model = convert(run.average, run.discriminator)
    network = LineNetwork(model)
    noise = gumbel_noise(np.random.default_rng(0), BATCH)
    context = context_numbers(LineContext(feel=feels[0]))
    rolls, facts = network.run(noise.reshape(BATCH, NOISE), context)
    expected = written_bars(run.average, run.discriminator, noise, context[None])
    gap = max(
        float(np.abs(ours - np.asarray(theirs)).max())
        for ours, theirs in zip((rolls, facts), expected, strict=True)
    )
    if not gap <= TOLERANCE * 10:  # NaN fails this comparison too
        raise BundleError(f"{target}: LiteRT and keras differ by {gap:.2g}; train it again")
    begun = time.thread_time()
    for _ in range(MEASURED_CALLS):
        network.run(noise.reshape(BATCH, NOISE), context)
    milliseconds = (time.thread_time() - begun) * 1000 / MEASURED_CALLS / BATCH
    manifest = bundle.Manifest(
        name=target.resolve().name,
        created=dt.datetime.now(dt.UTC).date().isoformat(),
        licence="MIT",
        files={},
        noise_dim=NOISE,
        batch=BATCH,
        context=CONTEXT,
        feels=list(feels),
        architecture=run.options.architecture,
        training={
            **msgspec.to_builtins(run.options),
            "trained_steps": run.step,
            "seconds": round(run.seconds),
        },
        data={"bars": len(run.given.kinds), "pieces": len(pieces)},
        metrics={"milliseconds_a_phrase": round(milliseconds, 3)},
    )
    return bundle.save(
        target,
        manifest,
        {bundle.GENERATOR: model, bundle.CARD: card(run, manifest, pieces, remark).encode()},
    )


def feels_of(contexts: Floats) -> tuple[Feel, ...]:
    """The feels of bars, the commonest first; "straight" where none is known."""
    counts = contexts[:, LAYOUT.feel.start : LAYOUT.feel.stop - 1].sum(axis=0)
    found = tuple(FEELS[index] for index in np.argsort(-counts, kind="stable") if counts[index])
    return found or ("straight",)


def card(run: LineRun, manifest: bundle.Manifest, pieces: Sequence[str], remark: str) -> str:
    """The card as Markdown."""
    options = run.options
    lines = [
        f"# {manifest.name}",
        "",
        "Lines, a bar at a time: each bar knows the two bars before it, the chords of its halves",
        f"and of the next bar, its place in the form, and its feel. Licence: {manifest.licence}.",
        "",
        f"- **Feels**: {', '.join(manifest.feels)}; the first one where none is asked for.",
        f"- **Trained on** {len(run.given.kinds)} bars of {len(pieces)} pieces, beside them our",
        f"  own book ({options.book_share:.0%} of each batch), from the weights",
        f"  `{options.pretrained or 'none'}`.",
        f"- **Trained for** {options.steps} steps on likelihood, then",
        f"  {options.adversarial_steps} against a discriminator: {run.seconds:.0f} s, seed",
        f"  {options.seed}. Every option is in `manifest.json`.",
        f"- **LiteRT**, one thread: {manifest.metrics['milliseconds_a_phrase']:.3f} ms a bar.",
        "",
        remark,
    ]
    return "\n".join(lines).rstrip() + "\n"


def written_bars(generator: Any, discriminator: Any, noise: Any, context: Any) -> tuple[Any, Any]:
    """Rolls (batch, 48, 64) of noise over one context (1, CONTEXT), and facts (batch, 3).

    The facts: whether the bar is tied to the one before, its log likelihood, and the
    discriminator's logit.
    """
    kinds, moves, likelihood = generator.write(context, noise)
    real = discriminator(context, bar_features(context, kinds, moves))
    repeated = tf.repeat(context, noise.shape[0], 0)
    line = first_line(repeated)
    tied = kinds[:, 0, GO_ON] * line.sounds
    rows, sounds = [], []
    for place in range(PLACES):
        line = next_line(line, kinds[:, place], moves[:, place])
        rows.append(tf.cast(tf.round(line.row), tf.int32))
        sounds.append(line.sounds)
    begins = kinds[:, :, NOTE]
    thirds = repeated[:, LAYOUT.feel.stop - 1][:, None]
    rolls = sum(
        (thirds if grid else 1 - thirds)[:, :, None]
        * _rolls(tf.stack(rows, 1), tf.stack(sounds, 1), begins, thirds=grid)
        for grid in (False, True)
    )
    return 2 * rolls - 1, tf.stack([tied, likelihood, real], 1)


def _rolls(rows: Any, sounds: Any, begins: Any, *, thirds: bool) -> Any:
    """Cells that are on, 0 or 1 (batch, 48, 64); a column is off before a note struck again."""
    places = _place_of_columns(thirds)
    following = np.append(places[1:], places[-1])
    changes = (following != places).astype(np.float32)
    row, after = (tf.gather(rows, each, axis=1) for each in (places, following))
    struck = tf.gather(begins, following, axis=1) * changes[None]
    again = struck * tf.cast(row == after, tf.float32)
    on = tf.gather(sounds, places, axis=1) * (1 - again)
    return tf.transpose(tf.one_hot(row, ROWS) * on[:, :, None], (0, 2, 1))


def _place_of_columns(thirds: bool) -> np.ndarray[Any, np.dtype[np.int32]]:
    """The place of each column of a bar, (64,)."""
    used = [place for place in range(PLACES) if not is_unused(place, thirds)]
    firsts = [column_of(place, thirds) for place in used]
    found = np.searchsorted(firsts, np.arange(COLUMNS), side="right") - 1
    return np.array([used[index] for index in found], np.int32)


def convert(generator: Any, discriminator: Any) -> bytes:
    """The TFLite flatbuffer of both networks: noise and one context in, rolls and facts out."""

    def serve(noise: Any, context: Any) -> dict[str, Any]:
        shaped = tf.reshape(noise, (BATCH, PLACES, CHOICES))
        rolls, facts = written_bars(generator, discriminator, shaped, context)
        return {"rolls": rolls, "facts": facts}

    signature = [
        tf.TensorSpec((BATCH, NOISE), tf.float32),
        tf.TensorSpec((1, CONTEXT), tf.float32),
    ]
    with tempfile.TemporaryDirectory() as folder, filtered_stderr():
        archive = keras.export.ExportArchive()
        archive.track(generator)
        archive.track(discriminator)
        archive.add_endpoint("serve", serve, signature)
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        return bytes(converter.convert())
