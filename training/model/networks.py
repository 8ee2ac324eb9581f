"""Generators, from noise to rolls (batch, 48, 64) in -1 to 1, and discriminators."""

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
POSITION_FEATURES = 16
QUIET_BIAS = -1.0  # an untrained generator is silent; without it, it plays nearly all cells
MOST_SEED = 10**9
Seeds = Iterator[int]


class Networks(NamedTuple):
    """A generator and the discriminator that it is trained against."""

    generator: Any
    discriminator: Any


def build_networks(
    options: Options, conditions: int = 0, required: NDArray[np.intp] | None = None
) -> Networks:
    """The networks of an architecture. Only the options' seed decides their first weights.

    `conditions`: their number. The generator takes them as columns after the noise. The
    discriminator takes them beside the rolls and judges how well each roll fits (a projection,
    after Miyato and Koyama, 2018).
    `required`: see `training.model.column_mask.required_columns`; None allows every column.
    """
    seeds = _seeds(options.seed)
    generator, discriminator = ARCHITECTURES[options.architecture]
    network = generator(options, conditions, seeds)
    if required is not None:
        masked = ColumnMaskLayer(required)(network.output)
        network = keras.Model(network.input, masked, name="generator")
    return Networks(network, discriminator(options, conditions, seeds))


def _seeds(seed: int) -> Seeds:
    """A seed for each layer in turn.

    By default Keras draws them from Python's global generator, from which other threads of a
    cluster's worker draw too.
    """
    draws = random.Random(seed)  # noqa: S311 - no secret
    while True:
        yield draws.randint(1, MOST_SEED)


def _glorot(seeds: Seeds) -> Any:
    """The first weights of a layer's kernel."""
    return keras.initializers.GlorotUniform(next(seeds))


class ColumnMaskLayer(keras.layers.Layer):  # type: ignore[misc] # keras has no types here
    """Limits each cell to its lowest value in the required columns.

    So notes begin and end only in the columns of the style.
    """

    def __init__(self, required: NDArray[np.intp], **options: Any) -> None:
        super().__init__(**options)
        self.required = required.tolist()

    def call(self, rolls: Any) -> Any:
        """The masked rolls, (batch, 48, 64)."""
        ops = keras.ops
        # whole columns are taken along the middle axis; taking cells costs as much as a convolution
        over_time = ops.transpose(rolls, (0, 2, 1))
        masked = ops.min(ops.take(over_time, self.required, axis=1), axis=2)
        return ops.transpose(masked, (0, 2, 1))


def _compact_generator(options: Options, conditions: int, seeds: Seeds) -> Any:
    """Convolution over time with pitches as channels; three doublings, from 8 columns to 64."""
    noise = keras.Input((options.noise_dim + conditions,))
    rolls = layers.Conv1D(
        ROWS,
        5,
        padding="same",
        activation="tanh",
        kernel_initializer=_glorot(seeds),
        bias_initializer=keras.initializers.Constant(QUIET_BIAS),
    )(_upsample(noise, options.width, seeds))
    return keras.Model(noise, layers.Permute((2, 1))(rolls), name="generator")


def _melody_generator(options: Options, conditions: int, seeds: Seeds) -> Any:
    """As compact, but each column knows its position and chooses one row or silence.

    So no two notes sound together.
    """
    noise = keras.Input((options.noise_dim + conditions,))
    features = _upsample(noise, options.width, seeds, positions=True)
    choice = layers.Conv1D(
        ROWS + 1, 5, padding="same", activation="softmax", kernel_initializer=_glorot(seeds)
    )(features)
    rolls = layers.Rescaling(2.0, offset=-1.0)(layers.Permute((2, 1))(choice))
    return keras.Model(noise, layers.Cropping1D((0, 1))(rolls), name="generator")


class PositionLayer(keras.layers.Layer):  # type: ignore[misc] # keras has no types here
    """Adds learned features of each column's position in the bar.

    A convolution sees neighbours but no bar lines; without this layer onsets drift off the beat.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._initializer = keras.initializers.RandomNormal(seed=seed)

    def build(self, shape: tuple[int, ...]) -> None:
        """Make a vector for each column of inputs (batch, columns, channels)."""
        self.vectors = self.add_weight(
            shape=(shape[1], POSITION_FEATURES), initializer=self._initializer, name="vectors"
        )

    def call(self, x: Any) -> Any:
        """(batch, columns, channels + 16)."""
        vectors = keras.ops.broadcast_to(
            self.vectors[None], (keras.ops.shape(x)[0], *self.vectors.shape)
        )
        return keras.ops.concatenate([x, vectors], axis=2)


def _upsample(noise: Any, width: int, seeds: Seeds, *, positions: bool = False) -> Any:
    """Noise as features over 64 columns: three doublings from 8, a convolution after each."""
    x = layers.Dense(FIRST_COLUMNS * 2 * width, kernel_initializer=_glorot(seeds))(noise)
    x = layers.LeakyReLU(LEAK)(x)
    x = layers.Reshape((FIRST_COLUMNS, 2 * width))(x)
    for channels in (2 * width, width, width):
        x = layers.UpSampling1D(2)(x)
        x = PositionLayer(next(seeds))(x) if positions else x
        x = layers.Conv1D(channels, 5, padding="same", kernel_initializer=_glorot(seeds))(x)
        x = layers.LeakyReLU(LEAK)(x)
    return x


def _interval_features(rolls: Any, width: int, seeds: Seeds) -> Any:
    """Flat features of the intervals in rolls."""
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
        features = layers.Concatenate()([features, _interval_features(rolls, width, seeds)])
    logit = layers.Dense(1, kernel_initializer=_glorot(seeds))(features)
    if not conditions:
        return keras.Model(rolls, logit, name="discriminator")
    values = keras.Input((conditions,))
    projection = layers.Dense(conditions, kernel_initializer=_glorot(seeds))(features)
    centred = layers.Rescaling(2.0, offset=-1.0)(values)  # from 0..1 to -1..1, so that 0 counts too
    fit = layers.Dot(1)([projection, centred])
    return keras.Model([rolls, values], layers.Add()([logit, fit]), name="discriminator")


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
    """The paper's figure 9: two convolutions with dropout, and one logit."""
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
