"""What generator and discriminator want; both losses come back as scalars, from logits (batch, 1)."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

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


def steepness(discriminator: Any, rolls: Any) -> Any:
    """The mean squared gradient of the discriminator's opinion by the rolls (batch, 48, 64), a scalar.

    R1 on real rolls, R2 on invented ones (Mescheder et al., 2018).
    """
    with tf.GradientTape() as tape:
        tape.watch(rolls)
        opinion = tf.reduce_sum(discriminator(rolls, training=True))
    gradient = tape.gradient(opinion, rolls)
    return tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=[1, 2]))


LOSSES: dict[str, Losses] = {
    "cross-entropy": cross_entropy,
    "hinge": hinge,
    "relativistic": relativistic,
}
