"""One step of the training."""

import msgspec
import numpy as np
import pytest
from lazy import LazyModule

from training.options import Options

trainer = LazyModule("training.train.trainer")
TINY = Options(steps=12, batch=4, width=4, noise_dim=6, seed=3)


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("loss", ["cross-entropy", "hinge", "relativistic"])
def test_every_loss_trains_without_penalties(bars, tmp_path, loss):
    options = msgspec.structs.replace(TINY, steps=2, loss=loss, penalty=0.0)
    run = trainer.start_run(tmp_path / "run", options, bars)
    run.train()
    assert np.isfinite(run.sample(2)).all()


@pytest.mark.usefixtures("untraced")
def test_penalties_are_squared_gradients_of_the_logits_of_both_sides(bars, tmp_path, monkeypatch):
    import tensorflow as tf

    seen, augment = [], trainer.augment_differentiably
    monkeypatch.setattr(
        "training.train.trainer.augment_differentiably",
        lambda *it: seen.append(augment(*it)) or seen[-1],
    )
    options = msgspec.structs.replace(TINY, penalty=3.0, penalty_every=2)

    def loss(penalise):
        run = trainer.start_run(tmp_path / f"{penalise}", options, bars, sheets=False)
        before = run.discriminator.get_weights()
        return float(run._train_step(tf.constant(0), penalise)[1]), before, run.discriminator

    plain, *_ = loss(False)
    penalised, before, discriminator = loss(True)
    discriminator.set_weights(before)
    penalty_by_hand = 0.0
    for rolls in map(tf.constant, seen[2:]):
        with tf.GradientTape() as tape:
            tape.watch(rolls)
            total = tf.reduce_sum(discriminator(rolls, training=True))
        gradient = np.asarray(tape.gradient(total, rolls))
        penalty_by_hand += np.mean(np.sum(gradient**2, axis=(1, 2)))
    assert penalised - plain == pytest.approx(0.5 * 3 * 2 * penalty_by_hand, rel=1e-3)
    assert penalty_by_hand > 0


def test_the_discriminator_sees_moved_and_silenced_bars_with_gradients(bars):
    import tensorflow as tf

    options = msgspec.structs.replace(TINY, cut_columns=16, octave_share=0.9, roll_columns=2)
    rolls = tf.constant(bars.rolls[:32], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(rolls)
        seen = trainer.augment_differentiably(rolls, tf.constant([1, 2]), options)
        total = tf.reduce_sum(seen)
    before, after = bars.rolls[:32] > 0, np.asarray(seen) > 0
    assert (after.any(axis=2) != before.any(axis=2)).any(axis=1).mean() > 0.6
    assert after.sum() < before.sum()
    assert float(tf.reduce_sum(tf.abs(tape.gradient(total, rolls)))) > 0
