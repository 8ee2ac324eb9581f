"""What a phrase is steered by."""

from typing import NamedTuple

from perform.music.note import COLUMNS, Phrase


class Steering(NamedTuple):
    """The weight (0 to 1) of each fitness function, and the context that they compare with.

    `weights`: in the order of `perform.steering.fitness.WEIGHTS`. `tones`, `scale`: pitch classes
    above the chord's root. `shift`: semitones from C to that root; `low`, `high`: the voice's
    range. `density`, `register`, `contour`: targets, 0 to 1 (few to many notes, low to high,
    falling to rising). `last`, `player`: the bar before, and what the player played; `liked`,
    `disliked`: phrases that were judged. All phrases are over C. `columns`: how many of the 64
    columns sound, from the first on.
    """

    weights: tuple[float, ...]
    tones: tuple[int, ...] = (0, 4, 7)
    scale: tuple[int, ...] = (0, 2, 4, 5, 7, 9, 11)
    shift: int = 0
    low: int = 0
    high: int = 127
    density: float = 0.5
    register: float = 0.5
    contour: float = 0.5
    last: Phrase = ()
    player: Phrase = ()
    liked: tuple[Phrase, ...] = ()
    disliked: tuple[Phrase, ...] = ()
    columns: int = COLUMNS
