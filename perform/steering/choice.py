"""Chooses among candidate bars of a line: taste, the join with the bar before, what comes, motif.

The search is a draw, not a contest: a candidate is drawn as often as its score says (discriminator
rejection sampling: Azadi et al., 2019). The best of many by one measure would be the dullest.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.music.line_codec import root_shift, row_of
from perform.music.line_context import LineContext
from perform.music.note import COLUMNS, TICKS_PER_COLUMN, Phrase
from perform.music.note_table import notes_of
from perform.music.pianoroll import Rolls

Values = NDArray[np.float64]
OCTAVE, STEP = 12, 2
GUIDE_TONES = (3, 4, 10, 11)  # thirds and sevenths above a root
JOIN_WEIGHT, ARRIVAL_WEIGHT, MOTIF_WEIGHT, REPEAT_WEIGHT = 2.0, 0.5, 2.0, 0.5
LATE = COLUMNS * 3 // 4  # the last beat


class Candidates(NamedTuple):
    """Bars to choose among: rolls (n, 48, 64), and how real the discriminator finds each, (n,).

    `tied`: whether each goes on with the note before it, (n,).
    """

    rolls: Rolls
    logits: Values
    tied: NDArray[np.bool_]


class _Ends(NamedTuple):
    """The rows with which bars begin and end, -1 in an empty bar; the column of the last onset."""

    first: NDArray[np.intp]
    last: NDArray[np.intp]
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
    if context.before:
        last = row_of(max(context.before).pitch, root_shift(context))
        far = (ends.first >= 0) & (np.abs(ends.first - last) > OCTAVE) & ~candidates.tied
        scores = scores - JOIN_WEIGHT * far
    if context.following is not None:
        scores = scores + ARRIVAL_WEIGHT * _arrives(ends, context)
    if context.motif:
        scores = scores + MOTIF_WEIGHT * _likeness(candidates.rolls, context.motif)
    return np.asarray(scores, float)


def _ends(rolls: Rolls) -> _Ends:
    table = notes_of(rolls)
    order = np.lexsort((table.start, table.bar))
    bar, row, start = table.bar[order], table.row[order], table.start[order]
    first, last = np.full(len(rolls), -1), np.full(len(rolls), -1)
    late = np.zeros(len(rolls), bool)
    last[bar] = row  # the last assignment stays
    late[bar] = start >= LATE
    first[bar[::-1]] = row[::-1]
    same = (bar[1:] == bar[:-1]) & (row[1:] == row[:-1])
    repeats = np.bincount(bar[1:][same], minlength=len(rolls)).astype(float)
    return _Ends(first, last, late, repeats)


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


def _likeness(rolls: Rolls, motif: Phrase) -> Values:
    """The share of onsets that each bar has in common with a motif, 0 to 1."""
    wanted = np.zeros(COLUMNS, bool)
    wanted[[min(note.start // TICKS_PER_COLUMN, COLUMNS - 1) for note in motif]] = True
    on = rolls > 0
    onsets = (on & ~np.pad(on, ((0, 0), (0, 0), (1, 0)))[:, :, :-1]).any(axis=1)
    both = (onsets & wanted).sum(axis=1)
    either = (onsets | wanted).sum(axis=1)
    return np.asarray(both / np.maximum(either, 1), float)
