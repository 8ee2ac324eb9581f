"""The interval layer: what a discriminator sees of intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lazy import LazyModule

from perform.music.note import Note
from perform.music.pianoroll import encode
from training.options import Options

interval_layer = LazyModule("training.model.interval_layer")
networks = LazyModule("training.model.networks")
SIXTEENTH = 120


def intervals_of(rolls):
    """What the layer gives, by distance and interval: (batch, 16, 3, 95)."""
    return np.asarray(interval_layer.IntervalLayer()(np.asarray(rolls, np.float32))).reshape(
        -1, 16, 3, interval_layer.INTERVAL_COUNT
    )


def line(*triples):
    """A bar of (sixteenth, length in sixteenths, pitch over C)."""
    notes = [Note(start * SIXTEENTH, length * SIXTEENTH, pitch) for start, length, pitch in triples]
    return encode(notes, bars=1).rolls


def clear_moves(rolls):
    """(sixteenth, sixteenths before, semitones) of all values above one half."""
    return [
        (int(place), interval_layer.EARLIER[which], int(interval) - interval_layer.WIDEST)
        for place, which, interval in np.argwhere(intervals_of(rolls)[0] > 0.5)
    ]


def test_a_move_appears_at_its_semitones_and_a_rest_repeats_the_note_before():
    moves = clear_moves(line((0, 1, 60), (3, 1, 65), (12, 2, 40)))
    assert moves == [
        (3, 1, 5), (3, 2, 5),
        (12, 1, -25), (12, 2, -25), (12, 4, -25),
        (13, 1, 0), (13, 2, -25), (13, 4, -25),
    ]  # fmt: skip


@pytest.mark.parametrize("architecture", ["compact", "melody"])
def test_a_discriminator_sees_intervals_only_with_the_option(architecture):
    """The weights over the interval layer change the logit; by default there is no such layer."""
    plain, seeing = (
        networks.build_networks(
            Options(architecture=architecture, width=4, intervals=intervals)
        ).discriminator
        for intervals in (False, True)
    )
    assert not [it for it in plain.layers if isinstance(it, interval_layer.IntervalLayer)]
    bars = np.concatenate([line((0, 2, 60), (4, 2, 62)), line((0, 2, 60), (4, 2, 83))])
    before = np.asarray(seeing(bars.astype(np.float32)))
    seen = next(it for it in seeing.layers if isinstance(it, interval_layer.IntervalLayer)).output
    (over,) = (it for it in seeing.layers if it.input is seen)
    over.set_weights([np.zeros_like(weight) for weight in over.get_weights()])
    assert np.abs(np.asarray(seeing(bars.astype(np.float32))) - before).min() > 1e-4


def test_silence_has_no_moves():
    assert np.abs(intervals_of(np.full((1, 48, 64), -1))).max() < 1e-5


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 15), st.integers(1, 4), st.integers(48, 71)), max_size=8),
    st.integers(-12, 12),
)
def test_a_transposed_melody_has_the_same_moves(notes, shift):
    moved = [(start, length, pitch + shift) for start, length, pitch in notes]
    np.testing.assert_allclose(intervals_of(line(*notes)), intervals_of(line(*moved)), atol=1e-4)


def test_spectra_give_the_sum_over_all_pairs():
    rolls = np.random.default_rng(3).uniform(-1, 1, (2, 48, 64))
    slots = ((rolls + 1) / 2).reshape(2, 48, 16, 4).mean(3)
    last = [np.zeros((2, 48))] * max(interval_layer.EARLIER)
    for place in range(15):
        now = slots[:, :, place]
        last.append(now + (1 - now.max(1, keepdims=True)) * last[-1])
    found = intervals_of(rolls)
    for which, earlier in enumerate(interval_layer.EARLIER):
        for place in range(16):
            before = last[max(interval_layer.EARLIER) - earlier + place]
            pairs = zip(slots[:, :, place], before, strict=True)
            every = np.array([np.convolve(now, then[::-1]) for now, then in pairs])
            np.testing.assert_allclose(found[:, place, which], every, atol=1e-3)
