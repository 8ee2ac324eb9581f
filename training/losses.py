"""What generator and discriminator want; both losses come back as scalars, from logits (batch, 1)."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Losses = Callable[[Any, Any], tuple[Any, Any]]


def cross_entropy(real: Any, fake: Any) -> tuple[Any, Any]:
    """(generator, discriminator) loss of the paper, section 3.1 (Goodfellow et al., 2014)."""
    discriminator = tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(fake))
    return tf.reduce_mean(tf.nn.softplus(-fake)), discriminator


def relativistic(real: Any, fake: Any) -> tuple[Any, Any]:
    """(generator, discriminator) loss on pairs: which of the two is real (Huang et al., 2024)."""
    difference = real - fake
    generator = tf.reduce_mean(tf.nn.softplus(difference))
    return generator, tf.reduce_mean(tf.nn.softplus(-difference))


LOSSES: dict[str, Losses] = {"cross-entropy": cross_entropy, "relativistic": relativistic}
