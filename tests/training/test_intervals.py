"""What a discriminator is told of intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.music.note import Note
from perform.music.pianoroll import encode

pytest.importorskip("tensorflow")

from training.model.interval_layer import EARLIER, WIDEST, WIDTH, IntervalLayer
from training.model.networks import build
from training.options import Options

SIXTEENTH = 120


def told(rolls):
    """By distance and interval: (batch, 16, 3, 95)."""
    return np.asarray(IntervalLayer()(np.asarray(rolls, np.float32))).reshape(-1, 16, 3, WIDTH)


def line(*notes):
    """A bar of (sixteenth, length in sixteenths, pitch over C)."""
    struck = [Note(start * SIXTEENTH, length * SIXTEENTH, pitch) for start, length, pitch in notes]
    return encode(struck, bars=1).rolls


def heard(rolls):
    """(sixteenth, sixteenths before, semitones) of all that is told plainly."""
    return [
        (int(place), EARLIER[which], int(interval) - WIDEST)
        for place, which, interval in np.argwhere(told(rolls)[0] > 0.5)
    ]


def test_a_move_is_told_by_its_semitones_and_a_rest_keeps_what_was_before_it():
    moves = heard(line((0, 1, 60), (3, 1, 65), (12, 2, 40)))
    assert moves == [
        (3, 1, 5), (3, 2, 5),
        (12, 1, -25), (12, 2, -25), (12, 4, -25),
        (13, 1, 0), (13, 2, -25), (13, 4, -25),
    ]  # fmt: skip


@pytest.mark.parametrize("architecture", ["compact", "melody"])
def test_a_discriminator_minds_intervals_where_the_recipe_says_so(architecture):
    """The weights of its first layer over them pull the opinion; without the option there is none."""
    plain, told_so = (
        build(Options(architecture=architecture, width=4, intervals=told)).discriminator
        for told in (False, True)
    )
    assert not [it for it in plain.layers if isinstance(it, IntervalLayer)]
    bars = np.concatenate([line((0, 2, 60), (4, 2, 62)), line((0, 2, 60), (4, 2, 83))])
    before = np.asarray(told_so(bars.astype(np.float32)))
    seen = next(it for it in told_so.layers if isinstance(it, IntervalLayer)).output
    (over,) = (it for it in told_so.layers if it.input is seen)
    over.set_weights([np.zeros_like(weight) for weight in over.get_weights()])
    assert np.abs(np.asarray(told_so(bars.astype(np.float32))) - before).min() > 1e-4


def test_silence_moves_nowhere():
    assert np.abs(told(np.full((1, 48, 64), -1))).max() < 1e-5


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 15), st.integers(1, 4), st.integers(48, 71)), max_size=8), st.integers(-12, 12))  # fmt: skip
def test_the_same_melody_elsewhere_moves_alike(notes, by):
    there = [(start, length, pitch + by) for start, length, pitch in notes]
    np.testing.assert_allclose(told(line(*notes)), told(line(*there)), atol=1e-4)


def test_spectra_give_what_a_sum_over_all_pairs_gives():
    rolls = np.random.default_rng(3).uniform(-1, 1, (2, 48, 64))
    slots = ((rolls + 1) / 2).reshape(2, 48, 16, 4).mean(3)
    last = [np.zeros((2, 48))] * max(EARLIER)
    for place in range(15):
        now = slots[:, :, place]
        last.append(now + (1 - now.max(1, keepdims=True)) * last[-1])
    found = told(rolls)
    for which, earlier in enumerate(EARLIER):
        for place in range(16):
            before = last[max(EARLIER) - earlier + place]
            every = np.array([np.convolve(n, b[::-1]) for n, b in zip(slots[:, :, place], before, strict=True)])  # fmt: skip
            np.testing.assert_allclose(found[:, place, which], every, atol=1e-3)
