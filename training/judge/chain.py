"""A Markov chain of notes over chords, of order three with back-off: the baseline of the judge."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from training.data.piece import Piece, PieceNote

ORDER = 3
PLACES = 12
BAR = TICKS_PER_BAR * PLACES // TICKS_PER_BEAT
BACK_OFF = 0.15  # how often a shorter past is used although a longer one is known
LOW, HIGH = 50, 84
State = tuple[int, int, int, int]  # degree over the root, place in the beat, gap, move in register
Table = dict[tuple[State, ...], Counter[State]]


def learn(pieces: Sequence[Piece]) -> Table:
    """How often each note follows each past of up to three notes."""
    table: Table = {}
    for piece in pieces:
        states = _states(piece)
        for place, state in enumerate(states):
            for order in range(ORDER + 1):
                if order <= place:
                    past = tuple(states[place - order : place])
                    table.setdefault(past, Counter())[state] += 1
    return table


def _states(piece: Piece) -> list[State]:
    states, last_start, last_pitch = [], 0, None
    for note in piece.notes:
        chord = piece.chord_at(note.start)
        if chord is None:
            continue
        gap = min(_twelfths(note.start - last_start), BAR)
        move = 0 if last_pitch is None else max(-12, min(12, note.pitch - last_pitch))
        length = min(_twelfths(note.duration), BAR)
        states.append(((note.pitch - chord.root) % 12, move, gap, length))
        last_start, last_pitch = note.start, note.pitch
    return states


def _twelfths(ticks: int) -> int:
    return round(ticks * PLACES / TICKS_PER_BEAT)


def improvise(table: Table, chart: Piece, seed: int = 0) -> Piece:
    """A line over the chords of a piece, drawn note by note; the piece's notes are not used."""
    draws = np.random.default_rng(seed)
    past: list[State] = []
    notes: list[PieceNote] = []
    now, pitch = 0, 64
    while True:
        state = _draw(table, past, draws)
        now += max(1, state[2]) * TICKS_PER_BEAT // PLACES if notes else state[2] * 40
        if now >= chart.ticks:
            return chart._replace(notes=tuple(notes), phrases=(0,), player="chain")
        chord = chart.chord_at(now)
        past = [*past[-ORDER + 1 :], state]
        if chord is None:
            continue
        pitch = _nearest(pitch + state[1], (chord.root + state[0]) % 12)
        length = max(1, state[3]) * TICKS_PER_BEAT // PLACES
        if notes and notes[-1].end > now:
            notes[-1] = notes[-1]._replace(duration=now - notes[-1].start)
        notes.append(PieceNote(now, length, pitch))


def _nearest(target: int, degree: int) -> int:
    """The pitch of a pitch class that is nearest to a target, within the range of a line."""
    pitch = target + (degree - target + 6) % 12 - 6
    while pitch < LOW:
        pitch += 12
    while pitch > HIGH:
        pitch -= 12
    return pitch


def _draw(table: Table, past: Sequence[State], draws: np.random.Generator) -> State:
    for order in range(min(ORDER, len(past)), 0, -1):
        following = table.get(tuple(past[len(past) - order :]))
        if following and draws.random() > BACK_OFF:
            return _pick(following, draws)
    return _pick(table[()], draws)


def _pick(following: Counter[State], draws: np.random.Generator) -> State:
    states = list(following)
    weights = np.array([following[state] for state in states], float)
    return states[int(draws.choice(len(states), p=weights / weights.sum()))]
