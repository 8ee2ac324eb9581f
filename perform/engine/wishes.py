"""What a voice is asked to play like: its weights and targets, spelt for whoever makes the phrase."""

from typing import Annotated

import msgspec
from msgspec import Meta

from perform.engine.fitness import WEIGHTS
from perform.engine.harmony import colours
from perform.events import Steering
from perform.music.chord import Chord
from perform.music.condition import Wish, quality_class
from perform.music.note import Phrase

Share = Annotated[float, Meta(ge=0, le=1)]


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a voice is wished to be like, 0 to 1: few to many notes, low to high, falling to rising.

    A generator that can be asked is asked for `density` and `register` (where they are None, chance
    decides), and the fitness functions of the same names aim at them (at the middle where None).
    """

    density: Share | None = None
    register: Share | None = None
    contour: Share | None = None


class Aim(msgspec.Struct, frozen=True):
    """A voice's wishes at a moment: weights by name (what is not named weighs nothing), and targets."""

    weights: dict[str, float] = {}
    target: Target = Target()

    def weighing(self, name: str, weight: float) -> "Aim":
        """The same with one weight set."""
        return Aim({**self.weights, name: weight}, self.target)

    def aiming(self, name: str, value: float | None) -> "Aim":
        """The same with one target set."""
        return Aim(self.weights, msgspec.structs.replace(self.target, **{name: value}))


def wish_of(aim: Aim, chord: Chord | None) -> Wish:
    """What a generator that can be asked is asked for over a chord."""
    return Wish(quality_class(chord), aim.target.density, aim.target.register)


def steering_of(
    aim: Aim, low: int, high: int, chord: Chord | None, last: Phrase, player: Phrase
) -> Steering | None:
    """What candidates are ranked by over a chord; None where nothing weighs anything.

    `last` and `player` are left out where no weight looks at them, so that the same wish is known
    as the same.
    """
    weights = tuple(aim.weights.get(name, 0.0) for name in WEIGHTS)
    if not any(weights) or chord is None:
        return None
    target = aim.target
    return Steering(
        weights,
        tones=tuple(sorted((tone - chord.root) % 12 for tone in chord.tones)),
        scale=tuple(sorted((tone - chord.root) % 12 for tone in colours(chord))),
        shift=chord.root if chord.root <= 6 else chord.root - 12,
        low=low,
        high=high,
        density=_middle(target.density),
        register=_middle(target.register),
        contour=_middle(target.contour),
        last=last if aim.weights.get("last") else (),
        player=player if aim.weights.get("player") else (),
    )


def _middle(value: float | None) -> float:
    return 0.5 if value is None else value
