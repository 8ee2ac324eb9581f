"""Chooses among candidate bars of a line: taste, the join with the bar before, what comes, motif.

The search is a draw, not a contest: a candidate is drawn as often as its score says (discriminator
rejection sampling: Azadi et al., 2019). The best of many by one measure would be the dullest.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.music.feel import Feel
from perform.music.line_codec import HALF, chord_at, register_row, root_shift, row_of
from perform.music.line_context import LineContext
from perform.music.note import (
    COLUMNS,
    TICKS_PER_BEAT,
    TICKS_PER_COLUMN,
    Phrase,
)
from perform.music.note_table import notes_of
from perform.music.pianoroll import Rolls
from perform.steering.phrasing import late_entrance, row_excess

Values = NDArray[np.float64]
OCTAVE, STEP = 12, 2
GUIDE_TONES = (3, 4, 10, 11)  # thirds and sevenths above a root
JOIN_WEIGHT, ARRIVAL_WEIGHT, MOTIF_WEIGHT, REPEAT_WEIGHT = 2.0, 0.5, 2.5, 0.5
STRAY_WEIGHT, REGISTER_WEIGHT, ROOT_WEIGHT, PULSE_WEIGHT = 1.5, 4.0, 2.0, 3.0
ORPHAN_WEIGHT, ALONE_WEIGHT = 3.0, 2.0
ROW_WEIGHT, ENTRANCE_WEIGHT = 0.5, 2.0  # for each beat
FOURTH = 5
PULSES: dict[Feel | None, int] = {"swing": 4, "shuffle": 4, "ballad": 2}  # of a bass, in a bar
TWO_FEEL = 0.15  # a bass that is asked for a lower density walks in two
BEAT_COLUMNS = COLUMNS // 4
HALF_BEAT = BEAT_COLUMNS // 2
LATE = COLUMNS * 3 // 4  # the last beat


class Candidates(NamedTuple):
    """Bars to choose among: rolls (n, 48, 64), and how real the discriminator finds each, (n,).

    `tied`: whether each goes on with the note before it, (n,).
    """

    rolls: Rolls
    logits: Values
    tied: NDArray[np.bool_]


class _Ends(NamedTuple):
    """The rows with which bars begin and end, -1 in an empty bar, and their mean row.

    `at_once`: whether the first note is on the first beat. `late`: whether the last note begins in
    the last beat. `repeats`: how many notes repeat the one before.
    """

    first: NDArray[np.intp]
    last: NDArray[np.intp]
    mean: Values
    at_once: NDArray[np.bool_]
    late: NDArray[np.bool_]
    repeats: Values


def choose(candidates: Candidates, context: LineContext, seed: int) -> int:
    """The index of the chosen bar; 0 where taste is 0."""
    if context.taste <= 0:
        return 0
    scores = context.taste * candidate_scores(candidates, context)
    draws = np.random.default_rng(seed).gumbel(size=len(scores))
    return int(np.argmax(scores + draws))


def candidate_scores(candidates: Candidates, context: LineContext) -> Values:
    """How good each candidate is, (n,), as a logit."""
    ends = _ends(candidates.rolls)
    scores = candidates.logits - REPEAT_WEIGHT * ends.repeats
    scores = scores - ALONE_WEIGHT * _alone(candidates.rolls)
    onsets = _onsets(candidates.rolls)
    if context.before:
        last = row_of(max(context.before).pitch, root_shift(context))
        far = (ends.first >= 0) & (np.abs(ends.first - last) > OCTAVE) & ~candidates.tied
        scores = scores - JOIN_WEIGHT * far
        if _ends_with_pickup(context.before):
            wide = np.abs(ends.first - last) > FOURTH
            orphan = (wide | ~onsets[:, :HALF_BEAT].any(axis=1)) & ~candidates.tied
            scores = scores - ORPHAN_WEIGHT * orphan
    if context.following is not None:
        scores = scores + ARRIVAL_WEIGHT * _arrives(ends, context)
    if context.motif:
        scores = scores + MOTIF_WEIGHT * _likeness(candidates.rolls, context.motif.phrase)
    row = register_row(context, root_shift(context))
    if row is not None:
        scores = scores - REGISTER_WEIGHT * np.abs(ends.mean - row) / 12
    if context.chords:
        scores = scores - STRAY_WEIGHT * _strays(candidates.rolls, context)
        if context.grounded:
            grounds = (ends.first % 12 == 0) & ends.at_once & ~candidates.tied
            scores = scores + ROOT_WEIGHT * grounds - ROOT_WEIGHT * candidates.tied
            scores = scores - PULSE_WEIGHT * _off_pulse(candidates.rolls, context)
    if not context.grounded:
        scores = scores - ROW_WEIGHT * row_excess(onsets, context)
        scores = scores - ENTRANCE_WEIGHT * late_entrance(onsets, context)
    return np.asarray(scores, float)


def _ends(rolls: Rolls) -> _Ends:
    table = notes_of(rolls)
    order = np.lexsort((table.start, table.bar))
    bar, row, start = table.bar[order], table.row[order], table.start[order]
    first, last = np.full(len(rolls), -1), np.full(len(rolls), -1)
    late, at_once = np.zeros(len(rolls), bool), np.zeros(len(rolls), bool)
    last[bar] = row  # the last assignment stays
    late[bar] = start >= LATE
    first[bar[::-1]] = row[::-1]
    at_once[bar[::-1]] = start[::-1] == 0
    count = np.bincount(bar, minlength=len(rolls))
    mean = np.bincount(bar, weights=row, minlength=len(rolls)) / np.maximum(count, 1)
    same = (bar[1:] == bar[:-1]) & (row[1:] == row[:-1])
    repeats = np.bincount(bar[1:][same], minlength=len(rolls)).astype(float)
    return _Ends(first, last, mean, at_once, late, repeats)


def _ends_with_pickup(before: Phrase) -> bool:
    """Whether notes of the last beat follow a rest: they lead into the bar."""
    line = sorted(before)
    for note, after in zip(line[-2::-1], line[:0:-1], strict=True):
        if after.start - note.end >= TICKS_PER_BEAT // 2:
            return after.start >= -TICKS_PER_BEAT
    return False


def _alone(rolls: Rolls) -> Values:
    """How many notes of half a beat or less stand between rests of as much, inside a bar."""
    table = notes_of(rolls)
    order = np.lexsort((table.start, table.bar))
    bar, start, end = table.bar[order], table.start[order], table.end[order]
    rest = (start[1:] - end[:-1] >= HALF_BEAT) & (bar[1:] == bar[:-1])
    alone = (end - start <= HALF_BEAT)[1:-1] & rest[:-1] & rest[1:]
    return np.bincount(bar[1:-1][alone], minlength=len(rolls)).astype(float)


def _arrives(ends: _Ends, context: LineContext) -> NDArray[np.bool_]:
    """Whether a bar ends late, a step from the third or seventh of the next chord."""
    following = context.following
    assert following is not None  # noqa: S101 - the caller has asked
    shift = root_shift(context)
    tones = [
        (tone - shift) % 12
        for tone in following.tones
        if (tone - following.root) % 12 in GUIDE_TONES
    ]
    near = np.zeros(12, bool)
    for tone in tones:
        near[[(tone + step) % 12 for step in (-STEP, -1, 1, STEP)]] = True
    return np.asarray((ends.last >= 0) & ends.late & near[ends.last % 12])


def _strays(rolls: Rolls, context: LineContext) -> Values:
    """How many long notes on a beat are outside the scale and do not move on by step."""
    table, shift = notes_of(rolls), root_shift(context)
    order = np.lexsort((table.start, table.bar))
    bar, row, start, end = (part[order] for part in table[1:])
    inside = np.zeros((2, 12), bool)
    for half in (0, 1):
        chord = chord_at(context.chords, half * HALF) or context.chords[0]
        classes = {*chord.scale, *chord.tones}
        inside[half, [(each - shift) % 12 for each in classes]] = True
    outside = ~inside[(start >= COLUMNS // 2).astype(int), row % 12]
    long = (end - start >= BEAT_COLUMNS - 1) & (start % BEAT_COLUMNS == 0)
    follows = np.append(bar[1:] == bar[:-1], False)
    step = follows & (np.abs(np.append(row[1:], 0) - row) <= STEP)
    return np.bincount(bar[outside & long & ~step], minlength=len(rolls)).astype(float)


def _onsets(rolls: Rolls) -> NDArray[np.bool_]:
    """Whether a note begins in each column of each bar, (n, 64)."""
    on = rolls > 0
    return np.asarray((on & ~np.pad(on, ((0, 0), (0, 0), (1, 0)))[:, :, :-1]).any(axis=1))


def _off_pulse(rolls: Rolls, context: LineContext) -> Values:
    """How many beats of its pulse a bass leaves out in each bar; a quarter for each other beat that
    it plays.
    """
    pulse = PULSES.get(context.feel, 0)
    if not pulse:
        return np.zeros(len(rolls))
    if context.density is not None and context.density < TWO_FEEL:
        pulse = 2
    beats = _onsets(rolls)[:, ::BEAT_COLUMNS]
    steps = np.arange(4) % (4 // pulse) == 0
    return np.asarray((~beats[:, steps]).sum(axis=1) + beats[:, ~steps].sum(axis=1) / 4)


def _likeness(rolls: Rolls, motif: Phrase) -> Values:
    """How like a motif each bar is, 0 to 1: half by onsets in common, half by the moves' directions
    one after another.
    """
    wanted = np.zeros(COLUMNS, bool)
    starts = ((note.start + TICKS_PER_COLUMN // 2) // TICKS_PER_COLUMN for note in motif)
    wanted[[min(column, COLUMNS - 1) for column in starts]] = True
    onsets = _onsets(rolls)
    both = (onsets & wanted).sum(axis=1)
    either = (onsets | wanted).sum(axis=1)
    turns = np.sign(np.diff([note.pitch for note in motif]))
    table = notes_of(rolls)
    order = np.lexsort((table.start, table.bar))
    rows = np.split(table.row[order], np.searchsorted(table.bar[order], np.arange(1, len(rolls))))
    shapes = np.array([_common(np.sign(np.diff(each)), turns) for each in rows])
    return np.asarray(both / np.maximum(either, 1) / 2 + shapes / 2, float)


def _common(turns: NDArray[np.int_], others: NDArray[np.int_]) -> float:
    """The share of directions that agree, one after another."""
    count = min(len(turns), len(others))
    most = max(len(turns), len(others), 1)
    return float((turns[:count] == others[:count]).sum()) / most
