"""Arcs: sentences of 2 to 8 bars that rise, fall and breathe, over a chorus and several."""

from collections import Counter
from statistics import mean, pstdev

from hypothesis import given
from hypothesis import strategies as st

from perform.engine.arc import ChorusPlace, arc_of, chorus_place, sentences

SHARES = [step / 8 for step in range(8)]
lengths = st.integers(2, 70)
parts = st.floats(0, 1)
seeds = st.integers(0, 2**48)
choruses = st.integers(0, 40)


def loudness(arc):
    return mean(arc.dynamics(share) for share in SHARES)


@given(lengths, parts, seeds, choruses)
def test_every_bar_belongs_to_one_sentence_of_2_to_8_bars(bars, space, seed, chorus):
    found = sentences(bars, space, seed, chorus)
    owned = [bar for each in found for bar in range(each.first, each.first + each.bars)]
    assert owned == list(range(bars))
    assert all(2 <= each.bars <= 8 for each in found)
    assert all(0 <= each.breath < 1 and each.breath + each.pickup < 1 for each in found)


@given(lengths, parts, parts, seeds, choruses, st.data())
def test_an_arc_stays_in_its_limits_and_the_same_seed_gives_the_same_arc(
    bars, build, space, seed, chorus, data
):
    at = ChorusPlace(chorus, data.draw(st.integers(0, bars - 1)), bars)
    arc = arc_of(at, build, space, seed)
    sentences.cache_clear()
    assert arc == arc_of(at, build, space, seed)
    assert all(0 <= each <= 1 for each in arc[:3])
    assert all(-1 < arc.dynamics(share) < 1 for share in SHARES)


@given(st.integers(0, 300), st.integers(0, 70), st.integers(0, 40))
def test_every_bar_of_a_form_has_a_place_in_a_chorus_of_8_bars_or_more(place, bars, times):
    at = chorus_place(place % bars if bars else place, bars, times)
    assert 0 <= at.place < at.bars >= 8
    if bars:
        assert at.bars % bars == 0
        assert at.chorus * at.bars + at.place == times * bars + place % bars
    else:
        assert at.chorus * at.bars + at.place == place


def test_four_bars_are_most_often_a_sentence():
    counts = Counter(each.bars for seed in range(300) for each in sentences(32, 0.3, seed, 0))
    assert 0.5 < counts[4] / counts.total() < 0.8
    assert min(counts[2], counts[6], counts[8]) > 10
    assert {3, 5, 7} & {each.bars for seed in range(300) for each in sentences(13, 0.3, seed, 0)}


def test_more_space_is_longer_breaths_and_shorter_sentences():
    def silent(space):
        found = [each for seed in range(99) for each in sentences(16, space, seed, 0)]
        return sum(each.breath for each in found) / sum(each.bars for each in found)

    shares = [silent(step / 10) for step in range(11)]
    assert shares[0] == 0
    assert 0.04 < shares[3] < 0.09
    assert 0.4 < shares[10] < 0.5
    assert shares == sorted(shares)


def test_a_line_rises_and_falls_over_a_chorus_and_towards_its_end():
    def energy(place):
        return mean(arc_of(ChorusPlace(0, place, 12), 0.0, 0.3, seed).energy for seed in range(99))

    energies = [energy(place) for place in range(12)]
    high = max(range(12), key=energies.__getitem__)
    assert 6 <= high <= 9
    assert energies[0] < energies[high] - 0.3 > energies[11] - 0.1


def test_a_sentence_swells_to_its_high_point_and_tapers_to_its_end():
    for seed in range(20):
        for sentence in sentences(16, 0.3, seed, 0):
            steps = [sentence.first + sentence.bars * step / 40 for step in range(41)]
            swells = [sentence.swell(step) for step in steps]
            high = swells.index(max(swells))
            assert 18 <= high <= 32
            assert swells[: high + 1] == sorted(swells[: high + 1])
            assert swells[high:] == sorted(swells[high:], reverse=True)
            assert swells[-1] < swells[0] < swells[high]


def test_a_pickup_is_as_loud_as_the_beginning_of_the_next_sentence():
    found = 0
    for seed in range(30):
        for sentence in sentences(16, 0.3, seed, 0):
            arc = arc_of(ChorusPlace(0, sentence.first + sentence.bars - 1, 16), 0.3, 0.3, seed)
            if sentence.pickup:
                found += 1
                assert arc.dynamics(1 - sentence.pickup) > arc.dynamics(0.99 - sentence.pickup)
    assert found > 10


def test_build_makes_a_climb_of_four_choruses_that_starts_over_softer():
    def level(build, chorus):
        return mean(
            loudness(arc_of(ChorusPlace(chorus, place, 12), build, 0.3, seed))
            for place in range(12)
            for seed in range(30)
        )

    even, climb = ([level(build, chorus) for chorus in range(5)] for build in (0, 1))
    assert pstdev(even) < 0.05
    assert climb[:4] == sorted(climb[:4])
    assert climb[3] - climb[0] > 0.8
    assert abs(climb[4] - climb[0]) < 0.05
