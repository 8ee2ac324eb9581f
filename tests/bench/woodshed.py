"""Prints the figures of the laboratory: `python tests/bench/woodshed.py` (about eight minutes).

Times compare inside this one run; machines differ. Nothing here is asserted. The corpus is read anew, into a
cache of its own, and its bars serve to time the distance of 1,000 against 1,000.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import msgspec
import tensorflow as tf

from training.augment.pipeline import PAPER, augment
from training.data import dataset
from training.model.losses import cross_entropy
from training.model.networks import build_networks
from training.options import read_recipe
from training.train import trainer


def augmenting() -> None:
    """The paper's 3,080 bars of 55."""
    bars = dataset.import_files([dataset.OWN_BARS]).rolls[:55]
    seconds = []
    for seed in range(5):
        begun = time.perf_counter()
        made = augment(bars, PAPER, seed)
        seconds.append(time.perf_counter() - begun)
    print(f"augmenting 55 -> {len(made)} bars: {statistics.median(seconds):.2f} s")


def command(*words: str, **more: str) -> float:
    """The seconds that a command of `training` takes, from start to end."""
    begun = time.perf_counter()
    whole = [sys.executable, "-m", "training", *words]
    subprocess.run(whole, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **more})
    return time.perf_counter() - begun


def importing(bars: Path) -> None:
    """A collection of the corpus, read and then remembered."""
    words = ("import", "--corpus", "ryansMammoth", "-o", str(bars))
    with tempfile.TemporaryDirectory() as cache:
        first, again = (command(*words, XDG_CACHE_HOME=cache) for _ in range(2))
    tunes = len({each.file for each in dataset.load(bars).provenance})
    print(
        f"training import of {tunes} tunes: {60 * tunes / first:.0f} a minute; again {again:.1f} s"
    )


def bundle() -> None:
    """The shipped recipe on our own bars, from MIDI files to a bundle."""
    with tempfile.TemporaryDirectory() as folder:
        run, made = f"{folder}/run", f"{folder}/models/blues"
        seconds = command("run", "-o", run), command("export", run, "-o", made)
    print(f"MIDI files to bundle: {sum(seconds):.0f} s, {seconds[1]:.0f} of them for the export")


def distance(bars: dataset.Dataset) -> None:
    """The command from start to end, halves of a data set against each other."""
    with tempfile.TemporaryDirectory() as folder:
        sides = []
        for place in (0, 1):
            chosen = np.arange(place, 2000, 2)
            side = Path(folder) / f"{place}.npz"
            origins = tuple(bars.provenance[i] for i in chosen)
            dataset.save(dataset.Dataset(bars.rolls[chosen], origins, bars.counts), side)
            sides.append(str(side))
        print(f"training fid, 1,000 against 1,000: {command('fid', *sides):.1f} s, start included")


def sixty_epochs() -> None:
    """`compact` through 3,080 bars sixty times in batches of 50."""
    options = msgspec.structs.replace(read_recipe("augmented"), batch=50, steps=3720)
    whole = dataset.import_files([dataset.OWN_BARS])
    bars = dataset.Dataset(whole.rolls[:55], whole.provenance[:55], whole.counts)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        trainer.start_run(Path(folder) / "run", options, bars, sheets=False).train()
        print(f"compact, 60 epochs of 3,080 bars at 50: {time.perf_counter() - begun:.0f} s")


def paper_step() -> None:
    """A step of our loop on the paper's networks beside the same networks in a plain TensorFlow step."""
    options = msgspec.structs.replace(read_recipe("paper"), augment=())
    bars = dataset.import_files([dataset.OWN_BARS])
    with tempfile.TemporaryDirectory() as folder:
        ours = trainer.start_run(Path(folder) / "run", options, bars, sheets=False)
    generator, discriminator = build_networks(options)
    first, second = (keras.optimizers.Adam(options.learning_rate) for _ in range(2))
    first.build(generator.trainable_variables)
    second.build(discriminator.trainable_variables)
    rolls = tf.constant(bars.rolls, tf.float32)
    tf.random.set_seed(0)  # our loop has made tensorflow deterministic, and then it wants one

    @tf.function
    def plain():
        real = tf.gather(rolls, tf.random.uniform([options.batch], 0, len(bars.rolls), tf.int32))
        with tf.GradientTape() as one, tf.GradientTape() as other:
            fake = generator(tf.random.normal([options.batch, options.noise_dim]), training=True)
            losses = cross_entropy(
                discriminator(real, training=True), discriminator(fake, training=True)
            )
        for tape, loss, network, optimizer in (
            (one, losses[0], generator, first),
            (other, losses[1], discriminator, second),
        ):
            weights = network.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return losses

    def timed(step):
        begun = time.perf_counter()
        step()
        return time.perf_counter() - begun

    def our_step():
        float(ours._train_step(tf.constant(1, tf.int32), False)[0])

    timed(our_step), timed(lambda: float(plain()[0]))
    rounds = [(timed(our_step), timed(lambda: float(plain()[0]))) for _ in range(9)]
    mine, theirs = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(a / b for a, b in rounds)
    print(f"a step of paper: {mine:.2f} s, plain TensorFlow {theirs:.2f} s, ratio {ratio:.2f}")


def main() -> None:
    augmenting()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "bars.npz"
        importing(corpus)
        distance(dataset.load(corpus))
    paper_step()
    sixty_epochs()
    bundle()


if __name__ == "__main__":
    main()
