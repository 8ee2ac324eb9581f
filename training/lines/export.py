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
from perform.music.line_codec import CONTEXT, LAYOUT, PLACES, Floats, context_numbers
from perform.music.line_context import LineContext
from perform.music.pianoroll import Rolls, threshold
from training.lines.networks import CHOICES, NOISE, one_places
from training.lines.rolls import rolls_of, written_bars
from training.lines.run import LineRun, gumbel_noise
from training.lines.taste import SHIPPED as SHIPPED_TASTE
from training.metrics import copies, playability
from training.metrics.base import Samples, clean_samples
from training.model.backend import keras, tf
from training.train.export import TOLERANCE

BATCH = 8  # other than of single bars: a slow machine stops between batches of candidates
MEASURED_CALLS, MEASURED_CONTEXTS = 80, 256


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
    samples = draw_samples(run, network)
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
        metrics={
            **playability.measure(samples),
            **copies.measure(samples),
            "milliseconds_a_phrase": round(milliseconds, 3),
        },
    )
    return bundle.save(
        target,
        manifest,
        {
            bundle.GENERATOR: model,
            bundle.TASTE: SHIPPED_TASTE.read_bytes(),
            bundle.CARD: card(run, manifest, pieces, remark).encode(),
        },
    )


def draw_samples(run: LineRun, network: LineNetwork) -> Samples:
    """Bars over the contexts of bars of the run, which may rest: those are left out."""
    draws = np.random.default_rng(0)
    chosen = draws.choice(len(run.given.kinds), MEASURED_CONTEXTS)
    made = [
        network.run(gumbel_noise(draws, BATCH).reshape(BATCH, NOISE), context)[0]
        for context in run.given.contexts[chosen]
    ]
    contexts, *choices = (tf.constant(part) for part in run.given)
    real = np.asarray(rolls_of(contexts, *one_places(*choices)), np.int8)
    return clean_samples(*(_with_notes(each) for each in (threshold(np.concatenate(made)), real)))


def _with_notes(rolls: Rolls) -> Rolls:
    return rolls[(rolls > 0).any(axis=(1, 2))]


def feels_of(contexts: Floats) -> tuple[Feel, ...]:
    """The feels of bars, the commonest first; "straight" where none is known."""
    counts = contexts[:, LAYOUT.feel.start : LAYOUT.feel.stop - 1].sum(axis=0)
    found = tuple(FEELS[index] for index in np.argsort(-counts, kind="stable") if counts[index])
    return found or ("straight",)


def card(run: LineRun, manifest: bundle.Manifest, pieces: Sequence[str], remark: str) -> str:
    """The card as Markdown."""
    options, metrics = run.options, manifest.metrics
    lines = [
        f"# {manifest.name}",
        "",
        "Lines, a bar at a time: each bar knows the two bars before it, the chords of its halves",
        f"and of the next bar, its place in the form, and its feel. Licence: {manifest.licence}.",
        "",
        "## How it was made",
        "",
        f"- **Feels**: {', '.join(manifest.feels)}; the first one where none is asked for.",
        f"- **Trained on** {len(run.given.kinds)} bars of {len(pieces)} pieces, beside them our",
        f"  own book ({options.book_share:.0%} of each batch), from the weights",
        f"  `{options.pretrained or 'none'}`.",
        f"- **Trained for** {options.steps} steps on likelihood, then",
        f"  {options.adversarial_steps} against a discriminator: {run.seconds:.0f} s, seed",
        f"  {options.seed}. Every option is in `manifest.json`.",
        f"- **Bars** have {metrics['notes_a_bar']:.1f} notes; {metrics['copies']:.1%} of them are",
        "  near-copies (within 10 cells of a training bar).",
        f"- **LiteRT**, one thread: {metrics['milliseconds_a_phrase']:.3f} ms a bar.",
        "- **Taste**: `taste.tflite`, which scores candidates, is the one that ships.",
        "",
        remark,
    ]
    return "\n".join(lines).rstrip() + "\n"


def convert(generator: Any, discriminator: Any, batch: int = BATCH) -> bytes:
    """The TFLite flatbuffer of both networks: noise and one context in, rolls and facts out."""

    def serve(noise: Any, context: Any) -> dict[str, Any]:
        shaped = tf.reshape(noise, (batch, PLACES, CHOICES))
        rolls, facts = written_bars(generator, discriminator, shaped, context)
        return {"rolls": rolls, "facts": facts}

    signature = [
        tf.TensorSpec((batch, NOISE), tf.float32),
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
