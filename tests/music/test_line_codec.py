"""The numbers of a line's context: relative to the root, bounded, and true to the grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.music.chord import parse_chord
from perform.music.feel import FEELS, GRIDS
from perform.music.line_codec import (
    CONTEXT,
    LAYOUT,
    PLACES,
    bounded_move,
    column_of,
    context_numbers,
    place_of,
    uses_thirds,
)
from perform.music.line_context import LineContext, context_chord
from perform.music.note import COLUMNS, TICKS_PER_BEAT, Note

SYMBOLS = ("C7", "Dm7", "F#m7b5", "Bbmaj7", "E7alt", "Ab13", "N.C.")


def chord_of(symbol, start=0, by=0):
    chord = parse_chord(symbol)
    if chord is None:
        return None
    made = context_chord(chord, frozenset(chord.scale) | chord.tones, start)
    move = lambda classes: tuple(sorted((each + by) % 12 for each in classes))  # noqa: E731
    return made._replace(root=(made.root + by) % 12, tones=move(made.tones), scale=move(made.scale))


notes = st.builds(
    Note,
    start=st.integers(-3840, -1),
    duration=st.integers(1, 3840),
    pitch=st.integers(0, 127),
)
contexts = st.builds(
    LineContext,
    chords=st.sampled_from([(), *[(chord_of(it),) for it in SYMBOLS[:-1]]]),
    following=st.sampled_from([chord_of(it) for it in SYMBOLS]),
    before=st.lists(notes, max_size=8).map(tuple),
    place=st.integers(0, 40),
    length=st.integers(0, 40),
    feel=st.sampled_from([None, *FEELS]),
    density=st.none() | st.floats(0, 1),
    register=st.none() | st.floats(0, 1),
    energy=st.none() | st.floats(0, 1),
)


@given(contexts)
def test_every_context_becomes_finite_numbers_of_one_length(context):
    numbers = context_numbers(context)
    assert numbers.shape == (CONTEXT,)
    assert np.isfinite(numbers).all()


@given(st.integers(-5, 0), st.lists(notes.filter(lambda n: 20 < n.pitch < 100), max_size=6))
def test_a_context_that_moves_with_its_root_has_the_same_numbers(by, line):
    """From C down to G, the root moves with the notes; the range is told by row and so moves."""
    context = LineContext(
        (chord_of("C7"), chord_of("A7", 960)), chord_of("Dm7"), tuple(line), 3, 12, "swing"
    )
    moved = context._replace(
        chords=(chord_of("C7", 0, by), chord_of("A7", 960, by)),
        following=chord_of("Dm7", 0, by),
        before=tuple(note._replace(pitch=note.pitch + by) for note in line),
        low=context.low + by,
        high=context.high + by,
    )
    assert np.array_equal(context_numbers(context), context_numbers(moved))


@pytest.mark.parametrize("feel", FEELS)
def test_every_onset_of_a_feel_has_a_place_and_a_column_of_its_own(feel):
    thirds = uses_thirds(feel)
    ticks = [beat * TICKS_PER_BEAT + part for beat in range(4) for part in GRIDS[feel]]
    places = [place_of(tick, thirds) for tick in ticks]
    columns = [column_of(place, thirds) for place in places]
    assert places == sorted(set(places))
    assert max(places) < PLACES
    assert columns == [
        round(tick / 30) if tick % 160 else tick // 30 + (tick % 480 == 320) for tick in ticks
    ]
    assert max(columns) < COLUMNS


def test_quavers_stand_in_the_same_places_straight_or_swung():
    straight = [place_of(tick, thirds=False) for tick in (0, 240, 480, 720)]
    swung = [place_of(tick, thirds=True) for tick in (0, 320, 480, 800)]
    assert straight == swung


@given(st.integers(-60, 60))
def test_a_wide_move_keeps_its_pitch_class(move):
    assert abs(bounded_move(move)) <= 16
    assert (bounded_move(move) - move) % 12 == 0


def test_what_is_not_known_is_told_apart_from_what_is():
    unknown = context_numbers(LineContext())
    assert not unknown[LAYOUT.harmony].any()
    assert not unknown[LAYOUT.targets].any()
    known = context_numbers(LineContext(density=0.0, energy=0.0))
    assert known[LAYOUT.targets].sum() == 2
