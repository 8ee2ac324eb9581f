"""The bars of pieces as examples: the numbers of a bar's context, and what the line does there.

At each of the 16 places of a bar the line goes on as it is (a note or a rest), rests, or begins a
note. A note is written as its move from the note before it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.errors import DatasetError
from perform.music.chord import Chord
from perform.music.line_codec import (
    LAYOUT,
    PLACES,
    PLACES_PER_BEAT,
    TARGET_SPAN,
    TARGET_START,
    WIDEST_MOVE,
    Floats,
    bounded_move,
    context_numbers,
    place_of,
    root_shift,
    row_of,
    uses_thirds,
)
from perform.music.line_context import BARS_BEFORE, ContextChord, LineContext, context_chord
from perform.music.note import ROWS, TICKS_PER_BAR, Note
from training.data.piece import Piece, PieceNote

GO_ON, REST, NOTE = range(3)
MEAN_LOW, MEAN_HIGH = 61.0, 73.0  # MIDI numbers: a piece moves by octaves so that its mean is here
MARGIN = 2  # semitones around the notes of a piece: its range


class Examples(NamedTuple):
    """Bars: `contexts` (bars, CONTEXT); `kinds` and `moves` (bars, 16), a move of 0 is 16."""

    contexts: Floats
    kinds: NDArray[np.int32]
    moves: NDArray[np.int32]


class _Ranks(NamedTuple):
    """Ascending values of all bars, so that a bar's rank among them can be told."""

    notes: NDArray[np.float64]
    velocities: NDArray[np.float64]


def examples(pieces: Sequence[Piece]) -> Examples:
    """The bars of pieces whose notes fit on the roll. DatasetError where there are none."""
    moved = [in_register(piece) for piece in pieces if piece.notes]
    ranks = _ranks(moved)
    found = [each for piece in moved for each in _bars(piece, ranks)]
    if not found:
        raise DatasetError("no bar of a line over chords to train on; give books or lead sheets")
    return Examples(*(np.stack(part) for part in zip(*found, strict=True)))


def in_register(piece: Piece) -> Piece:
    """The piece moved by octaves so that its mean pitch is within an octave above C#4."""
    mean = float(np.mean([note.pitch for note in piece.notes]))
    up, down = (int(np.ceil(max(far, 0) / 12)) for far in (MEAN_LOW - mean, mean - MEAN_HIGH))
    return _by_octave(piece, up - down)


def _by_octave(piece: Piece, octaves: int) -> Piece:
    moved = tuple(note._replace(pitch=note.pitch + 12 * octaves) for note in piece.notes)
    return piece._replace(notes=moved) if octaves else piece


def _notes_in(piece: Piece, bar: int) -> list[PieceNote]:
    return [note for note in piece.notes if note.start // TICKS_PER_BAR == bar]


def _ranks(pieces: Iterable[Piece]) -> _Ranks:
    bars = [_notes_in(piece, bar) for piece in pieces for bar in range(piece.bars)]
    loud = [float(np.mean([note.velocity for note in notes])) for notes in bars if notes]
    return _Ranks(np.sort([float(len(notes)) for notes in bars]), np.sort(loud or [0.0]))


def _rank(value: float, ascending: NDArray[np.float64]) -> float:
    """The share of values below a value, those that are equal counted half."""
    below, through = (np.searchsorted(ascending, value, side) for side in ("left", "right"))
    return float(below + through) / (2 * len(ascending))


def _bars(
    piece: Piece, ranks: _Ranks
) -> Iterator[tuple[Floats, NDArray[np.int32], NDArray[np.int32]]]:
    for bar in range(piece.bars):
        octaves = (_bar(_by_octave(piece, octave), bar, ranks) for octave in (0, -1, 1))
        fitting = next((made for made in octaves if made is not None), None)
        if fitting is not None:
            yield fitting


def _bar(
    piece: Piece, bar: int, ranks: _Ranks
) -> tuple[Floats, NDArray[np.int32], NDArray[np.int32]] | None:
    """A bar as an example; None where a note is off the roll."""
    pitches = [note.pitch for note in piece.notes]
    context = context_of(piece, bar)._replace(low=min(pitches) - MARGIN, high=max(pitches) + MARGIN)
    context = _with_targets(context, _notes_in(piece, bar), ranks)
    numbers = context_numbers(context)
    answer = _answer(piece, bar, context, numbers)
    return None if answer is None else (numbers, *answer)


def _with_targets(context: LineContext, notes: Sequence[PieceNote], ranks: _Ranks) -> LineContext:
    """The context with what the bar has: how many notes, how high, how loud."""
    density = _rank(len(notes), ranks.notes)
    if not notes:
        return context._replace(density=density)
    mean = float(np.mean([note.pitch for note in notes]))
    share = (mean - context.low) / (context.high - context.low)
    register = min(max((share - TARGET_START) / TARGET_SPAN, 0.0), 1.0)
    energy = _rank(float(np.mean([note.velocity for note in notes])), ranks.velocities)
    return context._replace(density=density, register=register, energy=energy)


def context_of(piece: Piece, bar: int) -> LineContext:
    """The context of a bar: its chords, the two bars before it, its place and feel."""
    start, end = bar * TICKS_PER_BAR, (bar + 1) * TICKS_PER_BAR
    first = int(piece.pickup)
    after = end if end < piece.ticks else first * TICKS_PER_BAR  # the form begins again
    before = tuple(
        Note(note.start - start, note.duration, note.pitch)
        for note in piece.notes
        if note.start < start and note.end > start - BARS_BEFORE * TICKS_PER_BAR
    )
    return LineContext(
        chords=tuple(_chords(piece, start, end)),
        following=_context_chord(piece.chord_at(after), 0),
        before=before,
        place=max(bar - first, 0),
        length=piece.bars - first if bar >= first else 0,
        feel=piece.feel,
    )


def _chords(piece: Piece, start: int, end: int) -> Iterator[ContextChord]:
    inside = [(tick - start, chord) for tick, chord in piece.chords if start < tick < end]
    for tick, chord in [(0, piece.chord_at(start)), *inside]:
        made = _context_chord(chord, tick)
        if made is not None:
            yield made


def _context_chord(chord: Chord | None, start: int) -> ContextChord | None:
    if chord is None:
        return None
    return context_chord(chord, frozenset(chord.scale) | chord.tones, start)


def _answer(
    piece: Piece, bar: int, context: LineContext, numbers: Floats
) -> tuple[NDArray[np.int32], NDArray[np.int32]] | None:
    """What the line does at each place, and its moves; None where a note is off the roll."""
    thirds, shift = uses_thirds(context.feel), root_shift(context)
    begins, sounds = _places(piece, bar, thirds, shift)
    if not all(0 <= row < ROWS for row in begins.values()):
        return None
    kinds, moves = np.zeros(PLACES, np.int32), np.zeros(PLACES, np.int32)
    last, sounding = int(numbers[LAYOUT.last.start]), bool(numbers[LAYOUT.last.start + 2])
    for place in range(PLACES):
        if is_unused(place, thirds):
            continue
        if place in begins:
            kinds[place] = NOTE
            moves[place] = bounded_move(begins[place] - last) + WIDEST_MOVE
            last, sounding = begins[place], True
        elif sounding and not sounds[place]:
            kinds[place], sounding = REST, False
    return kinds, moves


def is_unused(place: int, thirds: bool) -> bool:
    """Whether a grid of thirds leaves a place out."""
    return thirds and place % PLACES_PER_BEAT == PLACES_PER_BEAT - 1


def _places(
    piece: Piece, bar: int, thirds: bool, shift: int
) -> tuple[dict[int, int], NDArray[np.bool_]]:
    """The row of each note that begins in a bar, by its place; the places where a note sounds."""
    start, end = bar * TICKS_PER_BAR, (bar + 1) * TICKS_PER_BAR
    begins, sounds = dict[int, int](), np.zeros(PLACES, bool)
    for note in piece.notes:
        if note.start >= end or note.end <= start:
            continue
        first = place_of(note.start - start, thirds) if note.start >= start else 0
        if first >= PLACES:  # so late that it belongs to the next bar
            continue
        sounds[first : max(first + 1, place_of(min(note.end, end) - start, thirds))] = True
        if note.start >= start:
            begins[first] = row_of(note.pitch, shift)
    return begins, sounds
