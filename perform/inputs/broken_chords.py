"""Broken chords: keys that go down one after the other, and sound together to the ear.

They are notes that a pedal or fingers tie to the next one, or an arpeggio that repeats. A melody is
told from them by its steps, and by notes that make no chord.
"""

from collections import deque
from collections.abc import Callable
from itertools import pairwise

from perform.music.chord import Chord
from perform.music.rootless import RARE, rarity

LONGEST_GAP = 2.0  # seconds between the notes of an arpeggio: quarter notes at 40, with some rest
LONGEST_PATTERN, SHORTEST_PATTERN = 8, 3
STEP = 2  # semitones: two steps in a row, in one direction, are a melody
_THIRDS = (3, 4)
Recognise = Callable[[set[int]], Chord | None]


class BrokenChords:
    """Follows single keys, and finds the chord that they break.

    `block`: so many keys at once are no broken chord.
    """

    def __init__(self, block: int) -> None:
        self._block = block
        self._run: list[int] = []  # notes that are tied to each other
        self._strikes: deque[tuple[int, float]] = deque(maxlen=2 * LONGEST_PATTERN)
        self._kept: set[int] | None = None  # the notes of the run that a new pedal leaves
        self._together = 0  # keys of the last strike
        self.gap = 0.0  # between the last two strikes of a run, in seconds; 0 for none
        self.grew = True  # whether the last strike brought a new pitch class to the run

    def strike(self, note: int, now: float, *, tied: bool) -> None:
        """A key goes down, later than those before it. `tied`: the note before it still sounds."""
        since = now - self._strikes[-1][1] if self._strikes else LONGEST_GAP + 1
        if since > LONGEST_GAP:
            self.clear()
        if not tied:
            self._run.clear()
        elif self._kept is not None:
            self._run = [each for each in self._run if each in self._kept]
        self._kept = None
        self.gap = since if tied and self._run else 0.0
        self.grew = all(each % 12 != note % 12 for each in self._run)
        self._run.append(note)
        self._strikes.append((note, now))
        self._together = 1

    def add(self, note: int) -> None:
        """Another key goes down together with the last one."""
        self._together += 1
        if self._together >= self._block:
            self.clear()
        elif self._strikes:
            self._run.append(note)
            self._strikes.append((note, self._strikes[-1][1]))

    @property
    def alone(self) -> tuple[int, float] | None:
        """The note that went down last, and when, if it went down alone."""
        return self._strikes[-1] if self._together == 1 and self._strikes else None

    def untie(self, sounding: set[int]) -> None:
        """The pedal goes up: only the notes that still sound are tied to the next one."""
        self._kept = sounding

    def clear(self) -> None:
        """Begin anew."""
        self._run.clear()
        self._strikes.clear()
        self._kept = None
        self._together = 0
        self.gap = 0.0

    def find(self, recognise: Recognise) -> tuple[Chord, set[int]] | None:
        """The chord that is broken now, with its notes."""
        for notes, common in ((self._repeated(), False), (self._run, True)):
            if len({note % 12 for note in notes}) < SHORTEST_PATTERN:
                continue
            chord = None if _is_melody(notes) else recognise(set(notes))
            if chord is not None and _spells(chord, notes, common=common):
                return chord, set(notes)
            if common:
                del self._run[:-1]  # the last note belongs to something else
        return None

    def _repeated(self) -> list[int]:
        """The notes of the shortest pattern that was just played twice."""
        notes = [note for note, _ in self._strikes]
        for length in range(SHORTEST_PATTERN, LONGEST_PATTERN + 1):
            if len(notes) >= 2 * length and notes[-length:] == notes[-2 * length : -length]:
                return notes[-length:]
        return []


def _is_melody(notes: list[int]) -> bool:
    """Whether two steps in a row go on in one direction; G A G is the top of a sixth chord."""
    moves = [after - before for before, after in pairwise(notes)]
    return any(a * b > 0 and max(abs(a), abs(b)) <= STEP for a, b in pairwise(moves))


def _spells(chord: Chord, notes: list[int], *, common: bool) -> bool:
    """Whether the notes are tones of the chord, with its third; `common`: no unusual chord."""
    classes = {note % 12 for note in notes}
    third = any((chord.root + step) % 12 in classes & chord.tones for step in _THIRDS)
    unusual = rarity(chord.quality) > 0 if common else chord.quality.name in RARE
    return third and classes <= chord.tones and not unusual
