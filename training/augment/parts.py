"""Strategies for pieces with parts, such as a lead and a bass (Donahue et al. 2019, LakhNES).

Each takes the parts of one piece and returns its parts; chords, length and order stay.
"""

from collections.abc import Callable

import numpy as np

from training.data.piece import Piece

Parts = tuple[Piece, ...]
PartStrategy = Callable[[Parts, np.random.Generator], Parts]
OCTAVE = 12


def part_removal(parts: Parts, rng: np.random.Generator) -> Parts:
    """Pieces from which a random number of parts is left out; one at least stays.

    Donahue et al. 2019 do so with half of their pieces; here the factor says how many are added.
    """
    kept = rng.integers(1, len(parts))
    chosen = np.sort(rng.permutation(len(parts))[:kept])
    return tuple(parts[place] for place in chosen)


def part_exchange(parts: Parts, rng: np.random.Generator) -> Parts:
    """Pieces whose parts play each other's lines, by octaves in their own registers.

    Donahue et al. 2019 shuffle which melodic instrument plays which line. Here each part gets the
    line of another: the parts in a random order around a circle. Velocities go with the line.
    """
    order = rng.permutation(len(parts))
    found = list(parts)
    for taker, giver in zip(order, np.roll(order, 1), strict=True):
        line = parts[giver]
        octaves = _octaves(line, parts[taker])
        notes = tuple(note._replace(pitch=note.pitch + OCTAVE * octaves) for note in line.notes)
        found[taker] = parts[taker]._replace(notes=notes, phrases=line.phrases)
    return tuple(found)


def _octaves(line: Piece, part: Piece) -> int:
    """By how many octaves a line moves into the register of a part; 0 where either is silent."""
    if not line.notes or not part.notes:
        return 0
    heights = [np.mean([note.pitch for note in each.notes]) for each in (part, line)]
    return round(float(heights[0] - heights[1]) / OCTAVE)
