"""A training run of lines: seeded, resumable after any stop, with one folder.

First the generator learns the likelihood of the bars. Then it learns against a discriminator too
(SeqGAN begins in the same way: Yu et al., 2017), with the relativistic loss and both gradient
penalties (Huang et al., 2024), and its weights are averaged.
"""

import io
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perform import atomic_file
from perform.errors import RunFolderError
from perform.music.line_codec import CONTEXT, HARMONY, LAYOUT, PLACE_BEFORE, PLACES, Floats
from training import folders
from training.data.piece import Piece
from training.lines.examples import Examples, examples
from training.lines.networks import (
    CHOICES,
    LineDiscriminator,
    LineGenerator,
    bar_features,
    one_places,
)
from training.model.backend import keras, tf
from training.model.losses import squared_gradient
from training.options import LineOptions, read_any_options, to_json
from training.pretrained.weights import Weights, check_fit, read_weights
from training.train.checkpoint import (
    check_finite,
    cut_metrics,
    load_checkpoint,
    log_metrics,
    pack_checkpoint,
)
from training.train.run_folder import CHECKPOINT, OPTIONS

EXAMPLES = "examples.npz"
LOG_EVERY = 25
CLIP = 1.0
# how often a part of the context is hidden in training, so that it may be unknown in play
HIDE_TARGET, HIDE_FEEL, HIDE_FORM = 0.5, 0.15, 0.15
HIDE_FOLLOWING, HIDE_HARMONY, HIDE_BEFORE, HIDE_EARLIER = 0.15, 0.05, 0.06, 0.15
StepReport = Callable[[int, dict[str, float]], None]


class LineRun:
    """A run and its folder. `average`: the generator that is kept.

    Every random number depends on the seed and the step alone.
    """

    def __init__(self, folder: Path, options: LineOptions, given: Examples, book: Examples) -> None:
        tf.config.experimental.enable_op_determinism()
        self.folder, self.options = folder, options
        self.given, self._book = given, book
        self.step, self.seconds = 0, 0.0
        keras.utils.set_random_seed(options.seed)
        self._generator, self.average = (
            LineGenerator(options.width, options.dropout) for _ in range(2)
        )
        self.discriminator = LineDiscriminator(options.dropout / 2)
        self._build()
        decay = keras.optimizers.schedules.CosineDecay(options.learning_rate, max(1, options.steps))
        self._likelihood = keras.optimizers.AdamW(
            decay, weight_decay=options.weight_decay, clipnorm=CLIP
        )
        self._adversarial = keras.optimizers.Adam(
            options.adversarial_rate, 0.0, 0.99, clipnorm=CLIP
        )
        self._critical = keras.optimizers.Adam(options.discriminator_rate, 0.0, 0.99)
        for optimizer, network in (
            (self._likelihood, self._generator),
            (self._adversarial, self._generator),
            (self._critical, self.discriminator),
        ):
            optimizer.build(network.trainable_variables)
        self._learn, self._judge, self._answer = (
            tf.function(step, reduce_retracing=True)
            for step in (self._learn_step, self._judge_step, self._answer_step)
        )

    def _build(self) -> None:
        """Make the weights of the networks, by a first call."""
        contexts = tf.constant(self.given.contexts[:1])
        kinds, moves = (tf.constant(part[:1]) for part in self.given[1:])
        for generator in (self._generator, self.average):
            generator.negative_log_likelihood(contexts, kinds, moves)
        chosen = one_places(kinds, moves)
        self.discriminator(contexts, bar_features(contexts, *chosen))
        _copy(self._generator, self.average)

    def resume(self) -> bool:
        """Load the checkpoint and return True; without a checkpoint load the pretrained weights.

        RunFolderError when the checkpoint does not fit, SidemanError when the weights do not.
        """
        path = self.folder / CHECKPOINT
        if path.exists():
            self.step, self.seconds = load_checkpoint(path, self._variables())
            return True
        if self.options.pretrained:
            weights = read_weights(self.options.pretrained)
            networks: tuple[Any, Any] = (self._generator, self.discriminator)
            shapes = [
                [tuple(each.shape) for each in network.trainable_variables] for network in networks
            ]
            check_fit(weights, self.options, shapes)
            for network, values in zip(networks, weights[1:], strict=True):
                for variable, value in zip(network.trainable_variables, values, strict=True):
                    variable.assign(value)
            _copy(self._generator, self.average)
        return False

    @property
    def weights(self) -> Weights:
        """The weights from which a later run may start."""
        learned = (
            [np.asarray(variable) for variable in network.trainable_variables]
            for network in (self.average, self.discriminator)
        )
        return Weights(self.options, *learned)

    def train(self, report: StepReport = lambda _step, _losses: None) -> None:
        """Train to the last step, from the last checkpoint on; as `trainer.Run.train`."""
        with folders.lock_folder(self.folder):
            self.resume()  # another process may have trained it since it was opened
            cut_metrics(self.folder, self.step)
            before = time.monotonic()
            while self.step < self.options.all_steps:
                losses = self._one_step()
                self.step += 1
                last = self.step == self.options.all_steps
                if last or self.step % LOG_EVERY == 0:
                    found = {name: float(value) for name, value in losses.items()}
                    check_finite(self.step, found.values())
                    log_metrics(self.folder, self.step, found)
                    report(self.step, found)
                if last or self.step % self.options.checkpoint_every == 0:
                    now = time.monotonic()
                    self.seconds, before = self.seconds + now - before, now
                    packed = pack_checkpoint(self.step, self.seconds, self._variables())
                    atomic_file.write(self.folder / CHECKPOINT, packed)

    def _one_step(self) -> dict[str, Any]:
        if self.step < self.options.steps:
            loss = self._learn(*self._batch(0))
            _copy(self._generator, self.average)
            return {"likelihood": loss}
        critic = self._judge(*self._batch(1), self._noise(1))
        likelihood, adversarial = self._answer(*self._batch(2), self._noise(2))
        _copy(self._generator, self.average, self.options.average)
        return {"likelihood": likelihood, "generator": adversarial, "discriminator": critic}

    def _draws(self, which: int) -> np.random.Generator:
        return np.random.default_rng((self.options.seed, self.step, which))

    def _batch(self, which: int) -> list[Any]:
        """Bars at random, some of them of our own book, with parts of their context hidden."""
        draws, batch = self._draws(which), self.options.batch
        own = min(round(batch * self.options.book_share), batch - 1)
        parts: list[tuple[Any, ...]] = []
        for source, count in ((self.given, batch - own), (self._book, own)):
            chosen = draws.integers(len(source.kinds), size=count)
            parts.append(tuple(part[chosen] for part in source))
        contexts, kinds, moves = (np.concatenate(part) for part in zip(*parts, strict=True))
        return [tf.constant(each) for each in (hidden(contexts, draws), kinds, moves)]

    def _noise(self, which: int) -> Any:
        return tf.constant(gumbel_noise(self._draws(which + 10), self.options.batch))

    def _learn_step(self, contexts: Any, kinds: Any, moves: Any) -> Any:
        """One step of the likelihood alone; its loss in nats a bar."""
        weights = self._generator.trainable_variables
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(
                self._generator.negative_log_likelihood(contexts, kinds, moves, training=True)
            )
        self._likelihood.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return loss

    def _judge_step(self, contexts: Any, kinds: Any, moves: Any, noise: Any) -> Any:
        """One step of the discriminator; its loss."""
        real = bar_features(contexts, *one_places(kinds, moves))
        fake = bar_features(contexts, *self._generator.write(contexts, noise)[:2])
        weights = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            with tf.GradientTape(persistent=True) as inner:
                inner.watch([real, fake])
                logits = [
                    self.discriminator(contexts, bars, training=True) for bars in (real, fake)
                ]
                totals = [tf.reduce_sum(each) for each in logits]
            penalty = sum(
                squared_gradient(inner.gradient(total, bars))
                for total, bars in zip(totals, (real, fake), strict=True)
            )
            loss = tf.reduce_mean(tf.nn.softplus(logits[1] - logits[0]))
            whole = loss + 0.5 * self.options.penalty * penalty
        self._critical.apply_gradients(zip(tape.gradient(whole, weights), weights, strict=True))
        return loss

    def _answer_step(self, contexts: Any, kinds: Any, moves: Any, noise: Any) -> Any:
        """One step of the generator against the discriminator; both of its losses."""
        real = self.discriminator(contexts, bar_features(contexts, *one_places(kinds, moves)))
        weights = self._generator.trainable_variables
        with tf.GradientTape() as tape:
            written = self._generator.write(contexts, noise, training=True)[:2]
            fake = self.discriminator(contexts, bar_features(contexts, *written))
            adversarial = tf.reduce_mean(tf.nn.softplus(real - fake))
            loss = tf.reduce_mean(
                self._generator.negative_log_likelihood(contexts, kinds, moves, training=True)
            )
            whole = loss + self.options.adversarial_weight * adversarial
        self._adversarial.apply_gradients(zip(tape.gradient(whole, weights), weights, strict=True))
        return loss, adversarial

    def _variables(self) -> list[Any]:
        parts = (self._generator, self.average, self.discriminator)
        optimizers = (self._likelihood, self._adversarial, self._critical)
        return [variable for part in (*parts, *optimizers) for variable in part.variables]


def hidden(contexts: Floats, draws: np.random.Generator) -> Floats:
    """Contexts with parts hidden at random: targets, feel, form, harmony, bars before."""
    contexts = contexts.copy()
    targets, before = LAYOUT.targets.start, LAYOUT.before
    parts = (
        *((slice(targets + 2 * i, targets + 2 * i + 2), HIDE_TARGET) for i in range(3)),
        (slice(LAYOUT.feel.start, LAYOUT.feel.stop - 1), HIDE_FEEL),
        (LAYOUT.form, HIDE_FORM),
        (slice(2 * HARMONY, 3 * HARMONY), HIDE_FOLLOWING),
        (LAYOUT.harmony, HIDE_HARMONY),
        (before, HIDE_BEFORE),
        (slice(before.start, before.start + PLACES * PLACE_BEFORE), HIDE_EARLIER),
    )
    for part, share in parts:
        contexts[draws.random(len(contexts)) < share, part] = 0
    return contexts


def gumbel_noise(draws: np.random.Generator, count: int) -> NDArray[np.float32]:
    """The noise of bars, (count, 16, 36): with it the greatest logit is a fair draw."""
    return draws.gumbel(size=(count, PLACES, CHOICES)).astype(np.float32)


def _copy(source: Any, target: Any, kept: float = 0.0) -> None:
    """Move a network's weights to those of another; `kept`: the share of its own that stays."""
    for slow, fast in zip(target.trainable_variables, source.trainable_variables, strict=True):
        slow.assign(kept * slow + (1 - kept) * fast)


def start_run(
    folder: Path, options: LineOptions, pieces: Sequence[Piece], book: Sequence[Piece]
) -> LineRun:
    """A new run in a new or empty folder."""
    _check_empty(folder)
    given = examples(pieces)
    run = LineRun(folder, options, given, examples(book))
    run.resume()  # loads the pretrained weights, which may not fit
    story = json.dumps({"pieces": [piece.name for piece in pieces]})
    packed = io.BytesIO()
    np.savez_compressed(packed, **given._asdict(), story=np.array(story))
    with folders.lock_folder(folder):
        _check_empty(folder)
        atomic_file.write(folder / EXAMPLES, packed.getvalue())
        atomic_file.write(folder / OPTIONS, to_json(options))
    return run


def open_run(folder: Path, book: Sequence[Piece]) -> LineRun:
    """The run in a folder at its last checkpoint; RunFolderError when there is none."""
    options = read_any_options(folder / OPTIONS)
    if not isinstance(options, LineOptions):
        raise RunFolderError(f"{folder}: a run of architecture {options.architecture}, not phrase")
    try:
        with np.load(folder / EXAMPLES, allow_pickle=False) as saved:
            given = Examples(*(saved[name] for name in Examples._fields))
    except Exception as error:  # noqa: BLE001 - zip, zlib and npy errors have no common type
        raise RunFolderError(f"{folder}: its bars are gone ({error}); begin a new run") from None
    if given.contexts.shape[1:] != (CONTEXT,):
        raise RunFolderError(f"{folder}: contexts of another version; begin a new run")
    run = LineRun(folder, options, given, examples(book))
    run.resume()
    return run


def piece_names(folder: Path) -> list[str]:
    """The names of the pieces that the run in a folder is trained on."""
    with np.load(folder / EXAMPLES, allow_pickle=False) as saved:
        return list(json.loads(str(saved["story"]))["pieces"])


def _check_empty(folder: Path) -> None:
    if folders.list_names(folder) - {EXAMPLES}:
        raise RunFolderError(
            f"{folder} is not empty; add --resume to continue the run in it, or name another"
        )
