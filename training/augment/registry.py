"""Every strategy by its name. A new strategy is one function and one line here.

`STRATEGIES` work on single bars, `LINE_STRATEGIES` on whole pieces with chords, `PART_STRATEGIES`
on the parts of such pieces.
"""

import inspect

from training.augment.base import Strategy, copy
from training.augment.crossover import crossover
from training.augment.embellish import (
    LineStrategy,
    arpeggios,
    displaced_rhythm,
    embellishment,
    enclosures,
    passing_notes,
    skeleton,
)
from training.augment.harmony import (
    harmonic_reduction,
    inversion,
    other_chord,
    second_voice,
    transpose_in_scale,
)
from training.augment.paper import fifth_addition, octave_change, time_change
from training.augment.parts import PartStrategy, part_exchange, part_removal
from training.augment.rhythm import (
    displacement,
    double_time,
    half_time,
    join,
    retrograde,
    split,
    swing_change,
)

STRATEGIES: dict[str, Strategy] = {
    "time-change": time_change,
    "octave-change": octave_change,
    "fifth-addition": fifth_addition,
    "copy": copy,
    "transpose-in-scale": transpose_in_scale,
    "second-voice": second_voice,
    "double-time": double_time,
    "half-time": half_time,
    "swing-change": swing_change,
    "other-chord": other_chord,
    "harmonic-reduction": harmonic_reduction,
    "join": join,
    "split": split,
    "retrograde": retrograde,
    "inversion": inversion,
    "displacement": displacement,
    "crossover": crossover,
}


LINE_STRATEGIES: dict[str, LineStrategy] = {
    "skeleton": skeleton,
    "passing-notes": passing_notes,
    "enclosures": enclosures,
    "arpeggios": arpeggios,
    "displaced-rhythm": displaced_rhythm,
    "embellishment": embellishment,
}

PART_STRATEGIES: dict[str, PartStrategy] = {
    "part-removal": part_removal,
    "part-exchange": part_exchange,
}

NAMES = (*STRATEGIES, *LINE_STRATEGIES, *PART_STRATEGIES)


def describe_strategies() -> list[str]:
    """A line for each strategy: its name, what it does and its source."""
    return [
        f"{name}: {' '.join((inspect.getdoc(strategy) or '').split())}"
        for name, strategy in (STRATEGIES | LINE_STRATEGIES | PART_STRATEGIES).items()
    ]
