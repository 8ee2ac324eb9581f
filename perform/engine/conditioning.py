"""What a requested phrase should be like: conditions for the generator, steering for the search."""

from collections.abc import Mapping
from typing import NamedTuple

from perform.engine.harmony import chord_scale
from perform.engine.parameters import WEIGHT_PREFIX
from perform.music.chord import Chord
from perform.music.condition import Conditions, quality_class
from perform.music.note import COLUMNS, Phrase
from perform.music.pitch import semitones_from_c
from perform.music.steering import Steering
from perform.steering.fitness import WEIGHTS


class PhraseContext(NamedTuple):
    """The harmony of a phrase, and the phrases that it is compared with.

    `key`: pitch classes, empty for no key. `last`: the voice's bar before it. `player`: a bar that
    the player played. `liked`, `disliked`: bars that the player judged.
    """

    chord: Chord | None = None
    key: frozenset[int] = frozenset()
    last: Phrase = ()
    player: Phrase = ()
    liked: tuple[Phrase, ...] = ()
    disliked: tuple[Phrase, ...] = ()


def conditions_of(parameters: Mapping[str, float], chord: Chord | None) -> Conditions:
    """The conditions of a phrase over a chord, for a generator that takes any."""
    density, register = parameters["target/density"], parameters["target/register"]
    return Conditions(
        quality_class(chord),
        density if density >= 0 else None,
        register if register >= 0 else None,
    )


def steering_of(
    parameters: Mapping[str, float],
    low: int,
    high: int,
    context: PhraseContext,
    columns: int = COLUMNS,
) -> Steering | None:
    """The steering of a phrase; None where no weight and no judgement ranks candidates.

    `low`, `high`: the voice's range. `columns`: how many columns will be heard. What no weight uses
    is left out, so that equal requests compare as equal.
    """
    chord = context.chord
    weights = tuple(parameters[WEIGHT_PREFIX + name] for name in WEIGHTS)
    if chord is None or not (any(weights) or context.liked or context.disliked):
        return None
    scale = chord_scale(chord, context.key)
    return Steering(
        weights,
        tones=tuple(sorted((tone - chord.root) % 12 for tone in chord.tones)),
        scale=tuple(sorted((tone - chord.root) % 12 for tone in scale)),
        shift=semitones_from_c(chord.root),
        low=low,
        high=high,
        density=_target(parameters["target/density"]),
        register=_target(parameters["target/register"]),
        contour=_target(parameters["target/contour"]),
        last=context.last if parameters["weight/last"] else (),
        player=context.player if parameters["weight/player"] else (),
        liked=context.liked,
        disliked=context.disliked,
        columns=columns,
    )


def _target(value: float) -> float:
    """A target from 0 to 1; the middle for a target that is not set."""
    return 0.5 if value < 0 else value
