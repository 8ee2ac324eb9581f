"""Places pieces on the grid of their feel."""

from collections.abc import Iterator
from itertools import pairwise

from perform.music.feel import GRIDS, SIXTEENTH, THIRD, Feel
from perform.music.note import TICKS_PER_BEAT
from training.data.piece import Piece, PieceNote


def on_grid(piece: Piece) -> Piece:
    """The piece with its notes on the grid of its feel: one at a time, each within the piece.

    Of two notes that come to begin together the later one stays. A piece without a feel gets
    `swing` where more of its notes begin on thirds of a beat than elsewhere off it, else
    `straight`.
    """
    feel = piece.feel or implied_feel(piece)
    placed = {nearest_place(note.start, feel): place for place, note in enumerate(piece.notes)}
    starts = [start for start in placed if start < piece.ticks]
    notes = []
    for start, following in pairwise([*starts, piece.ticks]):
        note = piece.notes[placed[start]]
        least = next(it for it in _after(start, feel) if it > start)
        end = min(max(nearest_place(note.end, feel), least), following)
        notes.append(PieceNote(start, end - start, note.pitch, note.velocity))
    kept = [placed[start] for start in starts]
    phrases = tuple(
        dict.fromkeys(
            sum(place < first for place in kept)
            for first in piece.phrases
            if any(place >= first for place in kept)
        )
    )
    return piece._replace(notes=tuple(notes), phrases=phrases, feel=feel)


def implied_feel(piece: Piece) -> Feel:
    """`swing` where more notes begin near thirds of a beat than off the beat elsewhere."""
    off_beat = [note.start % TICKS_PER_BEAT for note in piece.notes]
    thirds = sum(min(abs(at - THIRD), abs(at - 2 * THIRD)) < THIRD // 6 for at in off_beat)
    others = sum(min(abs(at - SIXTEENTH * n) for n in (1, 2, 3)) < THIRD // 6 for at in off_beat)
    return "swing" if thirds > others else "straight"


def _after(tick: int, feel: Feel) -> Iterator[int]:
    """The places of a feel from the beat of a tick on, to the end of the next beat."""
    beat = tick - tick % TICKS_PER_BEAT
    for first in (beat, beat + TICKS_PER_BEAT, beat + 2 * TICKS_PER_BEAT):
        yield from (first + place for place in GRIDS[feel])


def nearest_place(tick: int, feel: Feel) -> int:
    """The place of a feel that is nearest to a tick; of two the later, as a quaver is swung."""
    return min(_after(tick, feel), key=lambda place: (abs(place - tick), -place))
