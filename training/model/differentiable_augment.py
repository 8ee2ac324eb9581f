"""Augmentation of what a discriminator sees, differentiable (Zhao et al., 2020)."""

from typing import Any

from training.model.backend import tf
from training.options import Options

OCTAVE = 12


def augment_differentiably(rolls: Any, seed: Any, options: Options) -> Any:
    """Rolls (batch, 48, 64), each moved in time, silenced in part or an octave away at random.

    Real and generated bars get the same treatment, so the discriminator cannot use it to tell
    them apart. `roll_columns`, `cut_columns` and `octave_share` of the options say how much.
    """
    seeds = tf.random.experimental.stateless_split(seed, 3)
    shape = [tf.shape(rolls)[0], 1]
    columns = rolls.shape[2]
    column = tf.range(columns)[None, :]
    if options.roll_columns:
        most = options.roll_columns
        shift = tf.random.stateless_uniform(shape, seeds[0], -most, most + 1, tf.int32)
        rolls = tf.gather(rolls, tf.math.floormod(column + shift, columns), axis=2, batch_dims=1)
    if options.cut_columns:
        cut = options.cut_columns
        start = tf.random.stateless_uniform(shape, seeds[1], -cut, columns, tf.int32)
        inside = (column >= start) & (column < start + cut)
        rolls = tf.where(inside[:, None, :], -1.0, rolls)
    if options.octave_share:
        draw = tf.random.stateless_uniform([tf.shape(rolls)[0]], seeds[2])
        silent = tf.fill([tf.shape(rolls)[0], OCTAVE, columns], -1.0)
        for low, moved in (
            (0.0, tf.concat([rolls[:, OCTAVE:], silent], axis=1)),
            (0.5, tf.concat([silent, rolls[:, :-OCTAVE]], axis=1)),
        ):
            share = draw / options.octave_share
            chosen = (share >= low) & (share < low + 0.5)
            rolls = tf.where(chosen[:, None, None], moved, rolls)
    return rolls
