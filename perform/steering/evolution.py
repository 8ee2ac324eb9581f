"""Evolution among phrases (paper, figure 1): finds the bar that best meets the player's weights.

Tournament selection, one-point crossover on beats, mutation by fresh bars and by musical edits. The
search is pure: the same pool, steering and seed give the same bar. When its time is over, the best
bar so far is the result.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from perform.music.note import BEATS_PER_BAR, COLUMNS, Phrase
from perform.music.pianoroll import Rolls
from perform.music.steering import Steering
from perform.steering.fitness import (
    BEAT_COLUMNS,
    NAMES,
    OPINION,
    PENALTY,
    WEIGHTS,
    Traits,
    Values,
    fitness_values,
    likeness,
    traits_of,
)

SIZE = 64
GENERATIONS = 8
TOURNAMENT_SIZE = 3
ELITE = 4
FRESH_SHARE = 0.15
EDIT_SHARE = 0.3
JUDGEMENT_WEIGHT = 0.5  # of a liked or disliked bar, where all weights together have 1
UNRELATED_LIKENESS = 0.4  # of bars that have nothing in common (the median is 0.37)
EMPTY_FITNESS = -2.0  # of a silent bar: below that of any other
Discriminator = Callable[[Rolls], Values]


def evolve(
    pool: Rolls,
    steering: Steering,
    seed: int,
    *,
    size: int = SIZE,
    generations: int = GENERATIONS,
    expired: Callable[[], bool] = lambda: False,
    opinion: Discriminator | None = None,
) -> Rolls:
    """The best bar (48, 64) among a pool of playable ones (n, 48, 64) and their descendants.

    The first `size` bars of the pool are the first generation, the others its fresh bars. `expired`
    is called before each generation; when it is true, the search ends. `opinion` gives the values
    of the discriminator, 0 to 1.
    """
    rng = np.random.default_rng(seed)
    population = pool[:size]
    fitness = combined_fitness(population, steering, opinion)
    for _ in range(generations):
        if expired():
            break
        children = _breed(population, fitness, pool, rng)
        elite = np.argsort(fitness)[-ELITE:]
        children = children[: len(population) - len(elite)]
        population = np.concatenate([population[elite], children])
        fitness = np.concatenate([fitness[elite], combined_fitness(children, steering, opinion)])
    best: Rolls = population[int(fitness.argmax())]
    return best


def combined_fitness(
    rolls: Rolls, steering: Steering, opinion: Discriminator | None = None
) -> Values:
    """The fitness of bars (n, 48, 64) by weights and judgements, (n,); -2 for a silent bar."""
    weight = dict(zip(WEIGHTS, steering.weights, strict=True))
    names = tuple(name for name in NAMES if weight[name] > 0)
    traits = traits_of(rolls, steering)
    fitness = np.zeros(len(rolls))
    if names:
        signed = [-weight[name] if name == PENALTY else weight[name] for name in names]
        fitness += np.array(signed) @ fitness_values(traits, names)
    if opinion is not None and weight[OPINION] > 0:
        fitness += weight[OPINION] * opinion(rolls)
    fitness /= max(sum(steering.weights), 1.0)
    if steering.liked:
        fitness += JUDGEMENT_WEIGHT * _max_likeness(traits, steering.liked)
    if steering.disliked:
        # unrelated bars cost nothing: to be even less alike, a bar would have to fall silent
        excess = _max_likeness(traits, steering.disliked) - UNRELATED_LIKENESS
        fitness -= JUDGEMENT_WEIGHT * np.maximum(excess, 0) / (1 - UNRELATED_LIKENESS)
    return np.asarray(np.where(traits.sizes > 0, fitness, EMPTY_FITNESS))


def _max_likeness(traits: Traits, phrases: Sequence[Phrase]) -> Values:
    """The likeness of each bar to the phrase that it is most like, (bars,)."""
    return np.asarray(np.max([likeness(traits, phrase) for phrase in phrases], axis=0))


def _breed(population: Rolls, fitness: Values, pool: Rolls, rng: np.random.Generator) -> Rolls:
    """The next generation, as large as the population."""
    count = len(population)
    contestants = rng.integers(count, size=(2, count, TOURNAMENT_SIZE))
    best = fitness[contestants].argmax(axis=2)[:, :, None]
    parents = np.take_along_axis(contestants, best, axis=2)[:, :, 0]
    cut = rng.integers(1, BEATS_PER_BAR, size=count) * BEAT_COLUMNS
    first = np.arange(COLUMNS)[None, :] < cut[:, None]
    children: Rolls = np.where(first[:, None, :], population[parents[0]], population[parents[1]])
    draws = rng.random(count)
    replaced = np.flatnonzero(draws < FRESH_SHARE)
    fresh = pool[count:] if len(pool) > count else pool
    children[replaced] = fresh[rng.integers(len(fresh), size=len(replaced))]
    _edit(children, np.flatnonzero(draws > 1 - EDIT_SHARE), rng)
    return children


def _edit(children: Rolls, chosen: NDArray[np.intp], rng: np.random.Generator) -> None:
    """Change each of the chosen children in place: one edit of one beat."""
    beats = rng.integers(BEATS_PER_BAR, size=(2, len(chosen))) * BEAT_COLUMNS
    kinds = rng.integers(len(EDITS), size=len(chosen))
    for child, kind, here, there in zip(chosen, kinds, *beats, strict=True):
        roll = children[child]
        EDITS[kind](roll, slice(here, here + BEAT_COLUMNS), slice(there, there + BEAT_COLUMNS))


def _rest(roll: Rolls, here: slice, _: slice) -> None:
    roll[:, here] = -1


def _copy(roll: Rolls, here: slice, there: slice) -> None:
    roll[:, there] = roll[:, here]


def _swap(roll: Rolls, here: slice, there: slice) -> None:
    beat = roll[:, here].copy()
    roll[:, here] = roll[:, there]
    roll[:, there] = beat


def _octave_up(roll: Rolls, here: slice, _: slice) -> None:
    _transpose(roll, here, 12)


def _octave_down(roll: Rolls, here: slice, _: slice) -> None:
    _transpose(roll, here, -12)


def _step_up(roll: Rolls, here: slice, _: slice) -> None:
    _transpose(roll, here, 2)


def _step_down(roll: Rolls, here: slice, _: slice) -> None:
    _transpose(roll, here, -2)


def _reverse(roll: Rolls, here: slice, _: slice) -> None:
    roll[:, here] = roll[:, here][:, ::-1].copy()


def _transpose(roll: Rolls, here: slice, rows: int) -> None:
    """Move a beat by rows, unless one of its notes would leave the roll."""
    beat = roll[:, here]
    lost = beat[-rows:] if rows > 0 else beat[:-rows]
    if not (lost > 0).any():
        roll[:, here] = np.roll(beat, rows, axis=0)


EDITS = (_rest, _copy, _swap, _octave_up, _octave_down, _step_up, _step_down, _reverse)
