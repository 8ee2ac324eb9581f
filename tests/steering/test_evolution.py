"""Steering: every fitness by hand, the search, and that each weight is heard."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wilcoxon

from perform.bundles import catalog
from perform.engine.conditioning import PhraseContext, steering_of
from perform.engine.engine import Engine
from perform.engine.voices import MAX_SNAPSHOTS
from perform.engine.voicing import VoiceSettings
from perform.events import (
    ParameterChanged,
    SnapshotRecalled,
    SnapshotStored,
    StateChanged,
    Steering,
)
from perform.generation import litert
from perform.generation.evolved import EvolvedSource
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.music.note import Note
from perform.music.pianoroll import encode
from perform.runtime import offline
from perform.runtime.chart_events import BLUES, chord_events, unrolled
from perform.steering.evolution import combined_fitness, evolve
from perform.steering.fitness import (
    FITNESS_FUNCTIONS,
    NAMES,
    WEIGHTS,
    fitness_values,
    likeness,
    traits_of,
)

BAR, BEAT = 1920, 480
RNG = np.random.default_rng(8)


def steering(**weights):
    about = {name: weights.pop(name) for name in list(weights) if name in Steering._fields}
    named = {name.replace("_", "-"): weight for name, weight in weights.items()}
    return Steering(tuple(named.get(name, 0.0) for name in WEIGHTS), **about)


def bar(*notes):
    """A bar of (beat, length in beats, pitch over C)."""
    return encode([Note(round(b * BEAT), round(d * BEAT), p) for b, d, p in notes], bars=1).rolls


def figure(name, rolls, **about):
    return fitness_values(traits_of(rolls, steering(**about)), (name,))[0, 0]


@pytest.mark.parametrize(
    ("name", "notes", "about", "wanted"),
    [
        ("chord-tones", [(0, 1, 60), (1, 1, 64), (2, 1, 65), (3, 1, 66)], {}, 0.5),
        ("on-beat", [(0, 1, 60), (1.5, 0.5, 60), (2, 1, 62)], {}, 2 / 3),
        ("density", [(beat / 2, 0.25, 60) for beat in range(8)], {"density": 7 / 15}, 1.0),
        ("density", [(0, 1, 60)], {"density": 1.0}, 0.0),
        ("variety", [(0, 1, 60), (1, 1, 62), (2, 1, 60), (3, 1, 62)], {}, 0.5),
        ("single", [(0, 2, 60), (1, 1, 64)], {}, 0.5),
        ("outside", [(0, 1, 61), (1, 1, 62)], {}, 0.5),
        ("repetition", [(0, 1, 60), (0.5, 0.25, 64), (2, 1, 60), (2.5, 0.25, 64)], {}, 1.0),
        ("repetition", [(0, 1, 60), (2.25, 1, 64)], {}, 0.0),
        ("repetition", [(beat, 1, 60) for beat in range(3)], {"columns": 48}, 1.0),
        ("on-beat", [(0, 1, 60), (3, 0.5, 60)], {"columns": 56}, 0.5),  # 7/8: the last beat is long
        ("steps", [(0, 1, 60), (1, 1, 62), (2, 1, 69), (3, 1, 69)], {}, 0.5),
        ("register", [(0, 1, 60), (2, 1, 72)], {"low": 60, "high": 72, "register": 0.5}, 1.0),
        ("register", [(0, 1, 60)], {"low": 48, "high": 72, "shift": -5, "register": 7 / 24}, 1.0),
        ("syncopation", [(0.5, 1, 60), (2, 1, 62)], {}, 0.5),
        ("contour", [(0, 1, 60), (1, 1, 62), (2, 1, 64)], {"contour": 1.0}, 1.0),
        ("contour", [(0, 1, 60), (1, 1, 62), (2, 1, 64)], {"contour": 0.0}, 0.0),
        ("last", [(0, 1, 60), (1, 1, 64)], {"last": (Note(0, 480, 60), Note(480, 1, 64))}, 1.0),
        ("last", [(0, 1, 60)], {"last": ()}, 0.0),
        ("player", [(0, 1, 60)], {"player": (Note(480, 1, 61),)}, 0.0),
    ],
)
def test_a_figure_is_what_its_definition_says(name, notes, about, wanted):
    assert figure(name, bar(*notes), **about) == pytest.approx(wanted, abs=0.02)


@given(
    st.lists(st.tuples(st.integers(0, 15), st.integers(1, 8), st.integers(36, 83)), max_size=24),
    st.floats(0, 1),
    st.sampled_from([(0, 127), (60, 60), (57, 84), (20, 30)]),
)
def test_every_figure_of_any_bar_is_between_0_and_1(notes, target, limits):
    rolls = bar(*((start / 4, length / 4, pitch) for start, length, pitch in notes))
    low, high = limits
    about = {"density": target, "register": target, "contour": target, "low": low, "high": high}
    every = fitness_values(traits_of(rolls, steering(last=(Note(0, 240, 62),), **about)))
    assert every.shape == (len(NAMES), 1)
    assert np.isfinite(every).all()
    assert (every >= 0).all()
    assert (every <= 1 + 1e-9).all()


@pytest.mark.parametrize("name", NAMES)
def test_what_a_metre_crops_is_not_judged(name):
    whole = ((0, 1, 60), (1.25, 1, 64), (2, 0.5, 67), (2.5, 1.5, 61), (3, 1, 72), (3, 1, 76))
    heard = (*whole[:3], (2.5, 0.5, 61))
    last = (Note(0, 240, 60), Note(3 * BEAT, 240, 72))
    about = {"last": last, "player": last, "density": 1.0, "columns": 48}
    assert figure(name, bar(*whole), **about) == figure(name, bar(*heard), **about)


def test_as_many_notes_as_there_can_be_are_fewer_in_a_waltz():
    twelve = bar(*((place / 4, 0.25, 60) for place in range(12)))
    assert figure("density", twelve, density=1.0, columns=48) == pytest.approx(1.0)
    assert figure("density", twelve, density=1.0) == pytest.approx(0.5)


@pytest.fixture(scope="module")
def source():
    """It keeps all that it invents: every weight chooses among the same bars."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(litert, "MAX_CACHED_BATCHES", 1000)
        yield EvolvedSource(catalog.find("blues"))


@pytest.fixture(scope="module")
def pool(source):
    return source._source.pool(9, 128)


def test_evolution_beats_the_best_of_its_pool_and_is_repeatable(pool):
    wished = steering(chord_tones=1.0, steps=0.7, repetition=0.5, outside=0.5)
    best = evolve(pool, wished, seed=4)
    assert combined_fitness(best[None], wished)[0] > combined_fitness(pool, wished).max()
    np.testing.assert_array_equal(best, evolve(pool, wished, seed=4))


def test_when_the_time_is_up_the_best_so_far_comes_back(pool):
    wished = steering(chord_tones=1.0)
    asked = iter([False, False, True])
    some = evolve(pool, wished, seed=4, expired=lambda: next(asked))
    none = evolve(pool, wished, seed=4, expired=lambda: True)
    assert combined_fitness(none[None], wished)[0] == combined_fitness(pool[:64], wished).max()
    assert combined_fitness(some[None], wished)[0] >= combined_fitness(none[None], wished)[0]
    with pytest.raises(StopIteration):
        next(asked)


def test_silence_is_worth_less_than_anything(pool):
    silent = np.full((1, 48, 64), -1, np.int8)
    wished = steering(outside=1.0, density=0.0)
    assert combined_fitness(silent, wished)[0] < combined_fitness(pool, wished).min()


def test_an_opinion_counts_as_much_as_its_weight(pool):
    wished = steering(opinion=1.0)
    worth = combined_fitness(pool, wished, lambda rolls: np.linspace(0, 1, len(rolls)))
    assert worth.argmax() == len(pool) - 1


class Heard:
    """A source that keeps what it gave."""

    def __init__(self, source):
        self.source, self.phrases = source, []

    def phrase(self, seed, wish, steering):
        self.phrases.append((seed, self.source.phrase(seed, wish, steering)))
        return self.phrases[-1][1]


TARGET = {"target/density": 0.8, "target/register": 0.9, "target/contour": 0.9}
LOW, HIGH, BARS = 57, 84, 36
PLAYER = (Note(0, 240, 60), Note(720, 240, 63), Note(1440, 240, 67))


def asked(name, around):
    parameters = VoiceSettings(
        name="x", parameters={**TARGET, f"weight/{name}": 1.0}
    ).initial_parameters()
    return steering_of(parameters, LOW, HIGH, around)


def played(source, weights):
    """The phrases of three choruses, by bar."""
    heard = Heard(source)
    parameters = {**TARGET, **{f"weight/{name}": weight for name, weight in weights.items()}}
    voice = VoiceSettings(name="lead", low=LOW, high=HIGH, form="ABCD", parameters=parameters)
    chart = unrolled(parse_chart("C7"), BARS)
    offline.play(Engine([voice]), lambda _: heard, chord_events(chart), BARS * BAR, [])
    return list(dict(heard.phrases).values())[:BARS]


@pytest.fixture(scope="module")
def unsteered(source):
    return played(source, {})


@pytest.mark.parametrize("name", [it.name for it in FITNESS_FUNCTIONS if it.name != "player"])
def test_every_weight_is_heard(name, source, unsteered):
    chord = parse_chord("C7")
    steered = played(source, {name: 1.0})
    values = []
    for phrases in (unsteered, steered):
        row = []
        for before, phrase in zip(((), *phrases), phrases, strict=False):
            about = asked(name, PhraseContext(chord, last=before, player=PLAYER))
            rolls = encode(phrase, bars=1).rolls
            row.append(fitness_values(traits_of(rolls, about), (name,))[0, 0])
        values.append(np.array(row))
    before, after = values
    wanted = "less" if name == "outside" else "greater"
    if name == "single" and before.mean() > 0.99:
        assert after.mean() >= before.mean()  # a melody network doubles nothing from the start
    else:
        assert wilcoxon(after, before, alternative=wanted).pvalue < 0.01
    assert len(set(steered)) > 0.9 * len(steered)


def test_the_players_bar_draws_phrases_to_it(source):
    chord = parse_chord("C7")
    about = asked("player", PhraseContext(chord, player=PLAYER))
    plain = [
        figure("player", encode(source.phrase(s), bars=1).rolls, player=PLAYER) for s in range(20)
    ]
    drawn = [
        figure("player", encode(source.phrase(s, steering=about), bars=1).rolls, player=PLAYER)
        for s in range(20)
    ]
    assert np.mean(drawn) > np.mean(plain) + 0.3


def test_a_bar_that_was_refused_gives_way_to_others_and_not_to_silence(source):
    refused = source.phrase(3)
    plain = [source.phrase(seed) for seed in range(100, 160)]
    about = steering(disliked=(refused,))
    others = [source.phrase(seed, steering=about) for seed in range(100, 160)]
    rolls = np.concatenate([encode(phrase, bars=1).rolls for phrase in others])
    assert likeness(traits_of(rolls, about), refused).max() < 0.5
    assert np.mean([*map(len, others)]) > 0.85 * np.mean([*map(len, plain)])
    assert len(set(others)) > 0.9 * len(others)


def test_a_moved_weight_is_asked_for_within_the_bar_and_a_snapshot_brings_it_back():
    engine = Engine([VoiceSettings(name="lead"), VoiceSettings(name="bass")])
    weigh = {name: place for place, name in enumerate(WEIGHTS)}["steps"]

    def asked():
        tick = engine.next_deadline()
        wishes = [o for o in engine.advance(tick) if hasattr(o, "steering")]
        while not wishes:
            tick = engine.next_deadline()
            wishes = [o for o in engine.advance(tick) if hasattr(o, "steering")]
        return tick, {(w.voice, w.bar): w.steering and w.steering.weights[weigh] for w in wishes}

    for event in (change for _, change in chord_events(parse_chart(BLUES))[:1]):
        engine.handle(event, 0)
    engine.prepare()
    from perform.events import TransportChanged

    engine.handle(TransportChanged("start"), 0)
    engine.advance(0)
    assert engine.handle(SnapshotStored("plain"), 10) == [StateChanged("/snapshot", "plain")]
    engine.handle(ParameterChanged("bass", "weight/steps", 0.7), 20)
    tick, wishes = asked()
    assert tick == 80
    assert wishes == {("bass", 1): 0.7}
    assert asked() == (480, {("bass", 2): 0.7})
    engine.handle(SnapshotRecalled("plain"), 490)
    engine.handle(SnapshotRecalled("never stored"), 490)
    assert asked() == (550, {("bass", 1): None})
    assert asked() == (960, {("bass", 2): None})
    for number in range(2 * MAX_SNAPSHOTS):
        (told,) = engine.handle(SnapshotStored(f"at {number}"), 150)
    assert told.value.split(", ")[-2:] == [f"at {number - 1}", f"at {number}"]
    assert len(told.value.split(", ")) == MAX_SNAPSHOTS
