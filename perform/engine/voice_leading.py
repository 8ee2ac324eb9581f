"""Voice leading: where the rest of a line goes when another chord sounds than the one expected."""

from perform.engine.metre import COMMON, QUAVER, Metre
from perform.engine.voicing import PreviousNote, fold_into
from perform.music.line_context import ContextChord
from perform.music.note import TICKS_PER_BEAT, Note, Phrase

REACH = 6  # semitones: how far a note may go
# in semitones: how much farther a chord tone goes than to leave the chord, and to keep the contour
OUTSIDE_CHORD, BROKEN_CONTOUR = 4, 1000
# for each pitch of a note, the best way on: its cost, and the pitches from there on
Ways = dict[int, tuple[int, tuple[int, ...]]]


def lead_line(
    line: Phrase,
    old: ContextChord,
    new: ContextChord,
    low: int,
    high: int,
    metre: Metre = COMMON,
    previous: PreviousNote | None = None,
    following: Note | None = None,
) -> tuple[int, ...]:
    """The pitches of a line that was written over `old`, moved to `new`, from `low` to `high`.

    Tones of the old chord go to tones of the new one, other notes to its scale. The notes move as
    little as they can all together, and the line rises, falls and repeats where it did. A short
    note off the beat, a semitone from the next note, stays so: it leads there. `line`: one note at
    a time. `previous`: the note before it, over another chord, so that a repetition of it may move.
    `following`: a note after it, which stays.
    """
    if not line:
        return ()
    ways: Ways = {following.pitch: (0, ())} if following else {}
    for note, after in zip(reversed(line), (following, *line[:0:-1]), strict=True):
        leading: Ways = {}
        if after is not None and _leads(note, after, metre):
            leading = _leading(note.pitch - after.pitch, ways, low, high)
        ways = leading or {
            pitch: _way_on(pitch, cost, note, after, ways)
            for pitch, cost in _places(note, old, new, low, high).items()
        }
    if previous is not None:
        step = _direction(line[0].pitch - previous.written)
        for pitch, (cost, pitches) in ways.items():
            if step and _direction(pitch - previous.sounded) != step:
                ways[pitch] = cost + BROKEN_CONTOUR, pitches
    return min(ways.values())[1]


def _leads(note: Note, after: Note, metre: Metre) -> bool:
    """Whether a note is an approach to the next one, or part of a chromatic run."""
    return (
        abs(note.pitch - after.pitch) == 1
        and note.duration <= QUAVER
        and after.start - note.start < TICKS_PER_BEAT
        and metre.weight(note.start) == 0
    )


def _leading(step: int, ways: Ways, low: int, high: int) -> Ways:
    """The ways on of a note that stays `step` away from the next one."""
    return {
        after + step: (cost, (after + step, *pitches))
        for after, (cost, pitches) in ways.items()
        if low <= after + step <= high
    }


def _places(
    note: Note, old: ContextChord, new: ContextChord, low: int, high: int
) -> dict[int, int]:
    """The cost of each pitch to which a note may go; the nearer limit of a range without any."""
    leaving = OUTSIDE_CHORD if note.pitch % 12 in old.tones else 0
    found = {}
    for pitch in range(max(low, note.pitch - REACH), min(high, note.pitch + REACH) + 1):
        if pitch % 12 in new.tones:
            found[pitch] = abs(pitch - note.pitch)
        elif pitch % 12 in new.scale:
            found[pitch] = abs(pitch - note.pitch) + leaving
    return found or {fold_into(note.pitch, low, high): 0}


def _way_on(
    pitch: int, cost: int, note: Note, after: Note | None, ways: Ways
) -> tuple[int, tuple[int, ...]]:
    """The best way on from a pitch of a note; it costs much where the contour breaks."""
    if after is None:
        return cost, (pitch,)
    written = _direction(after.pitch - note.pitch)
    best, rest = min(
        (way if _direction(then - pitch) == written else (way[0] + BROKEN_CONTOUR, way[1]))
        for then, way in ways.items()
    )
    return best + cost, (pitch, *rest)


def _direction(interval: int) -> int:
    return (interval > 0) - (interval < 0)
