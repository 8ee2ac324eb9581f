"""What generator and discriminator want; both losses come back as scalars, from logits (batch, 1)."""

from collections.abc import Callable
from typing import Any

from training.model.backend import tf

Losses = Callable[[Any, Any], tuple[Any, Any]]


def cross_entropy(real: Any, fake: Any) -> tuple[Any, Any]:
    """(generator, discriminator) loss of the paper, section 3.1 (Goodfellow et al., 2014)."""
    discriminator = tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(fake))
    return tf.reduce_mean(tf.nn.softplus(-fake)), discriminator


def hinge(real: Any, fake: Any) -> tuple[Any, Any]:
    """(generator, discriminator) hinge loss (Lim and Ye, 2017): opinions beyond one need no more pull."""
    discriminator = tf.reduce_mean(tf.nn.relu(1 - real)) + tf.reduce_mean(tf.nn.relu(1 + fake))
    return -tf.reduce_mean(fake), discriminator


def relativistic(real: Any, fake: Any) -> tuple[Any, Any]:
    """(generator, discriminator) loss on pairs: which of the two is real (Huang et al., 2024)."""
    difference = real - fake
    generator = tf.reduce_mean(tf.nn.softplus(difference))
    return generator, tf.reduce_mean(tf.nn.softplus(-difference))


def steepness(gradient: Any) -> Any:
    """The mean squared length of the gradient of opinions by rolls, (batch, 48, 64), a scalar."""
    return tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=[1, 2]))


def mismatch(rolls: Any, others: Any) -> Any:
    """How far the numbers of notes of rolls are from those of others, pair by pair, a scalar.

    The mean square, in notes. It pulls a generator to the density that it was asked for, which a
    discriminator, seeing every bar through small windows, counts badly.
    """
    return tf.reduce_mean(tf.square(_onsets(rolls) - _onsets(others)))


def _onsets(rolls: Any) -> Any:
    """How many notes begin, (batch,), softly: what the cells rise by from column to column."""
    before = tf.pad(rolls[:, :, :-1], [[0, 0], [0, 0], [1, 0]], constant_values=-1.0)
    return tf.reduce_sum(tf.nn.relu(rolls - before), axis=[1, 2]) / 2


LOSSES: dict[str, Losses] = {
    "cross-entropy": cross_entropy,
    "hinge": hinge,
    "relativistic": relativistic,
}
