"""Evolution among phrases (paper, figure 1): the bar that meets the player's wishes best.

Tournament selection, one-point crossover on beats, mutation by fresh phrases and by musical edits. Pure:
the same pool, steering and seed give the same bar, and when the time is up the best so far is the answer.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from perform.events import Steering
from perform.music.note import BEATS_PER_BAR, COLUMNS, Phrase
from perform.music.pianoroll import Rolls
from perform.steering.fitness import (
    BEAT,
    NAMES,
    OPINION,
    PENALTY,
    WEIGHTS,
    Traits,
    Values,
    figures,
    likeness,
    traits_of,
)

SIZE = 64
GENERATIONS = 8
RIVALS = 3
ELITE = 4
FRESH_SHARE = 0.15
EDIT_SHARE = 0.3
JUDGEMENT = 0.5  # what a judged bar is worth beside all weights together
STRANGERS = 0.4  # how alike bars are that have nothing to do with each other: the median is 0.37
EMPTY = -2.0  # worse than anything that sounds
Opinion = Callable[[Rolls], Values]


def evolve(
    pool: Rolls,
    steering: Steering,
    seed: int,
    *,
    size: int = SIZE,
    generations: int = GENERATIONS,
    expired: Callable[[], bool] = lambda: False,
    opinion: Opinion | None = None,
) -> Rolls:
    """The best bar (48, 64) found among a pool of playable ones (n, 48, 64) and their descendants.

    The first `size` bars of the pool are the first generation, the others its fresh blood. `expired`
    is asked before each generation. `opinion` gives a discriminator's figures, 0 to 1.
    """
    rng = np.random.default_rng(seed)
    people = pool[:size]
    worth = score(people, steering, opinion)
    for _ in range(generations):
        if expired():
            break
        children = _children(people, worth, pool, rng)
        elite = np.argsort(worth)[-ELITE:]
        people = np.concatenate([people[elite], children[: len(people) - len(elite)]])
        worth = np.concatenate([worth[elite], score(people[len(elite) :], steering, opinion)])
    best: Rolls = people[int(worth.argmax())]
    return best


def score(rolls: Rolls, steering: Steering, opinion: Opinion | None = None) -> Values:
    """What bars (n, 48, 64) are worth by weights and judgements, (n,): over -2, which is silence."""
    weight = dict(zip(WEIGHTS, steering.weights, strict=True))
    names = tuple(name for name in NAMES if weight[name] > 0)
    traits = traits_of(rolls, steering)
    worth = np.zeros(len(rolls))
    if names:
        signed = [-weight[name] if name == PENALTY else weight[name] for name in names]
        worth += np.array(signed) @ figures(traits, names)
    if opinion is not None and weight[OPINION] > 0:
        worth += weight[OPINION] * opinion(rolls)
    worth /= max(sum(steering.weights), 1.0)
    if steering.liked:
        worth += JUDGEMENT * _nearest(traits, steering.liked)
    if steering.disliked:
        # what is another bar is another: to be yet less alike, it would have to fall silent
        alike = _nearest(traits, steering.disliked) - STRANGERS
        worth -= JUDGEMENT * np.maximum(alike, 0) / (1 - STRANGERS)
    return np.asarray(np.where(traits.sizes > 0, worth, EMPTY))


def _nearest(traits: Traits, judged: Sequence[Phrase]) -> Values:
    """How like the likest of some phrases each bar is."""
    return np.asarray(np.max([likeness(traits, it) for it in judged], axis=0))


def _children(people: Rolls, worth: Values, pool: Rolls, rng: np.random.Generator) -> Rolls:
    """As many children as people."""
    count = len(people)
    rivals = rng.integers(count, size=(2, count, RIVALS))
    winners = np.take_along_axis(rivals, worth[rivals].argmax(axis=2)[:, :, None], axis=2)[:, :, 0]
    cut = rng.integers(1, BEATS_PER_BAR, size=count) * BEAT
    first = np.arange(COLUMNS)[None, :] < cut[:, None]
    children: Rolls = np.where(first[:, None, :], people[winners[0]], people[winners[1]])
    chance = rng.random(count)
    fresh = np.flatnonzero(chance < FRESH_SHARE)
    blood = pool[count:] if len(pool) > count else pool
    children[fresh] = blood[rng.integers(len(blood), size=len(fresh))]
    _edit(children, np.flatnonzero(chance > 1 - EDIT_SHARE), rng)
    return children


def _edit(children: Rolls, chosen: NDArray[np.intp], rng: np.random.Generator) -> None:
    """Change each of the chosen children in place, one beat of it by one edit."""
    beats = rng.integers(BEATS_PER_BAR, size=(2, len(chosen))) * BEAT
    kinds = rng.integers(len(EDITS), size=len(chosen))
    for child, kind, here, there in zip(chosen, kinds, *beats, strict=True):
        roll = children[child]
        EDITS[kind](roll, slice(here, here + BEAT), slice(there, there + BEAT))


def _rest(roll: Rolls, here: slice, _: slice) -> None:
    roll[:, here] = -1


def _echo(roll: Rolls, here: slice, there: slice) -> None:
    roll[:, there] = roll[:, here]


def _swap(roll: Rolls, here: slice, there: slice) -> None:
    kept = roll[:, here].copy()
    roll[:, here] = roll[:, there]
    roll[:, there] = kept


def _higher(roll: Rolls, here: slice, _: slice) -> None:
    _move(roll, here, 12)


def _lower(roll: Rolls, here: slice, _: slice) -> None:
    _move(roll, here, -12)


def _up(roll: Rolls, here: slice, _: slice) -> None:
    _move(roll, here, 2)


def _down(roll: Rolls, here: slice, _: slice) -> None:
    _move(roll, here, -2)


def _backwards(roll: Rolls, here: slice, _: slice) -> None:
    roll[:, here] = roll[:, here][:, ::-1].copy()


def _move(roll: Rolls, here: slice, rows: int) -> None:
    """Move a beat by rows, unless a note of it would leave the roll."""
    beat = roll[:, here]
    lost = beat[-rows:] if rows > 0 else beat[:-rows]
    if not (lost > 0).any():
        roll[:, here] = np.roll(beat, rows, axis=0)


EDITS = (_rest, _echo, _swap, _higher, _lower, _up, _down, _backwards)
