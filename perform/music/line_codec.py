"""The input of a generator of lines: a line context as numbers, relative to the bar's root.

A bar has 16 places, four a beat. On a grid of sixteenths each is one; on a grid of thirds the last
of each beat is never used. So quavers stand in the same places, straight or swung.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.music.feel import FEELS, GRIDS, THIRD, Feel
from perform.music.line_context import BARS_BEFORE, ContextChord, LineContext
from perform.music.note import (
    LOWEST_PITCH,
    ROWS,
    TICKS_PER_BAR,
    TICKS_PER_BEAT,
    Note,
    Phrase,
)
from perform.music.pitch import semitones_from_c

PLACES_PER_BEAT = 4
PLACES = 16
HALF = TICKS_PER_BAR // 2
HARMONIES = 3  # of each half of the bar, and the first of the next bar
HARMONY = 1 + 3 * 12  # known, root, tones, scale
PLACE_BEFORE = 3 + 12  # onset, sounding, row, pitch class
FORM = 8
LAST = 5
MIDDLE_ROW = 28.0
WIDEST_MOVE = 16
COLUMNS_OF_THIRDS = (0, 5, 11, 15)
COLUMNS_OF_SIXTEENTHS = (0, 4, 8, 12)
TARGET_START, TARGET_SPAN = 0.15, 0.7  # registers 0 and 1 keep away from the range's ends
Floats = NDArray[np.float32]


class Layout(NamedTuple):
    """Where each part of a context's numbers begins and ends."""

    harmony: slice
    before: slice
    last: slice  # its row, whether there is one, whether it may go on, the two moves to it
    feel: slice  # one place each, and whether the grid is of thirds
    form: slice
    targets: slice  # density, register, energy: value and whether it is set
    range: slice  # the lowest and the highest row


def _layout() -> Layout:
    sizes = (
        HARMONIES * HARMONY,
        BARS_BEFORE * PLACES * PLACE_BEFORE,
        LAST,
        len(FEELS) + 1,
        FORM,
        6,
        2,
    )
    ends = np.cumsum(sizes).tolist()
    return Layout(*(slice(end - size, end) for end, size in zip(ends, sizes, strict=True)))


LAYOUT = _layout()
CONTEXT = LAYOUT.range.stop


def uses_thirds(feel: Feel | None) -> bool:
    """Whether a feel divides the beat in three; one that is not known does not."""
    return feel is not None and THIRD in GRIDS[feel]


def place_of(tick: int, thirds: bool) -> int:
    """The place of a tick on a grid; the nearest one, for a tick between two."""
    beat, inside = divmod(tick, TICKS_PER_BEAT)
    parts = 3 if thirds else 4
    part = (inside * parts + TICKS_PER_BEAT // 2) // TICKS_PER_BEAT
    return PLACES_PER_BEAT * (beat + part // parts) + part % parts


def root_shift(context: LineContext) -> int:
    """Semitones from C to the root that rows are counted from; 0 where no chord is known."""
    return semitones_from_c(context.chords[0].root) if context.chords else 0


def context_numbers(context: LineContext) -> Floats:
    """A context as the numbers that a generator of lines takes, (CONTEXT,)."""
    numbers = np.zeros(CONTEXT, np.float32)
    shift, thirds = root_shift(context), uses_thirds(context.feel)
    numbers[LAYOUT.harmony] = _harmonies(context, shift)
    sounding = places_before(context.before, thirds, shift)
    numbers[LAYOUT.before] = sounding.reshape(-1)
    numbers[LAYOUT.last] = _last(context.before, shift)
    if context.feel is not None:
        numbers[LAYOUT.feel.start + FEELS.index(context.feel)] = 1
    numbers[LAYOUT.feel.stop - 1] = thirds
    numbers[LAYOUT.form] = _form(context.place, context.length)
    numbers[LAYOUT.targets] = _targets(context, shift)
    low, high = (row_of(pitch, shift) for pitch in (context.low, context.high))
    numbers[LAYOUT.range] = (max(low, 0), min(high, ROWS - 1))
    return numbers


def _last(notes: Phrase, shift: int) -> tuple[float, ...]:
    """The row of the last note, whether there is one, whether it may go on, and the moves to it."""
    line = sorted(notes)[-3:]
    if not line:
        return (MIDDLE_ROW, 0, 0, 0, 0)
    moves = [bounded_move(b.pitch - a.pitch) for a, b in pairwise(line)]
    earlier, latest = [0, 0, *moves][-2:]
    return (row_of(line[-1].pitch, shift), 1, line[-1].end >= 0, latest, earlier)


def bounded_move(semitones: int) -> int:
    """A move of at most 16 semitones; a wider one goes by octaves to a narrower one."""
    while semitones > WIDEST_MOVE:
        semitones -= 12
    while semitones < -WIDEST_MOVE:
        semitones += 12
    return semitones


def row_of(pitch: int, shift: int) -> int:
    """The row of a MIDI number over a root; it may be outside the roll."""
    return pitch - shift - LOWEST_PITCH


def _harmonies(context: LineContext, shift: int) -> Floats:
    """Known, root, tones and scale of each half and of the next bar, relative to the root."""
    rows = np.zeros((HARMONIES, HARMONY), np.float32)
    halves: list[ContextChord | None] = [chord_at(context.chords, at) for at in (0, HALF)]
    for row, chord in zip(rows, [*halves, context.following], strict=True):
        if chord is not None:
            row[0] = 1
            row[1 + (chord.root - shift) % 12] = 1
            row[[13 + (tone - shift) % 12 for tone in chord.tones]] = 1
            row[[25 + (step - shift) % 12 for step in chord.scale]] = 1
    return rows.reshape(-1)


def chord_at(chords: Sequence[ContextChord], tick: int) -> ContextChord | None:
    """The last chord that begins at or before a tick."""
    return next((chord for chord in reversed(chords) if chord.start <= tick), None)


def places_before(notes: Iterable[Note], thirds: bool, shift: int) -> Floats:
    """The places of the bars before: onset, sounding, row, pitch class, (places, 15)."""
    count = BARS_BEFORE * PLACES
    found = np.zeros((count, PLACE_BEFORE), np.float32)
    first = BARS_BEFORE * TICKS_PER_BAR
    for note in sorted(notes):
        begin = place_of(note.start + first, thirds)
        end = max(begin + 1, place_of(note.end + first, thirds))
        if begin >= count or end <= 0:
            continue
        row = row_of(note.pitch, shift)
        inside = slice(max(begin, 0), end)
        found[inside] = 0
        found[inside, 1] = 1
        found[inside, 2] = (row - MIDDLE_ROW) / 12
        found[inside, 3 + row % 12] = 1
        if begin >= 0:
            found[begin, 0] = 1
    return found


def _form(place: int, length: int) -> Floats:
    """Where a bar stands: in its group of four, how far in the form, and whether it ends it."""
    numbers = np.zeros(FORM, np.float32)
    if length > 0:
        numbers[place % 4] = 1
        numbers[4:] = (1, place / length, place == 0, place == length - 1)
    return numbers


def _targets(context: LineContext, shift: int) -> tuple[float, ...]:
    """Density, register as a row, and energy; each with a 1 where it is set."""
    density = (0.0, 0.0) if context.density is None else (context.density, 1.0)
    energy = (0.0, 0.0) if context.energy is None else (context.energy, 1.0)
    row = register_row(context, shift)
    register = (0.0, 0.0) if row is None else ((row - MIDDLE_ROW) / 12, 1.0)
    return (*density, *register, *energy)


def register_row(context: LineContext, shift: int) -> float | None:
    """The row around which a bar of the context's register lies; None where none is asked for."""
    if context.register is None:
        return None
    share = TARGET_START + TARGET_SPAN * context.register
    return context.low + share * (context.high - context.low) - shift - LOWEST_PITCH


def column_of(place: int, thirds: bool) -> int:
    """The column of the roll in which a place begins."""
    beat, part = divmod(place, PLACES_PER_BEAT)
    columns = COLUMNS_OF_THIRDS if thirds else COLUMNS_OF_SIXTEENTHS
    return beat * 16 + columns[part]
