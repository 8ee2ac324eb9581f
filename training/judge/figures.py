"""Figures of lines: rhythm, motion, harmony, joins and phrases. Each is a mean over its cases."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from training.data.piece import Piece, PieceNote

JOINED = 2 * TICKS_PER_BEAT  # notes farther apart than a half note do not follow each other
QUAVER = TICKS_PER_BEAT // 2
STEP = 2  # semitones
BARS_BACK = 8
FEWEST_NOTES = 4  # in a bar that can be known again
MIXED_THIRDS = (140, 180), (300, 340)
MIXED_SIXTEENTHS = (100, 130), (350, 370)


class Figure(NamedTuple):
    """A figure's mean, and over how many cases."""

    mean: float
    cases: int


Cases = Callable[[Piece], Iterator[float]]


def moves(piece: Piece) -> Iterator[tuple[PieceNote, PieceNote]]:
    """Each two notes of a line that follow each other without a long rest."""
    return ((a, b) for a, b in pairwise(piece.notes) if b.start - a.end < JOINED)


def gap(a: PieceNote, b: PieceNote) -> int:
    """Ticks between two onsets."""
    return b.start - a.start


def _same_duration(piece: Piece) -> Iterator[float]:
    gaps = [gap(a, b) for a, b in moves(piece)]
    return (float(_value(a) == _value(b)) for a, b in pairwise(gaps))


def _value(ticks: int) -> int:
    """An inter-onset time as a note value: a swung pair counts as two quavers."""
    return QUAVER if ticks in (QUAVER, 160 * 2, 160) else ticks


def _quavers_in_a_row(piece: Piece) -> Iterator[float]:
    for quaver, run in groupby(moves(piece), lambda pair: _is_quaver(*pair)):
        if quaver:
            yield float(len(list(run)) + 1)


def _is_quaver(a: PieceNote, b: PieceNote) -> bool:
    return gap(a, b) == QUAVER or (gap(a, b), a.start % TICKS_PER_BEAT) in ((320, 0), (160, 320))


def _interval(condition: Callable[[int], bool]) -> Cases:
    return lambda piece: (float(condition(b.pitch - a.pitch)) for a, b in moves(piece))


def runs(piece: Piece) -> list[int]:
    """Lengths, in moves, of the runs in one direction."""
    signs = [(b.pitch > a.pitch) - (b.pitch < a.pitch) for a, b in moves(piece)]
    return [len(list(run)) for sign, run in groupby(signs) if sign]


def _chord_tone_on_strong(piece: Piece) -> Iterator[float]:
    for note in piece.notes:
        chord = piece.chord_at(note.start)
        if note.start % (2 * TICKS_PER_BEAT) == 0 and chord is not None:
            yield float(note.pitch % 12 in chord.tones)


def _outside(piece: Piece) -> Iterator[float]:
    for note in piece.notes:
        chord = piece.chord_at(note.start)
        if chord is not None:
            yield float(note.pitch % 12 not in (frozenset(chord.scale) | chord.tones))


def arrivals(piece: Piece) -> Iterator[tuple[PieceNote, PieceNote]]:
    """The last note before each change of chord and the first after it, where both are near."""
    for tick, _ in piece.chords[1:]:
        before = [note for note in piece.notes if note.start < tick]
        after = [note for note in piece.notes if tick <= note.start < tick + JOINED]
        if before and after and after[0].start - before[-1].end < JOINED:
            yield before[-1], after[0]


def _by_step(piece: Piece) -> Iterator[float]:
    return (float(0 < abs(b.pitch - a.pitch) <= STEP) for a, b in arrivals(piece))


def _across(piece: Piece) -> Iterator[float]:
    return (float(abs(b.pitch - a.pitch)) for a, b in moves(piece) if _crosses(a, b))


def _inside(piece: Piece) -> Iterator[float]:
    return (float(abs(b.pitch - a.pitch)) for a, b in moves(piece) if not _crosses(a, b))


def _crosses(a: PieceNote, b: PieceNote) -> bool:
    return a.start // TICKS_PER_BAR != b.start // TICKS_PER_BAR


def _ties(piece: Piece) -> Iterator[float]:
    for line in range(TICKS_PER_BAR, piece.ticks, TICKS_PER_BAR):
        yield float(any(note.start < line < note.end for note in piece.notes))


def phrases(piece: Piece) -> list[tuple[PieceNote, ...]]:
    """The notes of each phrase: as marked, else parted by rests of a beat or more."""
    starts = list(piece.phrases)
    if len(starts) < 2:
        starts = [0] + [
            place
            for place, (a, b) in enumerate(pairwise(piece.notes), 1)
            if b.start - a.end >= TICKS_PER_BEAT
        ]
    ends = [*starts[1:], len(piece.notes)]
    return [piece.notes[a:b] for a, b in zip(starts, ends, strict=True) if b > a]


def _returns(piece: Piece) -> Iterator[float]:
    """For each bar of some notes, whether one of the eight before had its rhythm and contour, but
    for one move in four.
    """
    bars: list[tuple[list[int], list[int]]] = []
    for bar in range(piece.bars):
        start = bar * TICKS_PER_BAR
        inside = [note for note in piece.notes if start <= note.start < start + TICKS_PER_BAR]
        rhythm = [note.start - start for note in inside]
        turns = [(b.pitch > a.pitch) - (b.pitch < a.pitch) for a, b in pairwise(inside)]
        if len(inside) >= FEWEST_NOTES:
            yield float(
                any(
                    rhythm == others
                    and sum(a == b for a, b in zip(turns, moves, strict=True)) >= 0.75 * len(turns)
                    for others, moves in bars[-BARS_BACK:]
                )
            )
        bars.append((rhythm, turns))


def _mixed(piece: Piece) -> Iterator[float]:
    for bar in range(piece.bars):
        places = [n.start % TICKS_PER_BEAT for n in piece.notes if n.start // TICKS_PER_BAR == bar]
        if places:
            thirds = any(low <= at <= high for at in places for low, high in MIXED_THIRDS)
            sixteenths = any(low <= at <= high for at in places for low, high in MIXED_SIXTEENTHS)
            yield float(thirds and sixteenths)


FIGURES: dict[str, tuple[str, Cases]] = {
    "same_duration": ("same duration as the note before", _same_duration),
    "quavers": ("quavers in a row", _quavers_in_a_row),
    "repeated": ("repeated notes", _interval(lambda it: it == 0)),
    "semitones": ("semitone moves", _interval(lambda it: abs(it) == 1)),
    "wide": ("fourths and wider", _interval(lambda it: abs(it) >= 5)),
    "run_length": ("moves in one direction", lambda piece: map(float, runs(piece))),
    "long_runs": ("runs of four moves or more", lambda piece: (float(n >= 4) for n in runs(piece))),
    "strong": ("chord tone on beats 1 and 3", _chord_tone_on_strong),
    "outside": ("outside the chord scale", _outside),
    "by_step": ("new chord reached by step", _by_step),
    "across": ("semitones across the bar line", _across),
    "inside": ("semitones inside the bar", _inside),
    "ties": ("ties over the bar line, a bar", _ties),
    "last_note": ("last note of a phrase, beats",
                  lambda piece: (p[-1].duration / TICKS_PER_BEAT for p in phrases(piece))),
    "phrase_beats": ("length of a phrase, beats",
                     lambda piece: ((p[-1].end - p[0].start) / TICKS_PER_BEAT
                                    for p in phrases(piece))),
    "notes_a_bar": ("notes a bar", lambda piece: iter([len(piece.notes) / piece.bars])),
    "returns": ("bars that take up one of the eight before", _returns),
    "mixed": ("bars that mix feels", _mixed),
}  # fmt: skip


def figures(pieces: Sequence[Piece]) -> dict[str, Figure]:
    """Every figure of these lines, by name."""
    found = {}
    for name, (_, cases) in FIGURES.items():
        values = [value for piece in pieces for value in cases(piece)]
        found[name] = Figure(sum(values) / len(values) if values else float("nan"), len(values))
    return found
