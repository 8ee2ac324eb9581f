"""What a conditional generator is asked, and in which columns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.music.chord import parse_chord
from perform.music.condition import (
    CONDITION_NAMES,
    QUALITY_CLASSES,
    Conditions,
    generator_inputs,
    quality_class,
)
from perform.music.quality import QUALITIES


@pytest.mark.parametrize(
    ("symbol", "wanted"),
    [
        ("C", "major"),
        ("Fmaj7#11", "major"),
        ("Caug", "major"),
        ("Am7", "minor"),
        ("DmMaj7", "minor"),
        ("Bb13", "dominant"),
        ("E7#9", "dominant"),  # it has both thirds
        ("Bm7b5", "diminished"),
        ("C#dim7", "diminished"),
        ("Gsus4", "suspended"),
        ("A5", "suspended"),
    ],
)
def test_a_chord_is_of_the_class_that_a_player_would_say(symbol, wanted):
    assert quality_class(parse_chord(symbol)) == wanted


def test_every_chord_has_a_class_and_no_chord_has_none():
    assert all(
        quality_class(parse_chord("C" + quality.name)) in QUALITY_CLASSES for quality in QUALITIES
    )
    assert quality_class(None) == ""


@given(
    st.sampled_from(["", *QUALITY_CLASSES]),
    st.floats(0, 1),
    st.lists(st.sampled_from(CONDITION_NAMES)),
)
def test_a_wish_fills_its_columns_and_leaves_the_noise_alone(quality, share, names):
    asked = generator_inputs(4, 6, names, 3, Conditions(quality, density=share))
    assert asked.shape == (4, 6 + len(names))
    assert asked.dtype == np.float32
    np.testing.assert_array_equal(asked[:, :6], generator_inputs(4, 6, (), 3))
    for name, column in zip(names, asked[:, 6:].T, strict=True):
        if name == "density":
            assert (column == np.float32(share)).all()
        elif name == "register":
            assert ((column >= 0) & (column <= 1)).all()
        else:
            assert (column == (name == quality)).all()
