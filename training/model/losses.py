"""Losses of generator and discriminator: scalars, from the discriminator's logits (batch, 1)."""

from collections.abc import Callable
from typing import Any

from training.model.backend import tf

Losses = Callable[[Any, Any], tuple[Any, Any]]


def cross_entropy(real: Any, fake: Any) -> tuple[Any, Any]:
    """(generator, discriminator) loss of the paper, section 3.1 (Goodfellow et al., 2014)."""
    discriminator = tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(fake))
    return tf.reduce_mean(tf.nn.softplus(-fake)), discriminator


def hinge(real: Any, fake: Any) -> tuple[Any, Any]:
    """(generator, discriminator) hinge loss (Lim and Ye, 2017): logits beyond 1 cost nothing."""
    discriminator = tf.reduce_mean(tf.nn.relu(1 - real)) + tf.reduce_mean(tf.nn.relu(1 + fake))
    return -tf.reduce_mean(fake), discriminator


def relativistic(real: Any, fake: Any) -> tuple[Any, Any]:
    """(generator, discriminator) loss on pairs: which of the two is real (Huang et al., 2024)."""
    difference = real - fake
    generator = tf.reduce_mean(tf.nn.softplus(difference))
    return generator, tf.reduce_mean(tf.nn.softplus(-difference))


def squared_gradient(gradient: Any) -> Any:
    """The mean squared length of gradients of logits by rolls, (batch, 48, 64), a scalar."""
    return tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=[1, 2]))


def density_error(rolls: Any, others: Any) -> Any:
    """The mean squared difference of the numbers of notes, pair by pair, a scalar.

    It pulls a generator to the density that it is asked for. A discriminator sees every bar
    through small windows and counts notes badly.
    """
    return tf.reduce_mean(tf.square(_note_count(rolls) - _note_count(others)))


def _note_count(rolls: Any) -> Any:
    """How many notes begin, (batch,), differentiable: half the rises from column to column."""
    before = tf.pad(rolls[:, :, :-1], [[0, 0], [0, 0], [1, 0]], constant_values=-1.0)
    return tf.reduce_sum(tf.nn.relu(rolls - before), axis=[1, 2]) / 2


LOSSES: dict[str, Losses] = {
    "cross-entropy": cross_entropy,
    "hinge": hinge,
    "relativistic": relativistic,
}
