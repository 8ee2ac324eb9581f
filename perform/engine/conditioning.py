"""What a voice is asked to play like, spelt for whoever makes the phrase."""

from collections.abc import Mapping
from typing import NamedTuple

from perform.engine.harmony import colours
from perform.engine.parameters import WEIGHT_PREFIX
from perform.events import Steering
from perform.music.chord import Chord
from perform.music.condition import Conditions, quality_class
from perform.music.note import COLUMNS, Phrase
from perform.music.pitch import semitones_from_c
from perform.steering.fitness import WEIGHTS


class PhraseContext(NamedTuple):
    """What a phrase is to be seen beside: the harmony that it is for, and what was played and judged.

    `key`: pitch classes, none for no key.
    """

    chord: Chord | None = None
    key: frozenset[int] = frozenset()
    last: Phrase = ()
    player: Phrase = ()
    liked: tuple[Phrase, ...] = ()
    disliked: tuple[Phrase, ...] = ()


def conditions_of(parameters: Mapping[str, float], chord: Chord | None) -> Conditions:
    """What a generator that can be asked is asked for over a chord."""
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
    around: PhraseContext,
    columns: int = COLUMNS,
) -> Steering | None:
    """What candidates are ranked by, as far as their first `columns`; None where nothing weighs anything.

    What no weight looks at is left out, so that the same wish is known as the same.
    """
    chord = around.chord
    weights = tuple(parameters[WEIGHT_PREFIX + name] for name in WEIGHTS)
    if chord is None or not (any(weights) or around.liked or around.disliked):
        return None
    return Steering(
        weights,
        tones=tuple(sorted((tone - chord.root) % 12 for tone in chord.tones)),
        scale=tuple(sorted((tone - chord.root) % 12 for tone in colours(chord, around.key))),
        shift=semitones_from_c(chord.root),
        low=low,
        high=high,
        density=_middle(parameters["target/density"]),
        register=_middle(parameters["target/register"]),
        contour=_middle(parameters["target/contour"]),
        last=around.last if parameters["weight/last"] else (),
        player=around.player if parameters["weight/player"] else (),
        liked=around.liked,
        disliked=around.disliked,
        columns=columns,
    )


def _middle(target: float) -> float:
    return 0.5 if target < 0 else target
