"""How a bar is played: swing, wavering, accents, length of notes. Ticks in, ticks out."""

from typing import NamedTuple

from perform.engine.chance import chance
from perform.music.note import TICKS_PER_BEAT, Phrase

QUAVER = TICKS_PER_BEAT // 2
SWUNG = TICKS_PER_BEAT // 6  # how far an even quaver moves to become the last of a triplet
MOST_TICKS, MOST_FORCE = 15, 10
SHORTEST = 20


class Feel(NamedTuple):
    """Each 0 to 1; see `perform.engine.knobs`."""

    swing: float = 0.0
    humanise: float = 0.0
    accent: float = 0.5
    articulation: float = 0.5


PLAIN = Feel()


class Stroke(NamedTuple):
    """A note as it is to be played: `force` is added to the velocity that it would have."""

    start: int
    duration: int
    pitch: int
    force: int


def strokes(phrase: Phrase, feel: Feel, number: int, bar_ticks: int) -> list[Stroke]:
    """The notes of a bar as they are played; the same number wavers the same way.

    No note begins before the bar or outside it, or lasts under 20 ticks.
    """
    if feel.swing == 0 and feel.humanise == 0 and feel.articulation == 0.5:
        return [Stroke(*note, 0) for note in phrase]
    played = []
    following = [note.start for note in phrase[1:]] + [bar_ticks]
    for place, (note, after) in enumerate(zip(phrase, following, strict=False)):
        start, end = swung(note.start, feel.swing), swung(note.end, feel.swing)
        duration = _articulated(end - start, swung(after, feel.swing) - start, feel.articulation)
        moved = round((2 * chance(number, place, 1) - 1) * feel.humanise * MOST_TICKS)
        force = round((2 * chance(number, place, 2) - 1) * feel.humanise * MOST_FORCE)
        start = min(max(start + moved, 0), bar_ticks - 1)
        played.append(Stroke(start, max(duration, SHORTEST), note.pitch, force))
    return played


def swung(tick: int, amount: float) -> int:
    """Where a tick goes when quavers swing: beats stay, what is between them leans back."""
    beat, place = divmod(tick, TICKS_PER_BEAT)
    middle = QUAVER + SWUNG * amount
    if place <= QUAVER:
        place = round(place * middle / QUAVER)
    else:
        place = round(middle + (place - QUAVER) * (TICKS_PER_BEAT - middle) / QUAVER)
    return beat * TICKS_PER_BEAT + place


def accented(velocity: int, softest: int, loudest: int, amount: float) -> int:
    """A velocity nearer to the middle of its range (amount under 0.5), or farther from it; 1 to 127."""
    middle = (softest + loudest) / 2
    return min(max(round(middle + (velocity - middle) * 2 * amount), 1), 127)


def _articulated(duration: int, room: int, amount: float) -> int:
    """Shorter down to a third, or longer up to the next note, which it never passes."""
    if amount <= 0.5:
        return round(duration * (1 + 4 * amount) / 3)
    return max(duration, round(duration + max(room - duration, 0) * (2 * amount - 1)))
