"""How a bar is played: swing, wavering, accents, length of notes. Ticks in, ticks out."""

from collections.abc import Sequence
from typing import NamedTuple

from perform.engine.metre import COMMON, QUAVER, Metre
from perform.engine.seeded_random import chance
from perform.music.note import Note, Phrase

MOST_TICKS, MOST_FORCE = 15, 10
SHORTEST = 20
FARTHEST_LEAN = 90  # ticks after the middle of a beat, up to which a quaver was played swung


class Expression(NamedTuple):
    """Each 0 to 1; see `perform.engine.parameters`."""

    swing: float = 0.0
    humanise: float = 0.0
    accent: float = 0.5
    articulation: float = 0.5


PLAIN = Expression()


class PerformedNote(NamedTuple):
    """When a note is struck, and for how long; `force` is added to the velocity that it would have.

    `note`: as it is written, in a place of so much `weight` (see `Metre.weight`).
    """

    start: int
    duration: int
    force: int
    note: Note
    weight: int


def strokes(
    phrase: Phrase, feel: Expression, number: int, metre: Metre = COMMON
) -> list[PerformedNote]:
    """The notes of a bar as they are played; the same number wavers the same way.

    No note begins before the bar or outside it, or lasts under 20 ticks.
    """
    if feel.swing == 0 and feel.humanise == 0 and feel.articulation == 0.5:
        return [PerformedNote(n.start, n.duration, 0, n, metre.weight(n.start)) for n in phrase]
    written = [note.start for note in phrase]
    straight = [*_leaning(written, feel.swing, metre.pulse), metre.bar]
    moved = [
        min(max(start + _wavering(number, place, 1, feel, MOST_TICKS), 0), metre.bar - 1)
        for place, start in enumerate(straight[:-1])
    ]
    played = []
    for place, note in enumerate(phrase):
        start, after = straight[place : place + 2]
        end = swung(note.end, feel.swing, metre.pulse)
        apart = note.end <= (written[place + 1] if place + 1 < len(written) else metre.bar)
        if apart:
            end = min(end, after)
        duration = _articulated(end - start, after - start, feel.articulation)
        if apart and place + 1 < len(moved):  # the next may waver towards it
            duration = min(duration, moved[place + 1] - moved[place])
        force = _wavering(number, place, 2, feel, MOST_FORCE)
        weight = metre.weight(note.start)
        played.append(PerformedNote(moved[place], max(duration, SHORTEST), force, note, weight))
    return played


def _wavering(number: int, place: int, what: int, feel: Expression, most: int) -> int:
    """By how much a note of a bar is off, as far as the hand wavers."""
    return round((2 * chance(number, place, what) - 1) * feel.humanise * most)


def swung(tick: int, amount: float, pulse: int = QUAVER) -> int:
    """Where a tick goes when pairs of pulses swing: the first stays, what is between leans back.

    At 1 the second becomes the last of a triplet.
    """
    pair, place = divmod(tick, 2 * pulse)
    middle = pulse + amount * pulse / 3
    if place <= pulse:
        place = round(place * middle / pulse)
    else:
        place = round(middle + (place - pulse) * (2 * pulse - middle) / pulse)
    return pair * 2 * pulse + place


def _leaning(written: Sequence[int], amount: float, pulse: int) -> list[int]:
    """Where onsets (ascending) go when pairs swing. A quaver that leans as it is written is no later for it, unless
    the knob asks for more.
    """
    starts, before = [], -1
    for tick in written:
        pair, place = divmod(tick, 2 * pulse)
        start = swung(tick, amount, pulse)
        if pulse == QUAVER and pulse < place <= pulse + FARTHEST_LEAN:
            straight = pair * 2 * pulse + pulse
            if before < straight:  # else the quaver is another, and this comes after it
                start = max(tick, swung(straight, amount, pulse))
        starts.append(start)
        before = tick
    return starts


def accented(velocity: int, softest: int, loudest: int, amount: float) -> int:
    """A velocity nearer to the middle of its range (amount under 0.5), or farther from it; 1 to 127."""
    middle = (softest + loudest) / 2
    return min(max(round(middle + (velocity - middle) * 2 * amount), 1), 127)


def _articulated(duration: int, room: int, amount: float) -> int:
    """Shorter down to a third, or longer up to the next note, which it never passes."""
    if amount <= 0.5:
        return round(duration * (1 + 4 * amount) / 3)
    return max(duration, round(duration + max(room - duration, 0) * (2 * amount - 1)))
