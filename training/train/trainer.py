"""The training loop: seeded, resumable after any stop, with one folder for each run."""

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from perform import atomic_file
from perform.errors import RunFolderError
from perform.music.condition import DENSITY, UNCONDITIONAL, Conditions, generator_inputs
from training import folders
from training.augment.pipeline import augment, source_indices
from training.data import dataset
from training.data.labels import QUALITY_DROPOUT, make_labels, quality_columns
from training.model.backend import keras, tf
from training.model.column_mask import change_columns, onset_columns, required_columns
from training.model.differentiable_augment import augment_differentiably
from training.model.losses import LOSSES, density_error, squared_gradient
from training.model.networks import build_networks
from training.options import Options, to_json
from training.pretrained.weights import Weights, check_fit, read_weights
from training.train.checkpoint import (
    check_finite,
    cut_metrics,
    load_checkpoint,
    log_metrics,
    pack_checkpoint,
)
from training.train.run_folder import (
    CHECKPOINT,
    DATA,
    METRICS,
    OPTIONS,
    SHEETS,
    read_setup,
)
from training.train.sample_sheets import draw_losses, draw_sheet

LOG_EVERY = 25
SHEET_BARS = 16
SHEET_STEPS = 50  # the least number of steps between two sheets
LOSSES_IMAGE = "losses.png"
DENSITY_WEIGHT = 0.03  # an error of two notes weighs as much as a clear logit

StepReport = Callable[[int, dict[str, float]], None]


class Run:
    """A training run and its folder.

    Every random number depends on the seed and the step alone. So a run that was killed and
    resumed ends with the same weights as one that was not (on the same type of CPU).

    `average`: the generator with averaged weights, which is the one that is kept.
    `augmented`: the bars after the pipeline, on which the networks are trained.
    `seconds`: the training time so far, over all sessions.
    """

    def __init__(
        self, folder: Path, options: Options, bars: dataset.Dataset, *, sheets: bool = True
    ) -> None:
        tf.config.experimental.enable_op_determinism()
        self.folder = folder
        self.options = options
        self._sheets = sheets
        self.step = 0
        self.seconds = 0.0
        self.bars = bars
        rolls = augment(bars.rolls, options.augment, options.seed)
        sources = source_indices(len(bars.rolls), options.augment)
        chords = [bars.provenance[index].chord for index in sources]
        self.labels = make_labels(rolls, chords, options.conditions)
        self._quality_columns = tf.constant(quality_columns(self.labels.names))
        self.augmented = rolls
        self._rolls = tf.constant(rolls, tf.int8)  # float32 would take four times the memory
        self._labels = tf.constant(self.labels.values, tf.float32)
        required = (
            required_columns(
                change_columns(rolls, options.column_share),
                onset_columns(rolls, options.onset_share),
            )
            if options.column_share or options.onset_share
            else None
        )
        self._networks, (self.average, _) = (
            build_networks(options, len(self.labels.names), required) for _ in range(2)
        )
        self._optimizers = tuple(
            keras.optimizers.Adam(options.learning_rate, options.beta_1, options.beta_2)
            for _ in range(2)
        )
        for optimizer, network in zip(self._optimizers, self._networks, strict=True):
            optimizer.build(network.trainable_variables)
        self._train_step = tf.function(self._step, reduce_retracing=True)

    def resume(self) -> bool:
        """Load the checkpoint and return True; without a checkpoint load the pretrained weights.

        RunFolderError when the checkpoint does not fit, SidemanError when the weights do not.
        """
        path = self.folder / CHECKPOINT
        if not path.exists():
            if self.options.pretrained:
                self._assign(read_weights(self.options.pretrained))
            return False
        self.step, self.seconds = load_checkpoint(path, self._variables())
        return True

    def _assign(self, weights: Weights) -> None:
        generator, discriminator = self._networks
        shapes = [
            [tuple(each.shape) for each in network.variables]
            for network in (generator, discriminator)
        ]
        check_fit(weights, self.options, shapes)
        for network, values in (
            (generator, weights.generator),
            (self.average, weights.generator),
            (discriminator, weights.discriminator),
        ):
            for variable, value in zip(network.variables, values, strict=True):
                variable.assign(value)

    @property
    def weights(self) -> Weights:
        """The weights from which a later run may start."""
        learned = (
            [np.asarray(variable) for variable in network.variables]
            for network in (self.average, self.discriminator)
        )
        return Weights(self.options, *learned)

    def train(self, report: StepReport = lambda _step, _losses: None) -> None:
        """Train to the last step of the options, from the last checkpoint on.

        `report` gets step and losses now and then, and after the last step.
        RunFolderError while another process trains the run. DivergenceError when losses or
        weights are not finite; the last checkpoint stays.
        """
        with folders.lock_folder(self.folder):
            self.resume()  # another process may have trained it since it was opened
            cut_metrics(self.folder, self.step)
            self._train_on(report)

    def _train_on(self, report: StepReport) -> None:
        before = time.monotonic()
        while self.step < self.options.steps:
            penalise = self.options.penalty > 0 and self.step % self.options.penalty_every == 0
            generator, discriminator = self._train_step(tf.constant(self.step, tf.int32), penalise)
            self.step += 1
            last = self.step == self.options.steps
            if last or self.step % LOG_EVERY == 0:
                losses = {"generator": float(generator), "discriminator": float(discriminator)}
                check_finite(self.step, losses.values())
                log_metrics(self.folder, self.step, losses)
                report(self.step, losses)
            if self._sheets and (
                last or sheet_is_due(self.step, len(self.augmented), self.options.batch)
            ):
                draw_sheet(self.sample(SHEET_BARS), self.folder / SHEETS / f"{self.step:06d}.png")
            if last or self.step % self.options.checkpoint_every == 0:
                now = time.monotonic()
                self.seconds, before = self.seconds + now - before, now
                self._write_checkpoint()

    def sample(self, count: int, seed: int = 0, conditions: Conditions = UNCONDITIONAL) -> Any:
        """`count` rolls of the averaged generator, float32 (count, 48, 64)."""
        inputs = generator_inputs(
            count, self.options.noise_dim, self.labels.names, seed, conditions
        )
        return self.generator.predict(inputs, batch_size=256, verbose=0)

    @property
    def discriminator(self) -> Any:
        """The discriminator as it is now."""
        return self._networks.discriminator

    @functools.cached_property
    def generator(self) -> Any:
        """The averaged generator, with the options' temperature on its noise."""
        conditions = len(self.labels.names)
        scale = [self.options.temperature] * self.options.noise_dim + [1.0] * conditions
        inputs = keras.Input((len(scale),))
        return keras.Model(inputs, self.average(keras.layers.Rescaling(scale)(inputs)))

    def _variables(self) -> list[Any]:
        parts: list[Any] = [*self._networks, self.average]
        weights = [variable for part in parts for variable in part.variables]
        return weights + [
            variable for optimizer in self._optimizers for variable in optimizer.variables
        ]

    def _write_checkpoint(self) -> None:
        packed = pack_checkpoint(self.step, self.seconds, self._variables())
        # a checkpoint may come before the first logged loss
        if self._sheets and (self.folder / METRICS).exists():
            draw_losses(self.folder / METRICS, self.folder / LOSSES_IMAGE)
        atomic_file.write(self.folder / CHECKPOINT, packed)

    def _step(self, step: Any, penalise: bool) -> tuple[Any, Any]:
        """The losses of one step of both networks. TensorFlow traces it once for each `penalise`.

        All random numbers come from (seed, step).
        """
        options = self.options
        seeds = tf.random.experimental.stateless_split(tf.stack([options.seed, step]), 6)
        count = tf.shape(self._rolls)[0]
        chosen = tf.random.stateless_uniform([options.batch], seeds[0], 0, count, tf.int32)
        real = tf.cast(tf.gather(self._rolls, chosen), tf.float32)
        noise = tf.random.stateless_normal([options.batch, options.noise_dim], seeds[1])
        conditions = tf.gather(self._labels, chosen)
        dropped = tf.random.stateless_uniform([options.batch, 1], seeds[4]) < QUALITY_DROPOUT
        conditions = tf.where(dropped & self._quality_columns, 0.0, conditions)
        generator, discriminator = self._networks

        def judge(rolls: Any) -> Any:
            inputs = [rolls, conditions] if self.labels.names else rolls
            return discriminator(inputs, training=True)

        with tf.GradientTape(persistent=True) as tape:
            fake = generator(tf.concat([noise, conditions], axis=1), training=True)
            seen = (
                augment_differentiably(real, seeds[2], options),
                augment_differentiably(fake, seeds[3], options),
            )
            with tf.GradientTape(persistent=True) as inner:  # reuses the logits of the loss
                inner.watch(seen)
                logits = [judge(rolls) for rolls in seen]
                totals = [tf.reduce_sum(each) for each in logits]
            generator_loss, discriminator_loss = LOSSES[options.loss](*logits)
            if DENSITY in self.labels.names:
                generator_loss += DENSITY_WEIGHT * density_error(fake, real)
            if penalise:
                # R1 on real rolls, R2 on generated ones (Mescheder et al., 2018)
                penalty = sum(
                    squared_gradient(inner.gradient(total, rolls))
                    for total, rolls in zip(totals, seen, strict=True)
                )
                discriminator_loss += 0.5 * options.penalty * options.penalty_every * penalty
        for network, loss, optimizer in (
            (discriminator, discriminator_loss, self._optimizers[1]),
            (generator, generator_loss, self._optimizers[0]),
        ):
            weights = network.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        for slow, fast in zip(self.average.variables, generator.variables, strict=True):
            slow.assign(options.average * slow + (1 - options.average) * fast)
        return generator_loss, discriminator_loss


def sheet_is_due(step: int, bars: int, batch: int) -> bool:
    """Whether a sheet of sample bars is drawn after a step.

    It is at the end of each epoch; where an epoch is shorter than SHEET_STEPS, after as many
    epochs as take that long.
    """
    period = bars * -(-SHEET_STEPS * batch // bars)
    return step * batch // period > (step - 1) * batch // period


def start_run(folder: Path, options: Options, bars: dataset.Dataset, *, sheets: bool = True) -> Run:
    """A new run in a new or empty folder; without `sheets` it draws no images.

    Nothing is written before the networks are built and the weights fit.
    """
    _check_empty(folder)  # networks take seconds
    run = Run(folder, options, bars, sheets=sheets)
    run.resume()  # loads the pretrained weights, which may not fit
    try:
        with folders.lock_folder(folder):
            _check_empty(folder)
            dataset.save(bars, folder / DATA)
            atomic_file.write(folder / OPTIONS, to_json(options))
    except OSError as error:
        raise RunFolderError(f"{folder}: {error.strerror}; name another folder") from None
    return run


def open_run(folder: Path) -> Run:
    """The run in a folder at its last checkpoint, with its own options and bars.

    It writes nothing. RunFolderError when there is no run.
    """
    run = Run(folder, *read_setup(folder))
    run.resume()
    return run


def open_trained(folder: Path) -> Run:
    """The run in a folder at its last checkpoint; RunFolderError when there is no checkpoint."""
    run = open_run(folder)
    if run.step == 0:
        raise RunFolderError(f"{folder}: nothing is trained yet; training run --resume -o {folder}")
    return run


def _check_empty(folder: Path) -> None:
    # a run that was killed before its options were written has only its bars
    if folders.list_names(folder) - {DATA}:
        raise RunFolderError(
            f"{folder} is not empty; add --resume to continue the run in it, or name another"
        )
