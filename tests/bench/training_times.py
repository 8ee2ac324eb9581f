"""Prints how long training takes: `python tests/bench/training_times.py` (about eleven minutes).

With `lines` only how long a player's own bars take to become a bundle of lines. Times compare only
within one run, because machines differ. Nothing is asserted. The corpus is read again, into a cache
of its own, and its bars are used to time a distance of 1,000 against 1,000.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import mido
import msgspec
import tensorflow as tf

from training.augment.pipeline import PAPER_PIPELINE, augment
from training.data import dataset
from training.data.book import read_book
from training.data.piece_files import OWN_BOOK
from training.model.losses import cross_entropy
from training.model.networks import build_networks
from training.options import read_recipe
from training.train import trainer

PAPER_BARS = np.arange(55)


def time_augmentation() -> None:
    """The paper's 3,080 bars, made of 55."""
    bars = dataset.open_data().rolls[PAPER_BARS]
    seconds = []
    for seed in range(5):
        begun = time.perf_counter()
        augmented = augment(bars, PAPER_PIPELINE, seed)
        seconds.append(time.perf_counter() - begun)
    print(f"augmenting 55 -> {len(augmented)} bars: {statistics.median(seconds):.2f} s")


def time_command(*words: str, **environment: str) -> float:
    """The seconds that a command of `training` takes, including its start."""
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "training", *words],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    return time.perf_counter() - begun


def time_import(bars: Path) -> None:
    """A collection of the corpus, first read and then taken from the cache."""
    words = ("import", "--corpus", "ryansMammoth", "-o", str(bars))
    with tempfile.TemporaryDirectory() as cache:
        first, second = (time_command(*words, XDG_CACHE_HOME=cache) for _ in range(2))
    tunes = len({each.file for each in dataset.load(bars).provenance})
    rate = 60 * tunes / first
    print(f"training import of {tunes} tunes: {rate:.0f} a minute; again {second:.1f} s")


def time_bundle() -> None:
    """The shipped recipe on our own bars, from MIDI files to a bundle."""
    with tempfile.TemporaryDirectory() as folder:
        run, bundle = f"{folder}/run", f"{folder}/models/blues"
        training, export = time_command("run", "-o", run), time_command("export", run, "-o", bundle)
    print(f"MIDI files to bundle: {training + export:.0f} s, {export:.0f} of them for the export")


def write_midi(piece, path: Path) -> None:
    """A piece as MIDI with chord markers, as a player's program writes it."""
    events = [(tick, mido.MetaMessage("marker", text=it.symbol)) for tick, it in piece.chords if it]
    for note in piece.notes:
        events.append((note.start, mido.Message("note_on", note=note.pitch)))
        events.append((note.end, mido.Message("note_off", note=note.pitch)))
    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda it: (it[0], it[1].type != "note_off")):
        track.append(message.copy(time=tick - now))
        now = tick
    mido.MidiFile(tracks=[track], ticks_per_beat=480).save(path)


def time_lines() -> None:
    """24 bars of MIDI with chords to a bundle of lines, from the shipped weights.

    The seconds of the processors tell more than those of the clock where other work runs.
    """
    with tempfile.TemporaryDirectory() as folder:
        songs, run, bundle = (f"{folder}/{name}" for name in ("songs", "run", "models/mine"))
        Path(songs).mkdir()
        pieces = read_book(OWN_BOOK / "blues.book")[:2]
        for number, piece in enumerate(pieces):
            write_midi(piece, Path(songs) / f"{number}.mid")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        training = time_command("run", songs, "--recipe", "lines-few", "-o", run)
        export = time_command("export", run, "-o", bundle)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        bars = sum(piece.bars for piece in pieces)
    load = os.getloadavg()[0]
    print(
        f"{bars} bars of MIDI to a bundle of lines: {training + export:.0f} s, {export:.0f} of "
        f"them for the export; {spent:.0f} s of processors; load {load:.1f} (target 300 s)"
    )


def time_distance(bars: dataset.Dataset) -> None:
    """The command from start to end, on two halves of a data set."""
    with tempfile.TemporaryDirectory() as folder:
        sides = []
        for place in (0, 1):
            side = Path(folder) / f"{place}.npz"
            dataset.save(dataset.select(bars, np.arange(place, 2000, 2)), side)
            sides.append(str(side))
        seconds = time_command("fid", *sides)
        print(f"training fid, 1,000 against 1,000: {seconds:.1f} s, start included")


def time_sixty_epochs() -> None:
    """`compact` on 3,080 bars for 60 epochs in batches of 50."""
    options = msgspec.structs.replace(read_recipe("augmented"), batch=50, steps=3720)
    bars = dataset.select(dataset.open_data(), PAPER_BARS)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        trainer.start_run(Path(folder) / "run", options, bars, sheets=False).train()
        print(f"compact, 60 epochs of 3,080 bars at 50: {time.perf_counter() - begun:.0f} s")


def time_paper_step() -> None:
    """A step of our training on the paper's networks, beside a plain TensorFlow step on them."""
    options = msgspec.structs.replace(read_recipe("paper"), augment=())
    bars = dataset.open_data()
    with tempfile.TemporaryDirectory() as folder:
        ours = trainer.start_run(Path(folder) / "run", options, bars, sheets=False)
    generator, discriminator = build_networks(options)
    first, second = (keras.optimizers.Adam(options.learning_rate) for _ in range(2))
    first.build(generator.trainable_variables)
    second.build(discriminator.trainable_variables)
    rolls = tf.constant(bars.rolls, tf.float32)
    tf.random.set_seed(0)  # our run made tensorflow deterministic, which requires a seed

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

    def seconds_of(step):
        begun = time.perf_counter()
        step()
        return time.perf_counter() - begun

    def our_step():
        float(ours._train_step(tf.constant(1, tf.int32), False)[0])

    def plain_step():
        float(plain()[0])

    seconds_of(our_step), seconds_of(plain_step)  # the first of each is traced
    rounds = [(seconds_of(our_step), seconds_of(plain_step)) for _ in range(9)]
    mine, theirs = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(a / b for a, b in rounds)
    print(f"a step of paper: {mine:.2f} s, plain TensorFlow {theirs:.2f} s, ratio {ratio:.2f}")


def main() -> None:
    time_lines()
    if "lines" in sys.argv[1:]:
        return
    time_augmentation()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "bars.npz"
        time_import(corpus)
        time_distance(dataset.load(corpus))
    time_paper_step()
    time_sixty_epochs()
    time_bundle()


if __name__ == "__main__":
    main()
