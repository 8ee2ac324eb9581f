"""Steering: each fitness function by hand, the search, and the effect of each weight."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lazy import LazyModule

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
    TransportChanged,
)
from perform.generation import litert
from perform.generation.evolved import EvolvedSource
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.music.note import Note
from perform.music.pianoroll import encode
from perform.music.steering import Steering
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

stats = LazyModule("scipy.stats")
BAR, BEAT = 1920, 480
RNG = np.random.default_rng(8)


def steering(**weights):
    """Steering with weights and other fields, by name."""
    fields = {name: weights.pop(name) for name in list(weights) if name in Steering._fields}
    named = {name.replace("_", "-"): weight for name, weight in weights.items()}
    return Steering(tuple(named.get(name, 0.0) for name in WEIGHTS), **fields)


def bar(*notes):
    """A bar of (beat, length in beats, pitch over C)."""
    return encode([Note(round(b * BEAT), round(d * BEAT), p) for b, d, p in notes], bars=1).rolls


def value(name, rolls, **fields):
    return fitness_values(traits_of(rolls, steering(**fields)), (name,))[0, 0]


@pytest.mark.parametrize(
    ("name", "notes", "fields", "expected"),
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
        ("steps", [(0, 1, 60), (1, 1, 62), (2, 1, 69), (3, 1, 69)], {}, 1 / 3),
        ("steps", [(0, 1, 60), (1, 1, 60), (2, 1, 60), (3, 1, 62)], {}, 1 / 3),
        ("steps", [(0, 1, 60), (1, 1, 60)], {}, 0.0),
        ("steps", [(0, 1, 60)], {}, 0.5),
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
def test_a_value_is_as_defined(name, notes, fields, expected):
    assert value(name, bar(*notes), **fields) == pytest.approx(expected, abs=0.02)


@given(
    st.lists(st.tuples(st.integers(0, 15), st.integers(1, 8), st.integers(36, 83)), max_size=24),
    st.floats(0, 1),
    st.sampled_from([(0, 127), (60, 60), (57, 84), (20, 30)]),
)
def test_every_value_of_any_bar_is_between_0_and_1(notes, target, limits):
    rolls = bar(*((start / 4, length / 4, pitch) for start, length, pitch in notes))
    low, high = limits
    fields = {"density": target, "register": target, "contour": target, "low": low, "high": high}
    values = fitness_values(traits_of(rolls, steering(last=(Note(0, 240, 62),), **fields)))
    assert values.shape == (len(NAMES), 1)
    assert np.isfinite(values).all()
    assert (values >= 0).all()
    assert (values <= 1 + 1e-9).all()


@pytest.mark.parametrize("name", NAMES)
def test_columns_that_a_metre_crops_do_not_count(name):
    whole = ((0, 1, 60), (1.25, 1, 64), (2, 0.5, 67), (2.5, 1.5, 61), (3, 1, 72), (3, 1, 76))
    cropped = (*whole[:3], (2.5, 0.5, 61))
    last = (Note(0, 240, 60), Note(3 * BEAT, 240, 72))
    fields = {"last": last, "player": last, "density": 1.0, "columns": 48}
    assert value(name, bar(*whole), **fields) == value(name, bar(*cropped), **fields)


def test_the_highest_density_is_fewer_notes_in_a_waltz():
    twelve = bar(*((place / 4, 0.25, 60) for place in range(12)))
    assert value("density", twelve, density=1.0, columns=48) == pytest.approx(1.0)
    assert value("density", twelve, density=1.0) == pytest.approx(0.5)


@pytest.fixture(scope="module")
def source():
    """A source with a large cache, so that every weight chooses among the same bars."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(litert, "MAX_CACHED_BATCHES", 1000)
        yield EvolvedSource(catalog.find("blues-bars"))


@pytest.fixture(scope="module")
def pool(source):
    return source._source.pool(9, 128)


def test_evolution_beats_the_best_of_its_pool_and_is_repeatable(pool):
    steered = steering(chord_tones=1.0, steps=0.7, repetition=0.5, outside=0.5)
    best = evolve(pool, steered, seed=4)
    assert combined_fitness(best[None], steered)[0] > combined_fitness(pool, steered).max()
    np.testing.assert_array_equal(best, evolve(pool, steered, seed=4))


def test_when_the_time_is_over_the_best_so_far_is_the_result(pool):
    steered = steering(chord_tones=1.0)
    answers = iter([False, False, True])
    some = evolve(pool, steered, seed=4, expired=lambda: next(answers))
    none = evolve(pool, steered, seed=4, expired=lambda: True)
    assert combined_fitness(none[None], steered)[0] == combined_fitness(pool[:64], steered).max()
    assert combined_fitness(some[None], steered)[0] >= combined_fitness(none[None], steered)[0]
    with pytest.raises(StopIteration):
        next(answers)


def test_a_silent_bar_has_the_lowest_fitness(pool):
    silent = np.full((1, 48, 64), -1, np.int8)
    steered = steering(outside=1.0, density=0.0)
    assert combined_fitness(silent, steered)[0] < combined_fitness(pool, steered).min()


def test_the_discriminator_counts_by_its_weight(pool):
    steered = steering(opinion=1.0)
    fitness = combined_fitness(pool, steered, lambda rolls: np.linspace(0, 1, len(rolls)))
    assert fitness.argmax() == len(pool) - 1


class Recording:
    """A source that records its phrases."""

    def __init__(self, source):
        self.source, self.phrases = source, []

    def phrase(self, seed, conditions, steering, _context):
        bar = self.source.phrase(seed, conditions, steering)
        self.phrases.append((seed, bar.phrase))
        return bar


TARGET = {"target/density": 0.8, "target/register": 0.9, "target/contour": 0.9}
LOW, HIGH, BARS = 57, 84, 36
PLAYER = (Note(0, 240, 60), Note(720, 240, 63), Note(1440, 240, 67))


def steering_by(name, context):
    parameters = VoiceSettings(
        name="x", parameters={**TARGET, f"weight/{name}": 1.0}
    ).initial_parameters()
    return steering_of(parameters, LOW, HIGH, context)


def played(source, weights):
    """The phrases of three choruses, by bar."""
    recording = Recording(source)
    parameters = {**TARGET, **{f"weight/{name}": weight for name, weight in weights.items()}}
    voice = VoiceSettings(name="lead", low=LOW, high=HIGH, form="ABCD", parameters=parameters)
    chart = unrolled(parse_chart("C7"), BARS)
    offline.play(Engine([voice]), lambda _: recording, chord_events(chart), BARS * BAR, [])
    return list(dict(recording.phrases).values())[:BARS]


@pytest.fixture(scope="module")
def unsteered(source):
    return played(source, {})


QUICK = ("chord-tones", "density", "outside")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(it.name, marks=() if it.name in QUICK else pytest.mark.long)
        for it in FITNESS_FUNCTIONS
        if it.name != "player"
    ],
)
def test_every_weight_raises_its_value(name, source, unsteered):
    chord = parse_chord("C7")
    steered = played(source, {name: 1.0})
    values = []
    for phrases in (unsteered, steered):
        row = []
        for before, phrase in zip(((), *phrases), phrases, strict=False):
            about = steering_by(name, PhraseContext(chord, last=before, player=PLAYER))
            rolls = encode(phrase, bars=1).rolls
            row.append(fitness_values(traits_of(rolls, about), (name,))[0, 0])
        values.append(np.array(row))
    before, after = values
    direction = "less" if name == "outside" else "greater"
    if name == "single" and before.mean() > 0.99:
        assert after.mean() >= before.mean()  # melodies have one note at a time already
    else:
        assert stats.wilcoxon(after, before, alternative=direction).pvalue < 0.01
    assert len(set(steered)) > 0.9 * len(steered)


def test_phrases_resemble_the_players_bar(source):
    chord = parse_chord("C7")
    about = steering_by("player", PhraseContext(chord, player=PLAYER))
    plain = [
        value("player", encode(source.phrase(s).phrase, bars=1).rolls, player=PLAYER)
        for s in range(20)
    ]
    steered = [
        value(
            "player", encode(source.phrase(s, steering=about).phrase, bars=1).rolls, player=PLAYER
        )
        for s in range(20)
    ]
    assert np.mean(steered) > np.mean(plain) + 0.3


def test_a_disliked_bar_is_replaced_by_others_and_not_by_silence(source):
    disliked = source.phrase(3).phrase
    plain = [source.phrase(seed).phrase for seed in range(100, 160)]
    about = steering(disliked=(disliked,))
    others = [source.phrase(seed, steering=about).phrase for seed in range(100, 160)]
    rolls = np.concatenate([encode(phrase, bars=1).rolls for phrase in others])
    assert likeness(traits_of(rolls, about), disliked).max() < 0.5
    assert np.mean([*map(len, others)]) > 0.85 * np.mean([*map(len, plain)])
    assert len(set(others)) > 0.9 * len(others)


def test_a_weight_is_requested_within_the_bar_and_a_snapshot_restores_it():
    engine = Engine([VoiceSettings(name="lead"), VoiceSettings(name="bass")])
    steps = WEIGHTS.index("steps")

    def next_requests():
        tick = engine.next_deadline()
        requests = [o for o in engine.advance(tick) if hasattr(o, "steering")]
        while not requests:
            tick = engine.next_deadline()
            requests = [o for o in engine.advance(tick) if hasattr(o, "steering")]
        return tick, {(o.voice, o.bar): o.steering and o.steering.weights[steps] for o in requests}

    for event in (change for _, change in chord_events(parse_chart(BLUES))[:1]):
        engine.handle(event, 0)
    engine.prepare()
    engine.handle(TransportChanged("start"), 0)
    engine.advance(10)  # both voices have had their turn
    assert engine.handle(SnapshotStored("plain"), 10) == [StateChanged("/snapshot", "plain")]
    engine.handle(ParameterChanged("bass", "weight/steps", 0.7), 20)
    assert next_requests() == (80, {("bass", 1): 0.7})
    assert next_requests() == (480, {("bass", 2): 0.7})
    engine.handle(SnapshotRecalled("plain"), 490)
    engine.handle(SnapshotRecalled("never stored"), 490)
    assert next_requests() == (550, {("bass", 1): None})
    assert next_requests() == (960, {("bass", 2): None})
    for number in range(2 * MAX_SNAPSHOTS):
        (stored,) = engine.handle(SnapshotStored(f"at {number}"), 150)
    assert stored.value.split(", ")[-2:] == [f"at {number - 1}", f"at {number}"]
    assert len(stored.value.split(", ")) == MAX_SNAPSHOTS
