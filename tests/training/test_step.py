"""What one step of training does."""

import warnings

import msgspec
import numpy as np
import pytest

from training.options import Options

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # tensorflow's own
    from training.train import trainer

TINY = Options(steps=12, batch=4, width=4, noise_dim=6, seed=3)


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("loss", ["cross-entropy", "hinge", "relativistic"])
def test_every_loss_trains_without_penalties(bars, tmp_path, loss):
    options = msgspec.structs.replace(TINY, steps=2, loss=loss, penalty=0.0)
    run = trainer.begin(tmp_path / "run", options, bars)
    run.train()
    assert np.isfinite(run.sample(2)).all()


@pytest.mark.usefixtures("untraced")
def test_penalties_are_the_steepness_of_opinions_of_both_sides(bars, tmp_path, monkeypatch):
    import tensorflow as tf

    seen, disturb = [], trainer._disturb
    monkeypatch.setattr(trainer, "_disturb", lambda *it: seen.append(disturb(*it)) or seen[-1])
    options = msgspec.structs.replace(TINY, penalty=3.0, penalty_every=2)

    def loss(penalise):
        run = trainer.begin(tmp_path / f"{penalise}", options, bars, sheets=False)
        before = run.discriminator.get_weights()
        return float(run._train(tf.constant(0), penalise)[1]), before, run.discriminator

    plain, *_ = loss(False)
    charged, before, discriminator = loss(True)
    discriminator.set_weights(before)
    steepness = 0.0
    for rolls in map(tf.constant, seen[2:]):
        with tf.GradientTape() as tape:
            tape.watch(rolls)
            total = tf.reduce_sum(discriminator(rolls, training=True))
        gradient = np.asarray(tape.gradient(total, rolls))
        steepness += np.mean(np.sum(gradient**2, axis=(1, 2)))
    assert charged - plain == pytest.approx(0.5 * 3 * 2 * steepness, rel=1e-3)
    assert steepness > 0


def test_what_the_discriminator_sees_is_moved_silenced_and_differentiable(bars):
    import tensorflow as tf

    options = msgspec.structs.replace(TINY, cut_columns=16, octave_share=0.9, roll_columns=2)
    rolls = tf.constant(bars.rolls[:32], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(rolls)
        seen = trainer._disturb(rolls, tf.constant([1, 2]), options)
        total = tf.reduce_sum(seen)
    before, after = bars.rolls[:32] > 0, np.asarray(seen) > 0
    assert (after.any(axis=2) != before.any(axis=2)).any(axis=1).mean() > 0.6
    assert after.sum() < before.sum()
    assert float(tf.reduce_sum(tf.abs(tape.gradient(total, rolls)))) > 0
