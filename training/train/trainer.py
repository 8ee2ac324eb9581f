"""The training loop: seeded, resumable after any stop, one folder a run."""

import functools
import io
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from perform import atomic_file
from perform.errors import DivergenceError, RunFolderError
from perform.music.condition import DENSITY, UNCONDITIONAL, Conditions, generator_inputs
from training import files, pretrained
from training.augment.pipeline import augment, source_indices
from training.data import dataset
from training.data.labels import QUALITY_DROPOUT, make_labels, quality_columns
from training.model.backend import keras, tf
from training.model.column_mask import beginnings, columns, sounding_with
from training.model.losses import LOSSES, mismatch, steepness
from training.model.networks import build
from training.options import Options, to_json
from training.train import run_folder
from training.train.run_folder import DATA, OPTIONS
from training.train.sample_sheets import draw_losses, draw_sheet

METRICS, CHECKPOINT = "metrics.jsonl", "checkpoint.npz"
LOG_EVERY = 25
SHEET_BARS = 16
SHEET_STEPS = 50  # at least, from one sheet to the next
LOSSES_PICTURE = "losses.png"
OCTAVE = 12
DENSITY_PULL = 0.03  # on squared notes: two notes off weigh as much as a clear opinion

Report = Callable[[int, dict[str, float]], None]


class Run:
    """A training run and its folder.

    Every random draw depends on seed and step alone, so a run that was killed and resumed ends with
    the weights of one that was not (same machine type, CPU). `average`: the generator with averaged
    weights, the one that is kept. `seen`: the bars that it trains on, augmented. `seconds`: how long it has trained, over all
    its sittings.
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
        chords = [
            bars.provenance[i].chord for i in source_indices(len(bars.rolls), options.augment)
        ]
        self.labels = make_labels(rolls, chords, options.conditions)
        self._hidden = tf.constant(quality_columns(self.labels.names))
        self.seen = rolls
        self._rolls = tf.constant(rolls, tf.int8)  # a quarter of the memory of what networks see
        self._values = tf.constant(self.labels.values, tf.float32)
        rhythm = (
            sounding_with(
                columns(rolls, options.column_share), beginnings(rolls, options.onset_share)
            )
            if options.column_share or options.onset_share
            else None
        )
        self._networks, (self.average, _) = (
            build(options, len(self.labels.names), rhythm) for _ in range(2)
        )
        self._optimizers = tuple(
            keras.optimizers.Adam(options.learning_rate, options.beta_1, options.beta_2)
            for _ in range(2)
        )
        for optimizer, network in zip(self._optimizers, self._networks, strict=True):
            optimizer.build(network.trainable_variables)
        self._train = tf.function(self._train_step, reduce_retracing=True)

    def resume(self) -> bool:
        """Whether a checkpoint was there to go on from; without one a run begins with what it is pretrained with.

        RunFolderError when a checkpoint does not fit, SidemanError when weights do not.
        """
        path = self.folder / CHECKPOINT
        if not path.exists():
            if self.options.pretrained:
                self._begin_with(pretrained.read(self.options.pretrained))
            return False
        try:
            with np.load(path, allow_pickle=False) as saved:
                self.step = int(saved["step"])
                self.seconds = float(saved["seconds"])
                for index, variable in enumerate(self._variables()):
                    value = saved[f"v{index}"]
                    if value.shape != tuple(variable.shape):  # Keras would print both, whole
                        raise ValueError(f"weights {value.shape} for {tuple(variable.shape)}")
                    variable.assign(value)
        except Exception as fault:  # noqa: BLE001 - zip, zlib and npy each have their own faults
            reason = next(iter(str(fault).splitlines()), type(fault).__name__)
            raise RunFolderError(
                f"{path}: does not fit this run ({reason}); begin a new folder"
            ) from None
        return True

    def _begin_with(self, weights: pretrained.Weights) -> None:
        generator, discriminator = self._networks
        shapes = [
            [tuple(each.shape) for each in network.variables]
            for network in (generator, discriminator)
        ]
        pretrained.demand_fit(weights, self.options, shapes)
        for network, values in (
            (generator, weights.generator),
            (self.average, weights.generator),
            (discriminator, weights.discriminator),
        ):
            for variable, value in zip(network.variables, values, strict=True):
                variable.assign(value)

    @property
    def weights(self) -> pretrained.Weights:
        """What a later run may begin with."""
        learned = (
            [np.asarray(variable) for variable in network.variables]
            for network in (self.average, self.discriminator)
        )
        return pretrained.Weights(self.options, *learned)

    def train(self, report: Report = lambda _step, _losses: None) -> None:
        """Train from the last checkpoint to the last step, leaving checkpoints, losses and sheets.

        What goes on from a checkpoint draws again what came after it, so no sheet is lacking.

        RunFolderError while another process trains it. DivergenceError where losses or weights are no
        numbers any more: the checkpoint from before that stays.
        """
        with files.lock_folder(self.folder):
            self.resume()  # another process may have gone on with it since it was opened
            _cut_metrics(self.folder / METRICS, self.step)
            self._train_on(report)

    def _train_on(self, report: Report) -> None:
        before = time.monotonic()
        while self.step < self.options.steps:
            penalise = self.options.penalty > 0 and self.step % self.options.penalty_every == 0
            generator, discriminator = self._train(tf.constant(self.step, tf.int32), penalise)
            self.step += 1
            last = self.step == self.options.steps
            if last or self.step % LOG_EVERY == 0:
                losses = {"generator": float(generator), "discriminator": float(discriminator)}
                self._demand_numbers(list(losses.values()))
                self._log(losses)
                report(self.step, losses)
            if self._sheets and (last or shown(self.step, len(self.seen), self.options.batch)):
                draw_sheet(
                    self.sample(SHEET_BARS), self.folder / "samples" / f"{self.step:06d}.png"
                )
            if last or self.step % self.options.checkpoint_every == 0:
                now = time.monotonic()
                self.seconds, before = self.seconds + now - before, now
                self._checkpoint()

    def sample(self, count: int, seed: int = 0, wish: Conditions = UNCONDITIONAL) -> Any:
        """`count` rolls of the averaged generator, float32 (count, 48, 64)."""
        asked = generator_inputs(count, self.options.noise_dim, self.labels.names, seed, wish)
        return self.generator.predict(asked, batch_size=256, verbose=0)

    @property
    def discriminator(self) -> Any:
        """The network that judges, as it stands."""
        return self._networks.discriminator

    @functools.cached_property
    def generator(self) -> Any:
        """What is kept of the run: the averaged generator, its noise widened by the temperature."""
        conditions = len(self.labels.names)
        scale = [self.options.temperature] * self.options.noise_dim + [1.0] * conditions
        asked = keras.Input((len(scale),))
        return keras.Model(asked, self.average(keras.layers.Rescaling(scale)(asked)))

    def _variables(self) -> list[Any]:
        parts: list[Any] = [*self._networks, self.average]
        weights = [variable for part in parts for variable in part.variables]
        return weights + [
            variable for optimizer in self._optimizers for variable in optimizer.variables
        ]

    def _demand_numbers(self, values: Iterable[Any]) -> None:
        if not all(np.isfinite(value).all() for value in values):
            raise DivergenceError(
                f"no numbers any more at step {self.step}; lower learning_rate or raise penalty"
            )

    def _checkpoint(self) -> None:
        values: dict[str, Any] = {
            f"v{i}": np.asarray(variable) for i, variable in enumerate(self._variables())
        }
        self._demand_numbers(values.values())
        packed = io.BytesIO()
        np.savez(packed, step=self.step, seconds=self.seconds, **values)
        # a checkpoint may come before the first logged loss
        if self._sheets and (self.folder / METRICS).exists():
            draw_losses(self.folder / METRICS, self.folder / LOSSES_PICTURE)
        atomic_file.write(self.folder / CHECKPOINT, packed.getvalue())

    def _log(self, losses: dict[str, float]) -> None:
        path = self.folder / METRICS
        with atomic_file.name_errors(path), path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": self.step, **losses}) + "\n")

    def _train_step(self, step: Any, penalise: bool) -> tuple[Any, Any]:
        """One step of both networks; every draw from (seed, step). Traced once with penalties, once without."""
        options = self.options
        seeds = tf.random.experimental.stateless_split(tf.stack([options.seed, step]), 6)
        count = tf.shape(self._rolls)[0]
        chosen = tf.random.stateless_uniform([options.batch], seeds[0], 0, count, tf.int32)
        real = tf.cast(tf.gather(self._rolls, chosen), tf.float32)
        noise = tf.random.stateless_normal([options.batch, options.noise_dim], seeds[1])
        asked = tf.gather(self._values, chosen)
        forgotten = tf.random.stateless_uniform([options.batch, 1], seeds[4]) < QUALITY_DROPOUT
        asked = tf.where(forgotten & self._hidden, 0.0, asked)
        generator, discriminator = self._networks

        def opinion(rolls: Any) -> Any:
            seen = [rolls, asked] if self.labels.names else rolls
            return discriminator(seen, training=True)

        with tf.GradientTape(persistent=True) as tape:
            fake = generator(tf.concat([noise, asked], axis=1), training=True)
            seen = _disturb(real, seeds[2], options), _disturb(fake, seeds[3], options)
            with tf.GradientTape(persistent=True) as inner:  # of opinions that are made anyway
                inner.watch(seen)
                opinions = [opinion(rolls) for rolls in seen]
                totals = [tf.reduce_sum(each) for each in opinions]
            generator_loss, discriminator_loss = LOSSES[options.loss](*opinions)
            if DENSITY in self.labels.names:
                generator_loss += DENSITY_PULL * mismatch(fake, real)
            if penalise:
                # R1 on real rolls, R2 on invented ones (Mescheder et al., 2018)
                charged = sum(
                    steepness(inner.gradient(total, rolls))
                    for total, rolls in zip(totals, seen, strict=True)
                )
                discriminator_loss += 0.5 * options.penalty * options.penalty_every * charged
        for network, loss, optimizer in (
            (discriminator, discriminator_loss, self._optimizers[1]),
            (generator, generator_loss, self._optimizers[0]),
        ):
            weights = network.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        for slow, fast in zip(self.average.variables, generator.variables, strict=True):
            slow.assign(options.average * slow + (1 - options.average) * fast)
        return generator_loss, discriminator_loss


def shown(step: int, bars: int, batch: int) -> bool:
    """Whether sample bars are drawn after a step: at the end of each epoch, or of as many as take SHEET_STEPS."""
    stretch = bars * -(-SHEET_STEPS * batch // bars)
    return step * batch // stretch > (step - 1) * batch // stretch


def begin(folder: Path, options: Options, bars: dataset.Dataset, *, sheets: bool = True) -> Run:
    """A new run in a new or empty folder; without `sheets` no sample bars are drawn.

    Nothing is written before options and bars have proved to make a run.
    """
    _demand_room(folder)  # before the seconds that networks take
    run = Run(folder, options, bars, sheets=sheets)
    run.resume()  # there is nothing to go on with, but what it is pretrained with may not fit
    try:
        with files.lock_folder(folder):
            _demand_room(folder)
            dataset.save(bars, folder / DATA)
            atomic_file.write(folder / OPTIONS, to_json(options))
    except OSError as fault:
        raise RunFolderError(f"{folder}: {fault.strerror}; name another folder") from None
    return run


def _demand_room(folder: Path) -> None:
    # one that was killed before its options were written never began
    if files.list_names(folder) - {DATA}:
        raise RunFolderError(
            f"{folder} is not empty; add --resume to go on with it, or name another"
        )


def reopen(folder: Path) -> Run:
    """The run in a folder, at its last checkpoint, with the options and bars it began with; only read."""
    run = Run(folder, *run_folder.read(folder))
    run.resume()
    return run


def trained(folder: Path) -> Run:
    """The run in a folder, as far as it is trained; RunFolderError when that is not a step."""
    run = reopen(folder)
    if run.step == 0:
        raise RunFolderError(f"{folder}: nothing is trained yet; training run --resume -o {folder}")
    return run


def _disturb(rolls: Any, seed: Any, options: Options) -> Any:
    """Rolls moved in time, with a stretch silenced, or an octave away, each differently, differentiably.

    After Zhao et al. (2020): real and invented bars alike, so that the discriminator never learns
    the disturbance as a mark of either.
    """
    seeds = tf.random.experimental.stateless_split(seed, 3)
    each = [tf.shape(rolls)[0], 1]
    columns = rolls.shape[2]
    column = tf.range(columns)[None, :]
    if options.roll_columns:
        most = options.roll_columns
        shift = tf.random.stateless_uniform(each, seeds[0], -most, most + 1, tf.int32)
        rolls = tf.gather(rolls, tf.math.floormod(column + shift, columns), axis=2, batch_dims=1)
    if options.cut_columns:
        cut = options.cut_columns
        start = tf.random.stateless_uniform(each, seeds[1], -cut, columns, tf.int32)
        inside = (column >= start) & (column < start + cut)
        rolls = tf.where(inside[:, None, :], -1.0, rolls)
    if options.octave_share:
        chance = tf.random.stateless_uniform([tf.shape(rolls)[0]], seeds[2])
        silent = tf.fill([tf.shape(rolls)[0], OCTAVE, columns], -1.0)
        for low, moved in (
            (0.0, tf.concat([rolls[:, OCTAVE:], silent], axis=1)),
            (0.5, tf.concat([silent, rolls[:, :-OCTAVE]], axis=1)),
        ):
            share = chance / options.octave_share
            these = (share >= low) & (share < low + 0.5)
            rolls = tf.where(these[:, None, None], moved, rolls)
    return rolls


def _cut_metrics(path: Path, step: int) -> None:
    """Drop the lines after the checkpoint that a run goes on from, and one that a kill cut short."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            break
        if entry["step"] <= step:
            kept.append(line + "\n")
    atomic_file.write(path, "".join(kept).encode())
