"""Form, and how a bar is performed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.engine.expression import Expression, perform_notes, swing_tick
from perform.engine.form import is_last, is_repeat, land, vary
from perform.music.note import Note

BAR, BEAT = 1920, 480
phrases = st.lists(
    st.builds(
        Note,
        st.integers(0, 63).map(lambda column: column * 30),
        st.integers(1, 16).map(lambda columns: columns * 30),
        st.integers(36, 83),
    ).map(lambda note: note._replace(duration=min(note.duration, BAR - note.start))),
    max_size=12,
    unique_by=lambda note: note.start,
).map(lambda notes: tuple(sorted(notes)))


@given(phrases, st.integers(0, 2**40))
def test_a_variation_keeps_the_head_and_stays_in_its_bar(phrase, seed):
    varied = vary(phrase, seed)
    assert [n for n in varied if n.start < 960] == [n for n in phrase if n.start < 960]
    assert all(0 <= n.start < BAR and n.duration >= 1 and n.end <= BAR for n in varied)
    assert varied == vary(phrase, seed)


def test_all_four_variations_come():
    phrase = (Note(0, 240, 60), Note(960, 240, 64), Note(1200, 240, 67), Note(1440, 240, 65))
    assert len({vary(phrase, seed) for seed in range(40)}) >= 5  # the octave has two directions


@given(phrases)
def test_a_landing_is_one_long_note_on_a_late_beat(phrase):
    landed = land(phrase)
    assert bool(landed) == bool(phrase)
    if landed:
        last = landed[-1]
        assert last.start in (960, 1440)
        assert BAR - 120 <= last.end <= BAR
        assert all(note.end <= last.start for note in landed[:-1] if note.start < last.start)
        assert last.pitch in {note.pitch for note in phrase}


def test_a_form_has_repeats_and_a_last_bar():
    assert [is_repeat(bar, "ABAC") for bar in range(5)] == [False, False, True, False, False]
    assert [is_last(bar, "ABAC") for bar in range(5)] == [False, False, False, True, False]
    assert not is_last(0, "A")


@given(phrases, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.integers(0, 2**48))
def test_a_performed_bar_is_near_the_written_one(phrase, swing, humanise, articulation, seed):
    expression = Expression(swing, humanise, 0.5, articulation)
    performed = perform_notes(phrase, expression, seed)
    assert len(performed) == len(phrase)
    for note, played in zip(phrase, performed, strict=True):
        assert 0 <= played.start < BAR
        first, last = sorted((note.start, min(swing_tick(note.start, swing), BAR - 1)))
        assert first - 15 <= played.start <= last + 15
        assert abs(played.velocity_offset) <= 10
        assert played.duration >= 20
    for (one, other), (first, then) in zip(pairwise(phrase), pairwise(performed), strict=True):
        if one.end <= other.start:  # a single line stays one
            assert first.start + first.duration <= max(then.start, first.start + 20)
    assert performed == perform_notes(phrase, expression, seed)


def test_swing_moves_quavers_to_the_last_of_a_triplet_and_leaves_beats():
    assert [swing_tick(tick, 1.0) for tick in (0, 120, 240, 360, 480, 720)] == [
        0,
        160,
        320,
        400,
        480,
        800,
    ]
    assert [swing_tick(tick, 0.0) for tick in range(0, 960, 30)] == list(range(0, 960, 30))


@pytest.mark.parametrize(
    ("written", "amount", "played"),
    [
        ((0, 300, 480), 1.0, [0, 320, 480]),  # light swing becomes a triplet
        ((0, 330, 480), 1.0, [0, 330, 480]),  # heavy swing stays
        ((0, 330, 360), 0.5, [0, 330, 380]),
        ((0, 240, 330), 1.0, [0, 320, 380]),  # another note is the quaver
        ((0, 300, 480), 0.2, [0, 300, 480]),
    ],
)
def test_a_quaver_that_is_written_swung_does_not_swing_twice(written, amount, played):
    line = [Note(a, b - a, 60) for a, b in pairwise([*written, BAR])]
    performed = perform_notes(tuple(line), Expression(swing=amount), 0)
    assert [note.start for note in performed] == played
    ends = [note.start + note.duration for note in performed]
    assert ends == [*played[1:], BAR]


def test_articulation_shortens_and_lengthens():
    line = (Note(0, 240, 60), Note(960, 240, 62))
    lengths = [
        [s.duration for s in perform_notes(line, Expression(articulation=amount), 0)]
        for amount in (0.0, 0.5, 1.0)
    ]
    assert lengths == [[80, 80], [240, 240], [960, 960]]
