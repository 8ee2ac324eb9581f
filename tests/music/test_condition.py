"""The conditions of a generator, and their columns."""

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
    ("symbol", "expected"),
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
def test_a_chord_has_the_class_that_a_musician_expects(symbol, expected):
    assert quality_class(parse_chord(symbol)) == expected


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
def test_conditions_fill_their_columns_and_do_not_change_the_noise(quality, share, names):
    inputs = generator_inputs(4, 6, names, 3, Conditions(quality, density=share))
    assert inputs.shape == (4, 6 + len(names))
    assert inputs.dtype == np.float32
    np.testing.assert_array_equal(inputs[:, :6], generator_inputs(4, 6, (), 3))
    for name, column in zip(names, inputs[:, 6:].T, strict=True):
        if name == "density":
            assert (column == np.float32(share)).all()
        elif name == "register":
            assert ((column >= 0) & (column <= 1)).all()
        else:
            assert (column == (name == quality)).all()
