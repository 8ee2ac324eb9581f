"""Scales as semitones above their root, and the nearest pitch of a set of pitch classes."""

from collections.abc import Collection
from functools import cache

SCALES: dict[str, tuple[int, ...]] = {
    "ionian": (0, 2, 4, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "dorian b2": (0, 1, 3, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "locrian natural 2": (0, 2, 3, 5, 6, 8, 10),
    "melodic minor": (0, 2, 3, 5, 7, 9, 11),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "lydian dominant": (0, 2, 4, 6, 7, 9, 10),
    "lydian augmented": (0, 2, 4, 6, 8, 9, 11),
    "mixolydian b9": (0, 1, 4, 5, 7, 9, 10),
    "mixolydian b13": (0, 2, 4, 5, 7, 8, 10),
    "phrygian dominant": (0, 1, 4, 5, 7, 8, 10),
    "altered": (0, 1, 3, 4, 6, 8, 10),
    "half-whole": (0, 1, 3, 4, 6, 7, 9, 10),
    "whole-half": (0, 2, 3, 5, 6, 8, 9, 11),
    "whole tone": (0, 2, 4, 6, 8, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}
CHORD_TONES = (0, 3, 4, 7, 10, 11)  # root, either third, fifth, either seventh


@cache
def _steps(pcs: frozenset[int]) -> tuple[int, ...]:
    """The distance from each pitch class to the nearest of the set, in semitones."""
    steps = []
    for pc in range(12):
        distance = next(
            (
                step
                for size in range(7)
                for step in (-size, size)  # ties go down
                if (pc + step) % 12 in pcs
            ),
            0,
        )
        steps.append(distance)
    return tuple(steps)


def nearest_pitch(pitch: int, pcs: Collection[int]) -> int:
    """The pitch of a class in `pcs` that is nearest to `pitch`; ties go down.

    `pitch` itself for an empty set.
    """
    classes = pcs if isinstance(pcs, frozenset) else frozenset(pcs)
    return pitch + _steps(classes)[pitch % 12]


def next_pitch(pitch: int, pcs: Collection[int], direction: int) -> int:
    """The next pitch of a class in `pcs`, above `pitch` (`direction` > 0) or below it.

    `pitch` itself for an empty set.
    """
    step = 1 if direction > 0 else -1
    candidates = (pitch + step * size for size in range(1, 13))
    return next((there for there in candidates if there % 12 in pcs), pitch)
