"""The parameters of a voice: values that can be set while it plays, named by their address."""

from typing import NamedTuple

from perform.engine.arc import NATURAL_SPACE
from perform.steering.fitness import FITNESS_FUNCTIONS, OPINION

MAX_TRANSPOSE = 24.0  # semitones
UNSET = -1.0  # a target without a value: the generator decides


class Parameter(NamedTuple):
    """A value from `low` to `high`. `help`: one line that says what both ends mean.

    `whole`: it is a whole number.
    """

    name: str
    default: float
    help: str
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    whole: bool = False


PARAMETERS: dict[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        *(Parameter(f"weight/{it.name}", 0.0, it.help) for it in FITNESS_FUNCTIONS),
        Parameter(
            f"weight/{OPINION}", 0.0, "how real the discriminator of the bundle finds the bar"
        ),
        Parameter("target/density", UNSET, "0 few notes, 1 many; -1 as it comes", UNSET),
        Parameter("target/register", UNSET, "0 low, 1 high; -1 as it comes", UNSET),
        Parameter("target/contour", UNSET, "0 falls, 1 rises; -1 as it comes", UNSET),
        Parameter("repeat", 1.0, "how often bars repeat as the form says; 0 never"),
        Parameter("vary", 0.0, "how often a repeated bar is varied"),
        Parameter(
            "land", 1.0, "how often the last bar of a form, or of a turn, ends on a long chord tone"
        ),
        Parameter(
            "approach", 0.0, "how often the last note leads into the next chord, if it is known"
        ),
        Parameter(
            "build",
            0.3,
            "0 even from chorus to chorus, 1 a long climb over four, which then starts over softer",
        ),
        Parameter(
            "space",
            NATURAL_SPACE,
            "rests at the ends of sentences: 0 none, 0.3 as a player breathes, 1 half of the time",
        ),
        Parameter(
            "taste",
            1.0,
            "how much a line's better candidates are preferred; 0 takes the first",
        ),
        Parameter(
            "blend",
            0.0,
            "share of new bars from the voice's other model; a repeated bar keeps its model",
        ),
        Parameter(
            "share",
            1.0,
            "how much of the bar's room this voice takes beside the others; 1 is no limit",
        ),
        Parameter(
            "swing", 0.0, "0 straight, 1 triplets; for quavers, in 6/8, 7/8 and 12/8 semiquavers"
        ),
        Parameter(
            "humanise",
            0.0,
            "random deviations of time and velocity, at most 15 ticks and 10 of 127",
        ),
        Parameter("accent", 0.5, "0 even, 1 sharp on the beats of the metre"),
        Parameter("articulation", 0.5, "0 staccato, 1 legato"),
        Parameter(
            "transpose",
            0.0,
            "of what goes out: chords are written in one key and sound in another",
            -MAX_TRANSPOSE,
            MAX_TRANSPOSE,
            "semitones",
            whole=True,
        ),
    )
}
WEIGHT_PREFIX = "weight/"
# these change how a bar is played; the others change which bar is requested
PERFORMANCE_PARAMETERS = frozenset(
    {
        "vary",
        "land",
        "approach",
        "share",
        "swing",
        "humanise",
        "accent",
        "articulation",
        "transpose",
    }
)
