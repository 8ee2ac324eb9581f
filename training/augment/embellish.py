"""Strategies for lines over chords: the notes that carry the harmony, and dense lines around them.

Each takes a piece and returns one with the same chords, length and feel; bars keep their order. A
piece without a feel gets one, the same for all its phrases. A skeleton is what remains of a melody
in a harmonic reduction; embellishing goes the other way (Lopez and Fujinaga 2020).
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from perform.music.feel import GRIDS, THIRD, Feel
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from perform.music.scale import next_pitch
from training.data.grid import implied_feel, on_grid
from training.data.piece import Piece, PieceNote

LineStrategy = Callable[[Piece, np.random.Generator], Piece]
Line = list[PieceNote]
Run = tuple[int, ...]  # pitches
DRAWN_FEELS: tuple[Feel, ...] = ("swing", "swing", "straight", "latin", "ballad")
HALF_BAR = TICKS_PER_BAR // 2
SHORTEST = THIRD  # ticks: a swung off-beat quaver
MARGIN = 2  # semitones that a new note may be beyond the range of the piece
SOFTER = 6  # how much softer new notes are
LONGEST_FILLED = 4 * TICKS_PER_BEAT  # a longer note is held until its last two beats
HELD_SHARE, CHROMATIC_SHARE, DISPLACED_SHARE, ENCLOSED_SHARE = 0.35, 0.3, 0.4, 0.75
# what it costs to begin or end a run by an interval of so many semitones; wider ones are refused
INTERVAL_COSTS = {1: 0.0, 2: 0.0, 3: 0.7, 4: 0.7, 5: 1.5, 6: 3.0, 7: 3.0}
WEAK_TONE_COST = 0.8  # of a note on a strong beat that is no chord tone
TURN_COST = 0.5  # of each change of direction after the first


class Gap(NamedTuple):
    """Two notes of a line that follow each other, between which a strategy puts others."""

    line: Piece
    first: PieceNote
    target: PieceNote

    def tones(self, tick: int) -> frozenset[int]:
        """The tones of the chord that sounds at a tick; none where no chord is known."""
        chord = self.line.chord_at(tick)
        return chord.tones if chord is not None else frozenset()

    def scale(self, tick: int) -> frozenset[int]:
        """The scale of that chord."""
        chord = self.line.chord_at(tick)
        return frozenset(chord.scale) if chord is not None else frozenset()


Fill = Callable[[Gap, np.random.Generator], Line]


def skeleton(piece: Piece, rng: np.random.Generator) -> Piece:
    """Lines with only the notes that carry the harmony (Lopez and Fujinaga 2020).

    These are chord tones on beats 1 and 3, notes of two beats or more, and the first of each
    phrase. Each lasts to the next one, but rests of a beat or more stay.
    """
    placed = on_grid(piece._replace(feel=piece.feel or _feel(piece, rng)))
    firsts = set(placed.phrases)
    kept = [
        place
        for place, note in enumerate(placed.notes)
        if place in firsts or note.duration >= HALF_BAR or _is_strong_tone(placed, note)
    ]
    if not kept:
        return placed
    notes = [
        placed.notes[place]._replace(duration=end - placed.notes[place].start)
        for place, end in zip(kept, _ends(placed.notes, kept), strict=True)
    ]
    return _with_notes(placed, notes)


def passing_notes(piece: Piece, rng: np.random.Generator) -> Piece:
    """Lines of quavers that pass by steps of the chord scale between the notes of their skeleton.

    A run turns once at most; the last note before its target may be a semitone below it (approach
    tones, Keller and Morrison 2007).
    """
    return _filled(skeleton(piece, rng), rng, _passing)


def enclosures(piece: Piece, rng: np.random.Generator) -> Piece:
    """Lines in which most notes of the skeleton come after a step above and a semitone below them.

    This is the enclosure of bebop (Coker, Elements of the Jazz Language, 1991).
    """

    def some(gap: Gap, rng: np.random.Generator) -> Line:
        return _enclosing(gap, rng) if rng.random() < ENCLOSED_SHARE else []

    return _filled(skeleton(piece, rng), rng, some)


def arpeggios(piece: Piece, rng: np.random.Generator) -> Piece:
    """Lines of quavers that run through the tones of the chord that sounds.

    They lead from note to note of the skeleton (change running: Coker, Elements of the Jazz
    Language, 1991).
    """
    return _filled(skeleton(piece, rng), rng, _running)


def displaced_rhythm(piece: Piece, rng: np.random.Generator) -> Piece:
    """Lines in which notes on beats begin a quaver early and sound on into their beat.

    Such a note anticipates its beat (the syncopation shift of Temperley 1999). The note before
    ends earlier, and is never shorter than a quaver.
    """
    placed = on_grid(piece._replace(feel=piece.feel or _feel(piece, rng)))
    return _with_notes(placed, _displaced(placed, rng))


def embellishment(piece: Piece, rng: np.random.Generator) -> Piece:
    """Lines that use all of these: at each note of the skeleton one, drawn by chance.

    It is the reverse of a harmonic reduction (Lopez and Fujinaga 2020).
    """

    def mixed(gap: Gap, rng: np.random.Generator) -> Line:
        made = FILLS[rng.integers(len(FILLS))](gap, rng)
        if not made or made[0].start <= gap.first.start + TICKS_PER_BEAT:
            return made
        # an enclosure leaves room before it: lead to its first note
        return [*FILLS[rng.integers(len(FILLS))](gap._replace(target=made[0]), rng), *made]

    filled = _filled(skeleton(piece, rng), rng, mixed)
    return _with_notes(filled, _displaced(filled, rng))


def _feel(piece: Piece, rng: np.random.Generator) -> Feel:
    """The feel of the notes where they divide the beat in three, else one drawn by chance."""
    drawn = DRAWN_FEELS[rng.integers(len(DRAWN_FEELS))]
    return "swing" if implied_feel(piece) == "swing" else drawn


def _is_strong_tone(piece: Piece, note: PieceNote) -> bool:
    chord = piece.chord_at(note.start)
    return note.start % HALF_BAR == 0 and chord is not None and note.pitch % 12 in chord.tones


def _ends(notes: Sequence[PieceNote], kept: Sequence[int]) -> Iterator[int]:
    """Where each kept note ends: at the next one, or before a rest of a beat or more."""
    for place, following in pairwise([*kept, len(notes)]):
        end = notes[place].end
        for note in notes[place + 1 : following + 1]:
            if note.start - end >= TICKS_PER_BEAT:
                break
            end = note.end
        yield min([end, *(note.start for note in notes[following : following + 1])])


def _with_notes(piece: Piece, notes: Line) -> Piece:
    """The piece with other notes, among which the first of each of its phrases still stand."""
    firsts = {piece.notes[place].start for place in piece.phrases}
    starts = [place for place, note in enumerate(notes) if note.start in firsts]
    return piece._replace(notes=tuple(notes), phrases=tuple(starts))


def _filled(line: Piece, rng: np.random.Generator, fill: Fill) -> Piece:
    """The line with what `fill` puts between notes that follow each other inside a phrase."""
    firsts = {line.notes[place].start for place in line.phrases}
    notes: Line = []
    for first, target in pairwise(line.notes):
        joined = first.end == target.start and target.start not in firsts
        made = fill(Gap(line, first, target), rng) if joined else []
        end = made[0].start if made else first.end
        notes += [first._replace(duration=end - first.start), *made]
    return _with_notes(line, [*notes, *line.notes[-1:]])


def _displaced(line: Piece, rng: np.random.Generator) -> Line:
    firsts = {line.notes[place].start for place in line.phrases}
    off_beat = _off_beat(line)
    notes: Line = []
    for note in line.notes:
        early = note.start - TICKS_PER_BEAT + off_beat
        drawn = rng.random() < DISPLACED_SHARE
        if drawn and note.start % TICKS_PER_BEAT == 0 and note.start not in firsts and notes:
            last = notes[-1]
            if early - last.start >= SHORTEST and last.pitch != note.pitch:
                notes[-1] = last._replace(duration=min(last.end, early) - last.start)
                notes.append(note._replace(start=early, duration=note.end - early))
                continue
        notes.append(note)
    return notes


def _off_beat(line: Piece) -> int:
    """The tick of a beat at which its second quaver begins."""
    swings = line.feel is not None and THIRD in GRIDS[line.feel]
    return 2 * THIRD if swings else TICKS_PER_BEAT // 2


def _places(gap: Gap, rng: np.random.Generator) -> list[int]:
    """The quavers to fill between two notes; () where no chord is known."""
    line, first, target = gap
    long = target.start - first.start
    held = long > LONGEST_FILLED or (long > HALF_BAR and rng.random() < HELD_SHARE)
    begin = max(first.start + SHORTEST, target.start - HALF_BAR if held else 0)
    end = target.start - SHORTEST
    beats = range(begin - begin % TICKS_PER_BEAT, target.start, TICKS_PER_BEAT)
    places = [beat + at for beat in beats for at in (0, _off_beat(line))]
    return [it for it in places if begin <= it <= end and line.chord_at(it) is not None]


def _best(
    gap: Gap,
    places: list[int],
    runs: Callable[[list[int]], Iterator[Run]],
    rng: np.random.Generator,
) -> Line:
    """The notes of the run that leads best from note to note; of fewer places where none does."""
    while places:
        costs = [(_cost(gap, places, run) + rng.random(), run) for run in runs(places)]
        cost, run = min(costs)
        if cost < np.inf:
            return _notes(gap, places, run)
        places = places[1:]
    return []


def _cost(gap: Gap, places: Sequence[int], run: Run) -> float:
    """How badly a run joins the two notes and stands over its chords; infinite off the range."""
    pitches = [note.pitch for note in gap.line.notes]
    if min(run) < min(pitches) - MARGIN or max(run) > max(pitches) + MARGIN:
        return np.inf
    joins = (abs(run[0] - gap.first.pitch), abs(gap.target.pitch - run[-1]))
    weak = sum(
        place % HALF_BAR == 0 and pitch % 12 not in gap.tones(place)
        for place, pitch in zip(places, run, strict=True)
    )
    ways = np.sign(np.diff((gap.first.pitch, *run, gap.target.pitch)))
    turns = max(0, int((ways[1:] != ways[:-1]).sum()) - 1)
    cost = sum(INTERVAL_COSTS.get(join, np.inf) for join in joins)
    return cost + WEAK_TONE_COST * weak + TURN_COST * turns


def _notes(gap: Gap, places: Sequence[int], run: Run) -> Line:
    """A run as notes, each to the beginning of the next one, softer than the first note."""
    velocity = max(1, gap.first.velocity - SOFTER)
    return [
        PieceNote(start, end - start, pitch, velocity)
        for start, end, pitch in zip(places, [*places[1:], gap.target.start], run, strict=True)
    ]


def _passing(gap: Gap, rng: np.random.Generator) -> Line:
    """Steps of the scale that end a step from the target."""

    def runs(places: list[int]) -> Iterator[Run]:
        for way in (-1, 1):
            for turn in range(len(places)):
                pitch, run = gap.target.pitch, list[int]()
                for index, place in reversed(list(enumerate(places))):
                    pitch = next_pitch(pitch, gap.scale(place), -way if index >= turn else way)
                    run.insert(0, pitch)
                yield tuple(run)

    made = _best(gap, _places(gap, rng), runs, rng)
    below = gap.target.pitch - 1
    if len(made) > 1 and rng.random() < CHROMATIC_SHARE:
        before, last = made[-2:]
        if last.pitch == below - 1 and before.pitch != below:
            made[-1] = last._replace(pitch=below)
    return made


def _running(gap: Gap, rng: np.random.Generator) -> Line:
    """Chord tones in one direction, or in one and then the other."""

    def runs(places: list[int]) -> Iterator[Run]:
        for way in (-1, 1):
            for turn in range(1, len(places) + 1):
                pitch, run = gap.first.pitch, list[int]()
                for index, place in enumerate(places):
                    pitch = next_pitch(pitch, gap.tones(place), way if index < turn else -way)
                    run.append(pitch)
                yield tuple(run)

    return _best(gap, _places(gap, rng), runs, rng)


def _enclosing(gap: Gap, rng: np.random.Generator) -> Line:
    """A step above the target and the semitone below it; the latter alone after that step."""
    target = gap.target.pitch
    above = min(next_pitch(target, gap.scale(gap.target.start), 1), target + 2)
    places = _places(gap, rng)[-2:]
    if above == gap.first.pitch:
        return _notes(gap, places[-1:], (target - 1,)) if places else []
    run = (above, target - 1)
    if len(places) < 2 or not np.isfinite(_cost(gap, places, run)):
        return []
    return _notes(gap, places, run)


FILLS: tuple[Fill, ...] = (_passing, _passing, _running, _enclosing)
