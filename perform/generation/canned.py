"""A fixed stock of bars: for tests, golden scores, and when no model answers in time."""

from perform.interfaces import GeneratedBar
from perform.music.condition import UNCONDITIONAL, Conditions
from perform.music.line_context import LineContext
from perform.music.note import TICKS_PER_BEAT, Note, Phrase
from perform.music.steering import Steering


def _bar(*notes: tuple[float, float, int]) -> Phrase:
    return tuple(
        Note(round(beat * TICKS_PER_BEAT), round(length * TICKS_PER_BEAT), pitch)
        for beat, length, pitch in notes
    )


# beat, length in beats, pitch over C: a riff, its answer, the riff with another end, a last bar
STOCK: tuple[Phrase, ...] = (
    _bar((0.5, 0.5, 67), (1, 0.25, 70), (1.5, 0.5, 72), (2.5, 0.25, 70), (3, 0.75, 67)),
    _bar((0, 0.25, 63), (0.25, 0.75, 64), (1.5, 0.25, 60), (2, 1, 58), (3.5, 0.25, 60)),
    _bar((0.5, 0.5, 67), (1, 0.25, 70), (1.5, 0.5, 72), (2.5, 0.5, 75), (3, 0.75, 74)),
    _bar((0, 0.25, 72), (0.5, 0.5, 70), (1.5, 0.25, 67), (2, 1.5, 64)),
)


class CannedSource:
    """A phrase source that repeats a stock of bars."""

    def __init__(self, stock: tuple[Phrase, ...] = STOCK) -> None:
        self._stock = stock

    def phrase(
        self,
        seed: int,
        _conditions: Conditions = UNCONDITIONAL,
        _steering: Steering | None = None,
        _context: LineContext | None = None,
    ) -> GeneratedBar:
        """The bar at place `seed` of the repeated stock; nothing else has an effect."""
        return GeneratedBar(self._stock[seed % len(self._stock)])
