"""Generators and discriminators. A generator maps noise to rolls (batch, 48, 64) in -1 to 1."""

import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.music.note import COLUMNS, ROWS
from training.model.backend import keras, layers
from training.model.interval_layer import IntervalLayer
from training.options import Options

LEAK = 0.2
FIRST_COLUMNS = 8
PLACE_FEATURES = 16
QUIET_BIAS = -1.0  # an untrained generator is silent rather than a wall of notes
MOST_SEED = 10**9
Seeds = Iterator[int]


class Networks(NamedTuple):
    """A pair that plays against each other."""

    generator: Any
    discriminator: Any


def build(
    options: Options, conditions: int = 0, columns: NDArray[np.intp] | None = None
) -> Networks:
    """The networks of an architecture, initialised from the options' seed alone, whatever other threads draw.

    With conditions, the generator takes them as columns after the noise, and the discriminator beside
    the rolls, where it judges how well each fits (a projection, after Miyato and Koyama, 2018).
    `columns`: for each column those in all of which its notes have to sound, (64, some).
    """
    seeds = _seeds(options.seed)
    generator, discriminator = ARCHITECTURES[options.architecture]
    made = generator(options, conditions, seeds)
    if columns is not None:
        made = keras.Model(made.input, Hold(columns)(made.output), name="generator")
    return Networks(made, discriminator(options, conditions, seeds))


def _seeds(seed: int) -> Seeds:
    """A seed for each layer in turn. Left to itself Keras draws them from Python's own generator, from which a
    cluster's worker draws at any moment in another thread.
    """
    draws = random.Random(seed)  # noqa: S311 - no secret
    while True:
        yield draws.randint(1, MOST_SEED)


def _glorot(seeds: Seeds) -> Any:
    """How a layer's kernel begins."""
    return keras.initializers.GlorotUniform(next(seeds))


class Hold(keras.layers.Layer):  # type: ignore[misc] # keras has no types here
    """Rolls in which a cell is as low as in any of its column's own: notes change and begin only where they may."""

    def __init__(self, columns: NDArray[np.intp], **more: Any) -> None:
        super().__init__(**more)
        self.columns = columns.tolist()

    def call(self, rolls: Any) -> Any:
        """(batch, 48, 64), as it comes in."""
        ops = keras.ops
        # columns whole, one after the other: taken cell by cell they cost as much as a convolution
        over_time = ops.transpose(rolls, (0, 2, 1))
        held = ops.min(ops.take(over_time, self.columns, axis=1), axis=2)
        return ops.transpose(held, (0, 2, 1))


def _compact_generator(options: Options, conditions: int, seeds: Seeds) -> Any:
    """Convolution over time with pitch as channels: three doublings, from 8 columns to 64."""
    noise = keras.Input((options.noise_dim + conditions,))
    rolls = layers.Conv1D(
        ROWS,
        5,
        padding="same",
        activation="tanh",
        kernel_initializer=_glorot(seeds),
        bias_initializer=keras.initializers.Constant(QUIET_BIAS),
    )(_over_time(noise, options.width, seeds))
    return keras.Model(noise, layers.Permute((2, 1))(rolls), name="generator")


def _melody_generator(options: Options, conditions: int, seeds: Seeds) -> Any:
    """As compact, but each column knows its place and chooses one row or silence: no two notes at once."""
    noise = keras.Input((options.noise_dim + conditions,))
    features = _over_time(noise, options.width, seeds, places=True)
    choice = layers.Conv1D(
        ROWS + 1, 5, padding="same", activation="softmax", kernel_initializer=_glorot(seeds)
    )(features)
    rolls = layers.Rescaling(2.0, offset=-1.0)(layers.Permute((2, 1))(choice))
    return keras.Model(noise, layers.Cropping1D((0, 1))(rolls), name="generator")


class PositionLayer(keras.layers.Layer):  # type: ignore[misc] # keras has no types here
    """Learned features of every column beside those that come in: where in the bar it is.

    Convolutions see neighbours, not bar lines; without this, onsets drift off the beat.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._beginning = keras.initializers.RandomNormal(seed=seed)

    def build(self, shape: tuple[int, ...]) -> None:
        """A vector for each of the columns (batch, columns, channels)."""
        self.vectors = self.add_weight(
            shape=(shape[1], PLACE_FEATURES), initializer=self._beginning, name="vectors"
        )

    def call(self, x: Any) -> Any:
        """(batch, columns, channels + 16)."""
        there = keras.ops.broadcast_to(
            self.vectors[None], (keras.ops.shape(x)[0], *self.vectors.shape)
        )
        return keras.ops.concatenate([x, there], axis=2)


def _over_time(noise: Any, width: int, seeds: Seeds, *, places: bool = False) -> Any:
    """Noise as features over 64 columns: three doublings from 8, convolved after each."""
    x = layers.Dense(FIRST_COLUMNS * 2 * width, kernel_initializer=_glorot(seeds))(noise)
    x = layers.LeakyReLU(LEAK)(x)
    x = layers.Reshape((FIRST_COLUMNS, 2 * width))(x)
    for channels in (2 * width, width, width):
        x = layers.UpSampling1D(2)(x)
        x = PositionLayer(next(seeds))(x) if places else x
        x = layers.Conv1D(channels, 5, padding="same", kernel_initializer=_glorot(seeds))(x)
        x = layers.LeakyReLU(LEAK)(x)
    return x


def _contour(rolls: Any, width: int, seeds: Seeds) -> Any:
    """Features of the intervals in rolls, flat."""
    x = IntervalLayer()(rolls)
    for stride in (1, 2):
        x = layers.Conv1D(
            width, 3, strides=stride, padding="same", kernel_initializer=_glorot(seeds)
        )(x)
        x = layers.LeakyReLU(LEAK)(x)
    return layers.Flatten()(x)


def _compact_discriminator(options: Options, conditions: int, seeds: Seeds) -> Any:
    width = options.width
    rolls = keras.Input((ROWS, COLUMNS))
    x = layers.Permute((2, 1))(rolls)
    for channels, stride in ((width, 1), (width, 2), (2 * width, 2), (2 * width, 2)):
        x = layers.Conv1D(
            channels, 5, strides=stride, padding="same", kernel_initializer=_glorot(seeds)
        )(x)
        x = layers.LeakyReLU(LEAK)(x)
    features = layers.Flatten()(x)
    if options.intervals:
        features = layers.Concatenate()([features, _contour(rolls, width, seeds)])
    opinion = layers.Dense(1, kernel_initializer=_glorot(seeds))(features)
    if not conditions:
        return keras.Model(rolls, opinion, name="discriminator")
    asked = keras.Input((conditions,))
    wanted = layers.Dense(conditions, kernel_initializer=_glorot(seeds))(features)
    fit = layers.Dot(1)([wanted, _centred(asked)])
    return keras.Model([rolls, asked], layers.Add()([opinion, fit]), name="discriminator")


def _centred(asked: Any) -> Any:
    """Conditions (0 to 1) as -1 to 1, so that none stands for nothing."""
    return layers.Rescaling(2.0, offset=-1.0)(asked)


def _paper_generator(options: Options, _: int, seeds: Seeds) -> Any:
    """The paper's figure 8: dense, then transposed convolutions with batch normalisation."""
    noise = keras.Input((options.noise_dim,))
    x = layers.Dense(12 * 16 * 256, use_bias=False, kernel_initializer=_glorot(seeds))(noise)
    x = layers.LeakyReLU(LEAK)(layers.BatchNormalization()(x))
    x = layers.Reshape((12, 16, 256))(x)
    for channels, stride in ((128, 2), (64, 2)):
        x = layers.Conv2DTranspose(
            channels,
            5,
            strides=stride,
            padding="same",
            use_bias=False,
            kernel_initializer=_glorot(seeds),
        )(x)
        x = layers.LeakyReLU(LEAK)(layers.BatchNormalization()(x))
    x = layers.Conv2D(1, 5, padding="same", activation="tanh", kernel_initializer=_glorot(seeds))(x)
    return keras.Model(noise, layers.Reshape((ROWS, COLUMNS))(x), name="generator")


def _paper_discriminator(options: Options, _: int, seeds: Seeds) -> Any:
    """The paper's figure 9: two convolutions, dropout, one opinion (a logit; its sigmoid is the probability)."""
    rolls = keras.Input((ROWS, COLUMNS))
    x = layers.Reshape((ROWS, COLUMNS, 1))(rolls)
    for place, channels in enumerate((64, 128)):
        x = layers.Conv2D(
            channels, 5, strides=2, padding="same", kernel_initializer=_glorot(seeds)
        )(x)
        x = layers.LeakyReLU(LEAK)(x)
        x = layers.Dropout(0.3, seed=options.seed + place)(x)
    x = layers.Dense(1, kernel_initializer=_glorot(seeds))(layers.Flatten()(x))
    return keras.Model(rolls, x, name="discriminator")


Builder = Callable[[Options, int, Seeds], Any]
ARCHITECTURES: dict[str, tuple[Builder, Builder]] = {
    "compact": (_compact_generator, _compact_discriminator),
    "melody": (_melody_generator, _compact_discriminator),
    "paper": (_paper_generator, _paper_discriminator),
}
