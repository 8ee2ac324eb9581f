"""Voice leading: where the rest of a line goes when another chord sounds than the one expected."""

from functools import lru_cache

from perform.engine.metre import COMMON, QUAVER, Metre
from perform.engine.voicing import PreviousNote, fold_into
from perform.music.line_context import ContextChord
from perform.music.note import TICKS_PER_BEAT, Note, Phrase

REACH = 6  # semitones: how far a note may go
# in semitones: how much farther a chord tone goes than to leave the chord, and to keep the contour
OUTSIDE_CHORD, BROKEN_CONTOUR = 4, 1000
# the cheapest way on from a note: its cost, and its pitch with the path of the notes behind it
Path = tuple[int, "Path | None"]
Way = tuple[int, Path]
Place = tuple[int, int]  # a pitch to which a note may go, and its cost


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
    ways: list[Way] = [(0, (following.pitch, None))] if following else []
    after = following
    for note in reversed(line):
        leading: list[Way] = []
        if after is not None and _leads(note, after, metre):
            leading = _leading(note.pitch - after.pitch, ways, low, high)
        ways = leading or _ways_on(note, after, _places(note, old, new, low, high), ways)
        after = note
    if previous is not None:
        step = _direction(line[0].pitch - previous.written)
        if step:
            ways = [
                way if _direction(way[1][0] - previous.sounded) == step else _broken(way)
                for way in ways
            ]
    return _pitches(min(ways)[1], len(line))


def _leads(note: Note, after: Note, metre: Metre) -> bool:
    """Whether a note is an approach to the next one, or part of a chromatic run."""
    return (
        abs(note.pitch - after.pitch) == 1
        and note.duration <= QUAVER
        and after.start - note.start < TICKS_PER_BEAT
        and metre.weight(note.start) == 0
    )


def _leading(step: int, ways: list[Way], low: int, high: int) -> list[Way]:
    """The ways on of a note that stays `step` away from the next one."""
    return [(cost, (path[0] + step, path)) for cost, path in ways if low <= path[0] + step <= high]


def _places(note: Note, old: ContextChord, new: ContextChord, low: int, high: int) -> list[Place]:
    """The places of a note, ascending; the nearer limit of a range without any."""
    at = note.pitch
    leaves = at % 12 in old.tones
    costs = _costs(new.tones, new.scale)
    found = [
        (pitch, abs(pitch - at) + (cost if leaves else 0))
        for pitch in range(max(low, at - REACH), min(high, at + REACH) + 1)
        if (cost := costs[pitch % 12]) is not None
    ]
    return found or [(fold_into(at, low, high), 0)]


@lru_cache(256)
def _costs(tones: tuple[int, ...], scale: tuple[int, ...]) -> tuple[int | None, ...]:
    """What each pitch class costs a chord tone that goes there; None outside tones and scale."""
    return tuple(
        0 if each in tones else OUTSIDE_CHORD if each in scale else None for each in range(12)
    )


def _ways_on(note: Note, after: Note | None, places: list[Place], ways: list[Way]) -> list[Way]:
    """The cheapest way on from each place of a note. It costs much where the contour breaks.

    Places and ways ascend. Each is looked at once, from the side to which the line goes on: four
    voices may lead their lines before a note sounds.
    """
    if after is None:
        return [(cost, (pitch, None)) for pitch, cost in places]
    written = _direction(after.pitch - note.pitch)
    otherwise = _broken(min(ways))
    if not written:
        same = {way[1][0]: min(way, otherwise) for way in ways}
        return [_behind(place, same.get(place[0], otherwise)) for place in places]
    rises = written > 0
    left = ways if rises else ways[::-1]
    best, at, found = otherwise, len(left) - 1, []
    for place in reversed(places) if rises else places:
        while at >= 0 and (left[at][1][0] > place[0] if rises else left[at][1][0] < place[0]):
            best = min(best, left[at])
            at -= 1
        found.append(_behind(place, best))
    return found[::-1] if rises else found


def _broken(way: Way) -> Way:
    return way[0] + BROKEN_CONTOUR, way[1]


def _behind(place: Place, way: Way) -> Way:
    """A way that goes on from a place."""
    return place[1] + way[0], (place[0], way[1])


def _pitches(path: Path, count: int) -> tuple[int, ...]:
    """The first pitches of a path."""
    pitches: list[int] = []
    rest: Path | None = path
    while rest is not None and len(pitches) < count:
        pitches.append(rest[0])
        rest = rest[1]
    return tuple(pitches)


def _direction(interval: int) -> int:
    return (interval > 0) - (interval < 0)
