"""Windows of four bars, and their features for a classifier: pitch, rhythm and shape."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from training.data.piece import Piece, PieceNote

BARS = 4
FEWEST_NOTES = 4
WIDEST = 12  # semitones; wider moves count as this wide
PLACES = 12  # of a beat: thirds and sixteenths both fall on one
VALUES = (1, 2, 3, 4, 6, 8, 12, 18, 24, 48)  # edges of note values, in twelfths of a beat
Numbers = NDArray[np.float64]
KINDS = ("pitch", "rhythm", "shape")
_WAYS = ("down", "level", "up")
_MOVES = ("down wide", "down a third", "down a tone", "down a semitone", "level",
          "up a semitone", "up a tone", "up a third", "up wide")  # fmt: skip


def _classes(what: str, edges: Sequence[int]) -> list[str]:
    """A name for each class of note values between edges, in twelfths of a beat."""
    return [f"{what} under {edges[0]}/12", *(f"{what} from {edge}/12" for edge in edges)]


FEATURES = {
    "pitch": (
        *(f"degree {degree}" for degree in range(12)),
        *(f"degree {degree} on beats 1 and 3" for degree in range(12)),
        *(f"moves of {size} semitones" for size in range(WIDEST + 1)),
        "chord tones", "notes of the scale", "other notes left by step",
        "new chord reached by step", "move to a new chord", "different degrees",
    ),
    "rhythm": (
        *(f"onsets at {place}/12 of a beat" for place in range(PLACES)),
        *(f"onsets in beat {beat}" for beat in range(1, 5)),
        *_classes("gap", VALUES), *_classes("length", VALUES),
        "gap as the one before", "most equal gaps in a row", "rests", "ties over the bar line",
        "difference of bars in notes", "notes a bar", "different places in a bar",
    ),
    "shape": (
        *(f"runs of {length} moves" for length in range(1, 9)),
        *(f"{a}, then {b}" for a in _WAYS for b in _WAYS),
        *(f"{a}, then {b}" for a in _MOVES for b in _MOVES),
        "length of runs", "three moves that return", "span", "spread of pitches", "slope", "bend",
        "bar line less inside", "size of moves", "different pitches",
    ),
}  # fmt: skip


class Window(NamedTuple):
    """Four bars of a piece: notes from the window's first tick on, and the chord under each."""

    group: str  # the player and the tune, which is never in two folds
    notes: tuple[PieceNote, ...]
    roots: tuple[int, ...]
    tones: tuple[frozenset[int], ...]
    scales: tuple[frozenset[int], ...]
    ticks: int


def windows(pieces: Iterable[Piece], bars: int = BARS) -> list[Window]:
    """The windows of pieces, end to end; those with fewer than four notes are left out."""
    return [window for piece in pieces for window in _of_piece(piece, bars)]


def _of_piece(piece: Piece, bars: int) -> list[Window]:
    length = bars * TICKS_PER_BAR
    first = TICKS_PER_BAR if piece.pickup else 0
    found = []
    for start in range(first, piece.ticks - length + 1, length):
        notes = [note for note in piece.notes if start <= note.start < start + length]
        chords = [piece.chord_at(note.start) for note in notes]
        kept = [(n, c) for n, c in zip(notes, chords, strict=True) if c is not None]
        if len(kept) < FEWEST_NOTES:
            continue
        found.append(
            Window(
                f"{piece.player}/{piece.name}",
                tuple(note._replace(start=note.start - start) for note, _ in kept),
                tuple(chord.root for _, chord in kept),
                tuple(chord.tones for _, chord in kept),
                tuple(frozenset(chord.scale) | chord.tones for _, chord in kept),
                length,
            )
        )
    return found


def features(window: Window) -> dict[str, Numbers]:
    """The numbers of a window by kind; see `KINDS`."""
    return {"pitch": _pitch(window), "rhythm": _rhythm(window), "shape": _shape(window)}


def _share(values: Iterable[int], size: int) -> Numbers:
    counts = np.bincount(np.fromiter(values, int), minlength=size)[:size].astype(float)
    return np.asarray(counts / max(1.0, counts.sum()))


def _intervals(window: Window) -> list[int]:
    return [b.pitch - a.pitch for a, b in pairwise(window.notes)]


def _pitch(window: Window) -> Numbers:
    """The notes over their chords, on and off the strong beats, and the size of the moves."""
    notes, strong = window.notes, 2 * TICKS_PER_BEAT
    degrees = [(n.pitch - root) % 12 for n, root in zip(notes, window.roots, strict=True)]
    at_strong = [d for n, d in zip(notes, degrees, strict=True) if n.start % strong == 0]
    tones = [n.pitch % 12 in t for n, t in zip(notes, window.tones, strict=True)]
    inside = [n.pitch % 12 in s for n, s in zip(notes, window.scales, strict=True)]
    sizes = [min(abs(move), WIDEST) for move in _intervals(window)]
    changes = [
        abs(b.pitch - a.pitch)
        for (a, ra), (b, rb) in pairwise(zip(notes, window.roots, strict=True))
        if ra != rb
    ]
    arrival = [
        sum(0 < c <= 2 for c in changes) / max(1, len(changes)),
        float(np.mean(changes or [0])),
    ]
    resolved = [
        float(not a_in and abs(b.pitch - a.pitch) <= 2)
        for (a, a_in), (b, _) in pairwise(zip(notes, tones, strict=True))
    ]
    return np.concatenate(
        [
            _share(degrees, 12),
            _share(at_strong, 12),
            _share(sizes, WIDEST + 1),
            [np.mean(tones), np.mean(inside), np.mean(resolved), *arrival, len(set(degrees)) / 12],
        ]
    )


def _twelfth(ticks: int) -> int:
    return round(ticks * PLACES / TICKS_PER_BEAT)


def _rhythm(window: Window) -> Numbers:
    """Where notes begin in a beat and a bar, note values, how regular they are, rests and ties."""
    notes = window.notes
    places = [_twelfth(n.start % TICKS_PER_BEAT) % PLACES for n in notes]
    beats = [n.start % TICKS_PER_BAR // TICKS_PER_BEAT for n in notes]
    gaps = [_twelfth(b.start - a.start) for a, b in pairwise(notes)]
    lengths = [_twelfth(n.duration) for n in notes]
    rests = [b.start - a.end for a, b in pairwise(notes)]
    ties = sum(n.start // TICKS_PER_BAR != (n.end - 1) // TICKS_PER_BAR for n in notes)
    row = longest = 1
    for a, b in pairwise(gaps):
        row = row + 1 if a == b else 1
        longest = max(longest, row)
    a_bar = np.bincount([n.start // TICKS_PER_BAR for n in notes], minlength=BARS)
    regular = [float(a == b) for a, b in pairwise(gaps)]
    return np.concatenate(
        [
            _share(places, PLACES),
            _share(beats, 4),
            _share(np.digitize(gaps, VALUES), len(VALUES) + 1),
            _share(np.digitize(lengths, VALUES), len(VALUES) + 1),
            [
                float(np.mean(regular or [0])),
                longest / 8,
                sum(rest >= TICKS_PER_BEAT // 2 for rest in rests) / BARS,
                ties / BARS,
                float(np.std(a_bar)),
                len(notes) / BARS,
                len({(places[i], beats[i]) for i in range(len(notes))}) / len(notes),
            ],
        ]
    )


def _shape(window: Window) -> Numbers:
    """How the line turns: runs, turns by size, what it comes back to, its arc and its span."""
    moves = _intervals(window)
    signs = [(move > 0) - (move < 0) for move in moves]
    lengths, run = [], 0
    for sign, after in pairwise([*signs, 2]):
        run += 1
        if after != sign:
            if sign:
                lengths.append(run)
            run = 0
    pairs = [3 * (a + 1) + b + 1 for a, b in pairwise(signs)]
    bounded = [max(-4, min(4, _class(move))) for move in moves]
    joined = [9 * (a + 4) + b + 4 for a, b in pairwise(bounded)]
    trigrams = list(zip(moves, moves[1:], moves[2:], strict=False))
    pitches = np.array([note.pitch for note in window.notes], float)
    starts = np.array([note.start for note in window.notes], float) / window.ticks
    slope, arc = np.polyfit(starts, pitches, 2)[:2] if len(set(starts)) > 2 else (0.0, 0.0)
    joins = [
        abs(b.pitch - a.pitch)
        for a, b in pairwise(window.notes)
        if a.start // TICKS_PER_BAR != b.start // TICKS_PER_BAR
    ]
    return np.concatenate(
        [
            _share(np.clip(lengths, 1, 8) - 1 if lengths else [], 8),
            _share(pairs, 9),
            _share(joined, 81),
            [
                float(np.mean(lengths or [0])),
                1 - len(set(trigrams)) / max(1, len(trigrams)),
                float(np.ptp(pitches)),
                float(np.std(pitches)),
                float(slope),
                float(arc),
                float(np.mean(joins or [0])) - float(np.mean(np.abs(moves))),
                float(np.mean(np.abs(moves))),
                len(set(pitches.tolist())) / len(pitches),
            ],
        ]
    )


def _class(move: int) -> int:
    """A move as repeat, semitone, whole tone, third, or wider, with its direction."""
    size = abs(move)
    kind = 0 if size == 0 else 1 if size == 1 else 2 if size == 2 else 3 if size <= 4 else 4
    return kind if move > 0 else -kind


def matched(ours: Sequence[Window], theirs: Sequence[Window]) -> tuple[list[int], list[int]]:
    """Indices of paired windows of similar density and register (within 3 notes, 3 semitones)."""
    free = set(range(len(theirs)))
    about = [(len(w.notes), float(np.mean([n.pitch for n in w.notes]))) for w in theirs]
    left, right = [], []
    for index, window in enumerate(ours):
        mean = float(np.mean([note.pitch for note in window.notes]))
        near = [
            (abs(len(window.notes) - about[i][0]) + abs(mean - about[i][1]), i)
            for i in free
            if abs(len(window.notes) - about[i][0]) <= 3 and abs(mean - about[i][1]) <= 3
        ]
        if near:
            _, best = min(near)
            free.remove(best)
            left.append(index)
            right.append(best)
    return left, right
