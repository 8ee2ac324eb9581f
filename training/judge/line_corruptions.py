"""Eight corruptions of lines, each with a strength. A reliable judge notices every one of them."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from perform.music.feel import GRIDS, THIRD
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from perform.music.scale import nearest_pitch
from training.data.piece import Piece, PieceNote

STRENGTHS = (0.25, 0.5, 1.0)
Draws = np.random.Generator
LineCorruption = Callable[[Piece, float, Draws], Piece]


def _with(piece: Piece, notes: Sequence[PieceNote]) -> Piece:
    """The piece with other notes, one at a time: a note ends where the next begins."""
    line = sorted({note.start: note for note in notes if 0 <= note.start < piece.ticks}.values())
    cut = [
        a._replace(duration=max(1, min(a.duration, b.start - a.start))) for a, b in pairwise(line)
    ]
    return piece._replace(notes=(*cut, *line[-1:]), phrases=(0,))


def bars_shuffled(piece: Piece, strength: float, draws: Draws) -> Piece:
    """Some bars change places; each keeps its notes above the chord's root."""
    bars = np.arange(piece.bars)
    chosen = np.flatnonzero(draws.random(piece.bars) < strength)
    bars[chosen] = draws.permutation(chosen)
    moved = []
    for place, source in enumerate(bars):
        shift = (place - int(source)) * TICKS_PER_BAR
        for note in _in_bar(piece, int(source)):
            a, b = piece.chord_at(note.start), piece.chord_at(note.start + shift)
            up = (b.root - a.root + 5) % 12 - 5 if a is not None and b is not None else 0
            moved.append(note._replace(start=note.start + shift, pitch=note.pitch + up))
    return _with(piece, moved)


def order_shuffled(piece: Piece, strength: float, draws: Draws) -> Piece:
    """In some bars the pitches change places; the rhythm stays."""
    notes = []
    for bar in range(piece.bars):
        inside = _in_bar(piece, bar)
        pitches = [note.pitch for note in inside]
        if draws.random() < strength:
            pitches = draws.permutation(pitches).tolist()
        notes += [n._replace(pitch=int(p)) for n, p in zip(inside, pitches, strict=True)]
    return _with(piece, notes)


def wrong_chords(piece: Piece, strength: float, draws: Draws) -> Piece:
    """In some bars every note is moved by a tritone, a semitone or a whole tone."""
    shifts = {bar: int(draws.choice((-6, -2, -1, 1, 2, 6))) for bar in range(piece.bars)}
    chosen = set(np.flatnonzero(draws.random(piece.bars) < strength).tolist())
    return _with(
        piece,
        [
            note._replace(pitch=note.pitch + shifts[bar]) if bar in chosen else note
            for note in piece.notes
            for bar in (note.start // TICKS_PER_BAR,)
        ],
    )


def durations_jittered(piece: Piece, strength: float, draws: Draws) -> Piece:
    """Some notes begin one grid step early or late and have another length."""
    grid = GRIDS[piece.feel or "straight"]
    step = grid[1]
    notes = []
    for note in piece.notes:
        if draws.random() < strength:
            start = max(0, note.start + int(draws.choice((-1, 1))) * step)
            notes.append(note._replace(start=start, duration=int(draws.integers(1, 7)) * step))
        else:
            notes.append(note)
    return _with(piece, notes)


def octave_jumps(piece: Piece, strength: float, draws: Draws) -> Piece:
    """Some notes are an octave higher or lower."""
    return _with(
        piece,
        [
            n._replace(pitch=n.pitch + int(draws.choice((-12, 12)))) if hit else n
            for n, hit in _drawn(piece, strength / 2, draws)
        ],
    )


def unisons_added(piece: Piece, strength: float, draws: Draws) -> Piece:
    """Some notes repeat the note before."""
    notes = list(piece.notes[:1])
    for note in piece.notes[1:]:
        repeats = draws.random() < strength / 2
        notes.append(note._replace(pitch=notes[-1].pitch) if repeats else note)
    return _with(piece, notes)


def bent_to_scale(piece: Piece, strength: float, draws: Draws) -> Piece:
    """Some notes outside the chord scale move to its nearest note."""
    notes = []
    for note, hit in _drawn(piece, strength, draws):
        chord = piece.chord_at(note.start)
        allowed = frozenset(chord.scale) | chord.tones if chord is not None else frozenset()
        notes.append(note._replace(pitch=nearest_pitch(note.pitch, allowed)) if hit else note)
    return _with(piece, notes)


def feel_mixed(piece: Piece, strength: float, draws: Draws) -> Piece:
    """In some beats the notes are on the grid of the other feel."""
    swings = THIRD in GRIDS[piece.feel or "straight"]
    other = GRIDS["funk"] if swings else GRIDS["swing"]
    beats = -(-piece.ticks // TICKS_PER_BEAT)
    chosen = set(np.flatnonzero(draws.random(beats) < strength / 2).tolist())
    notes = []
    for note in piece.notes:
        beat, place = divmod(note.start, TICKS_PER_BEAT)
        if beat in chosen and place:
            place = min(other[1:], key=lambda at: abs(at - place))
        notes.append(note._replace(start=beat * TICKS_PER_BEAT + place))
    return _with(piece, notes)


def _in_bar(piece: Piece, bar: int) -> list[PieceNote]:
    return [note for note in piece.notes if note.start // TICKS_PER_BAR == bar]


def _drawn(piece: Piece, share: float, draws: Draws) -> list[tuple[PieceNote, bool]]:
    hits = draws.random(len(piece.notes)) < share
    return list(zip(piece.notes, hits.tolist(), strict=True))


LINE_CORRUPTIONS: dict[str, LineCorruption] = {
    "bars shuffled": bars_shuffled,
    "order within bars shuffled": order_shuffled,
    "chords wrong": wrong_chords,
    "durations jittered": durations_jittered,
    "octave jumps": octave_jumps,
    "unisons added": unisons_added,
    "bent to the scale": bent_to_scale,
    "feel mixed": feel_mixed,
}


def corrupt_lines(
    pieces: Sequence[Piece], name: str, strength: float, seed: int = 0
) -> list[Piece]:
    """The pieces with a corruption of a strength, 0 to 1; the same result for the same seed."""
    draws = np.random.default_rng(seed)
    return [LINE_CORRUPTIONS[name](piece, strength, draws) for piece in pieces]
