"""Bars that take up a motif: its rhythm and contour, moved to the chords of another bar.

A sequence moves the motif, an answer ends it in another way, a riff plays it again.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np

from perform.engine.voice_leading import lead_line
from perform.music.feel import GRIDS, Feel
from perform.music.line_codec import chord_at, root_shift
from perform.music.line_context import ContextChord, LineContext, Motif
from perform.music.note import (
    LOWEST_PITCH,
    ROWS,
    TICKS_PER_BAR,
    TICKS_PER_BEAT,
    Note,
    Phrase,
)
from perform.music.pianoroll import Rolls, decode, encode
from perform.music.pitch import semitones_from_c

RIFF_FEELS = ("funk", "shuffle")  # here a motif comes again where it was, or on the new root
MOVES = (-2, 2, -3, 3, -5, 5)  # elsewhere by how many semitones it may also move
MOST_BENT = 3  # semitones by which an interval may change
STEP, FIFTH = 2, 7  # semitones from the note before: at most, and where a riff comes again
FEWEST_NOTES = 4  # of what can be known again; a motif with fewer would leave holes
ENDING = 3 * TICKS_PER_BEAT  # from here on an answer is free
WIDEST_TURN = 4  # semitones from the motif to its new ending


def motif_bars(context: LineContext, rolls: Rolls) -> Rolls:
    """Bars that take up the motif of a context, int8 (n, 48, 64), relative to the bar's root.

    The versions that join the bar before, each whole, and with an ending of one of `rolls`. None
    where the context has no motif or no chords, or where the motif is in another feel.
    """
    motif = context.motif
    if not (motif and motif.chords and context.chords and _fits(motif.phrase, context.feel)):
        return rolls[:0]
    whole = _versions(motif, context)
    bars = [*whole, *_answers(whole, rolls)]
    return np.concatenate([rolls[:0], *(encode(bar, bars=1).rolls for bar in bars)])


def _fits(phrase: Phrase, feel: Feel | None) -> bool:
    """Whether a phrase has enough notes, the first of them in the first beat, all on the grid of a
    feel.
    """
    on_grid = feel is None or {note.start % TICKS_PER_BEAT for note in phrase} <= {*GRIDS[feel]}
    full = len(phrase) >= FEWEST_NOTES and min(phrase).start < TICKS_PER_BEAT
    return full and on_grid


def _versions(motif: Motif, context: LineContext) -> list[Phrase]:
    """The motif over the chords of a bar in several places, as near to the last note as can be."""
    shift = root_shift(context)
    sounding = semitones_from_c(motif.chords[0].root) - shift
    low = max(context.low - shift, LOWEST_PITCH)
    high = min(context.high - shift, LOWEST_PITCH + ROWS - 1)
    moves = {0, *(octave - sounding for octave in (-12, 0, 12))}
    if context.feel not in RIFF_FEELS:
        moves.update(MOVES)
    found: dict[Phrase, float] = {}
    for move in sorted(moves):
        moved = _moved(motif.phrase, sounding + move)
        pitches = [note.pitch for note in moved]
        if low <= min(pitches) and max(pitches) <= high:
            line = _led(moved, _relative(motif.chords, shift, move), context, low, high)
            if _bent(line, moved) <= MOST_BENT:
                found.setdefault(line, _distance(line, context, shift))
    near = FIFTH if context.feel in RIFF_FEELS else STEP
    return sorted((line for line in found if found[line] <= near), key=lambda line: found[line])


def _moved(phrase: Phrase, semitones: int) -> Phrase:
    return tuple(note._replace(pitch=note.pitch + semitones) for note in phrase)


def _relative(chords: Sequence[ContextChord], shift: int, move: int = 0) -> list[ContextChord]:
    """Chords as they are over a root, and moved by semitones."""
    by = move - shift
    return [
        ContextChord(
            chord.start,
            (chord.root + by) % 12,
            tuple(sorted((tone + by) % 12 for tone in chord.tones)),
            tuple(sorted((step + by) % 12 for step in chord.scale)),
        )
        for chord in chords
    ]


def _led(
    line: Phrase, old: list[ContextChord], context: LineContext, low: int, high: int
) -> Phrase:
    """A line that was written over `old`, over the chords of a bar."""
    new = _relative(context.chords, root_shift(context))

    def chords_under(note: Note) -> tuple[ContextChord, ContextChord]:
        was, now = (chord_at(chords, note.start) or chords[0] for chords in (old, new))
        return was, now

    led: list[Note] = []
    for (was, now), group in groupby(line, chords_under):
        notes = tuple(group)
        pitches = lead_line(notes, was, now, low, high)
        led += (note._replace(pitch=to) for note, to in zip(notes, pitches, strict=True))
    return tuple(led)


def _bent(line: Phrase, other: Phrase) -> int:
    """By how many semitones an interval of a line differs at most from the other's."""
    pairs = zip(pairwise(line), pairwise(other), strict=True)
    return max(abs(b.pitch - a.pitch - d.pitch + c.pitch) for (a, b), (c, d) in pairs)


def _distance(line: Phrase, context: LineContext, shift: int) -> int:
    """Semitones from the note before a line to its first; after a rest any distance is as near."""
    last = max(context.before, default=None)
    if last is None or line[0].start - last.end >= TICKS_PER_BEAT:
        return 0
    return abs(line[0].pitch + shift - last.pitch)


def _answers(versions: list[Phrase], rolls: Rolls) -> list[Phrase]:
    """The versions with endings of other bars: of each the one that goes on most closely."""
    endings = [tuple(note for note in decode(roll) if note.start >= ENDING) for roll in rolls]
    found = []
    for line in versions:
        head = [note for note in line if note.start < ENDING]
        if not head:
            continue
        near = [
            (abs(ending[0].pitch - head[-1].pitch), number)
            for number, ending in enumerate(endings)
            if ending and 0 < abs(ending[0].pitch - head[-1].pitch) <= WIDEST_TURN
        ]
        if near:
            tail = endings[min(near)[1]]
            last = head[-1]
            until = min(last.end, tail[0].start, TICKS_PER_BAR)
            found.append((*head[:-1], last._replace(duration=until - last.start), *tail))
    return found
