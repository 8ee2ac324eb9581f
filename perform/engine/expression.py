"""How a bar is performed: swing, timing deviations, accents, articulation. Ticks in, ticks out."""

from collections.abc import Sequence
from typing import NamedTuple

from perform.engine.metre import COMMON, QUAVER, Metre
from perform.engine.seeded_random import uniform
from perform.music.note import Note, Phrase

MAX_DEVIATION_TICKS, MAX_DEVIATION_VELOCITY = 15, 10
MIN_DURATION_TICKS = 20
MAX_WRITTEN_SWING = 90  # ticks: a quaver at most so late after mid-beat was played swung


class Expression(NamedTuple):
    """The parameters of the same names, each 0 to 1; see `perform.engine.parameters`."""

    swing: float = 0.0
    humanise: float = 0.0
    accent: float = 0.5
    articulation: float = 0.5


PLAIN = Expression()


class PerformedNote(NamedTuple):
    """A note as it is played: `start` and `duration` in ticks.

    `velocity_offset`: added to its velocity. `note`: the written note. `weight`: the metrical
    weight of its place, see `Metre.weight`.
    """

    start: int
    duration: int
    velocity_offset: int
    note: Note
    weight: int


def perform_notes(
    phrase: Phrase, expression: Expression, seed: int, metre: Metre = COMMON
) -> list[PerformedNote]:
    """The notes of a bar as they are played; the same seed gives the same deviations.

    Every note begins inside the bar and lasts at least 20 ticks.
    """
    if expression.swing == 0 and expression.humanise == 0 and expression.articulation == 0.5:
        return [PerformedNote(n.start, n.duration, 0, n, metre.weight(n.start)) for n in phrase]
    written = [note.start for note in phrase]
    swung = [*_swing_onsets(written, expression.swing, metre.swing_unit), metre.bar]
    moved = [
        min(
            max(start + _deviation(seed, place, 1, expression, MAX_DEVIATION_TICKS), 0),
            metre.bar - 1,
        )
        for place, start in enumerate(swung[:-1])
    ]
    performed = []
    for place, note in enumerate(phrase):
        start, after = swung[place : place + 2]
        end = swing_tick(note.end, expression.swing, metre.swing_unit)
        separate = note.end <= (written[place + 1] if place + 1 < len(written) else metre.bar)
        if separate:
            end = min(end, after)
        duration = _articulate(end - start, after - start, expression.articulation)
        if separate and place + 1 < len(moved):  # the next note may begin earlier than written
            duration = min(duration, moved[place + 1] - moved[place])
        offset = _deviation(seed, place, 2, expression, MAX_DEVIATION_VELOCITY)
        performed.append(
            PerformedNote(
                moved[place],
                max(duration, MIN_DURATION_TICKS),
                offset,
                note,
                metre.weight(note.start),
            )
        )
    return performed


def _deviation(seed: int, place: int, what: int, expression: Expression, most: int) -> int:
    """The random deviation of one note: -`most` to `most`, scaled by `humanise`."""
    return round((2 * uniform(seed, place, what) - 1) * expression.humanise * most)


def swing_tick(tick: int, amount: float, unit: int = QUAVER) -> int:
    """Where a tick goes when pairs of notes of `unit` ticks swing: the first of a pair stays.

    At amount 1 the second becomes the last third of the pair.
    """
    pair, place = divmod(tick, 2 * unit)
    middle = unit + amount * unit / 3
    if place <= unit:
        place = round(place * middle / unit)
    else:
        place = round(middle + (place - unit) * (2 * unit - middle) / unit)
    return pair * 2 * unit + place


def _swing_onsets(written: Sequence[int], amount: float, unit: int) -> list[int]:
    """Where onsets (ascending) go when pairs swing. A quaver that is written with swing is moved
    only when `amount` asks for more swing than it has.
    """
    starts, before = [], -1
    for tick in written:
        pair, place = divmod(tick, 2 * unit)
        start = swing_tick(tick, amount, unit)
        if unit == QUAVER and unit < place <= unit + MAX_WRITTEN_SWING:
            straight = pair * 2 * unit + unit
            if before < straight:  # else another note is the quaver, and this one follows it
                start = max(tick, swing_tick(straight, amount, unit))
        starts.append(start)
        before = tick
    return starts


def accent_velocity(velocity: int, softest: int, loudest: int, amount: float) -> int:
    """A velocity nearer to the middle of its range (amount under 0.5) or farther away; 1 to 127."""
    middle = (softest + loudest) / 2
    return min(max(round(middle + (velocity - middle) * 2 * amount), 1), 127)


def _articulate(duration: int, room: int, amount: float) -> int:
    """A duration shortened to a third at least, or lengthened up to the next onset at most."""
    if amount <= 0.5:
        return round(duration * (1 + 4 * amount) / 3)
    return max(duration, round(duration + max(room - duration, 0) * (2 * amount - 1)))
