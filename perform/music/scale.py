"""Scales as semitones above their root, and the way to the nearest note of a set."""

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


@cache
def _steps(pcs: frozenset[int]) -> tuple[int, ...]:
    """For each pitch class how far, and in which direction, the nearest of the set is."""
    steps = []
    for pc in range(12):
        distance = next(
            (
                step
                for size in range(7)
                for step in (-size, size)  # ties go down: a line leans better than it pushes
                if (pc + step) % 12 in pcs
            ),
            0,
        )
        steps.append(distance)
    return tuple(steps)


def nearest_pitch(pitch: int, pcs: Collection[int]) -> int:
    """The pitch nearest to `pitch` whose class is in `pcs`; ties go down, an empty set moves nothing."""
    classes = pcs if isinstance(pcs, frozenset) else frozenset(pcs)
    return pitch + _steps(classes)[pitch % 12]


def next_pitch(pitch: int, pcs: Collection[int], direction: int) -> int:
    """The next pitch above (`direction` > 0) or below whose class is in `pcs`; an empty set: `pitch`."""
    step = 1 if direction > 0 else -1
    candidates = (pitch + step * size for size in range(1, 13))
    return next((there for there in candidates if there % 12 in pcs), pitch)
