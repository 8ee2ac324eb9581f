"""How a bar goes on from the bars before it: rows of quick notes, and entrances after silence."""

import numpy as np
from numpy.typing import NDArray

from perform.music.feel import Feel
from perform.music.line_context import BARS_BEFORE, LineContext
from perform.music.note import COLUMNS, TICKS_PER_COLUMN

Values = NDArray[np.float64]
BEAT_COLUMNS = COLUMNS // 4
QUICK = BEAT_COLUMNS * 2 // 3 + 1  # columns from onset to onset: a swung quaver or shorter
# beats that quick notes fill without a longer one before it tires: lines run in swing, elsewhere
# they speak. Straight tunes, such as reels, may run as long as they like.
LONGEST_ROWS: dict[Feel, float] = {
    "swing": 8.0, "funk": 6.0, "shuffle": 4.0, "gospel": 4.0, "latin": 4.0, "ballad": 4.0,
}  # fmt: skip
LATEST_ENTRANCE = 1.0  # beats of silence before a first note


def row_excess(onsets: NDArray[np.bool_], context: LineContext) -> Values:
    """By how many beats the longest row of quick notes in each bar exceeds what its feel bears.

    `onsets`: (n, 64), whether a note begins in a column. A row may begin in the bars before. It
    counts less where the bar is asked to be dense, and not where it is asked to be full.
    """
    counts = 1.0 if context.density is None else min(2 * (1 - context.density), 1.0)
    bears = None if context.feel is None else LONGEST_ROWS.get(context.feel)
    if bears is None or not counts:
        return np.zeros(len(onsets))
    first = BARS_BEFORE * COLUMNS
    earlier = np.zeros(first, bool)
    starts = [note.start // TICKS_PER_COLUMN + first for note in context.before]
    earlier[[start for start in starts if 0 <= start < first]] = True
    whole = np.hstack([np.broadcast_to(earlier, (len(onsets), first)), onsets])
    bar, column = np.nonzero(whole)
    gaps = np.diff(column)
    quick = (np.diff(bar) == 0) & (gaps <= QUICK)
    filled = np.cumsum(np.where(quick, gaps, 0))
    row = filled - np.maximum.accumulate(np.where(quick, 0, filled))
    inside = quick & (column[1:] >= first)
    longest = np.zeros(len(onsets))
    np.maximum.at(longest, bar[1:][inside], row[inside] / BEAT_COLUMNS)
    return np.asarray(counts * np.maximum(longest - bears, 0))


def late_entrance(onsets: NDArray[np.bool_], context: LineContext) -> Values:
    """How many beats too late each bar begins where nothing was played before it.

    A generator knows such bars as pick-ups, which stand before a form; here they open it. Late ones
    count less where few notes are asked for.
    """
    counts = 1.0 if context.density is None else min(2 * context.density, 1.0)
    if context.before or not counts:
        return np.zeros(len(onsets))
    first = np.where(onsets.any(axis=1), onsets.argmax(axis=1), COLUMNS)
    return np.asarray(counts * np.maximum(first / BEAT_COLUMNS - LATEST_ENTRANCE, 0.0))
