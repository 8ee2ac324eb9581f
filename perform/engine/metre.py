"""Metres beside 4/4, and how a bar of 4/4 material is fitted into one."""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from perform.music.note import COLUMNS, TICKS_PER_BAR, TICKS_PER_BEAT, Note, Phrase

QUAVER, DOTTED = TICKS_PER_BEAT // 2, 3 * TICKS_PER_BEAT // 2
_TEXT = re.compile(r"(\d{1,2})/([48])")
LEAST, MOST = 2, 15  # quarters or quavers of a bar


class Metre(NamedTuple):
    """Ticks (480 a quarter note) of a bar and of the beat that is counted in it.

    Where the beat does not fill the bar, the last one is the longer: 7/8 is felt 2+2+3.
    """

    bar: int = TICKS_PER_BAR
    beat: int = TICKS_PER_BEAT

    @property
    def beats(self) -> int:
        """Beats in a bar; the last may be long (7/8 counts three)."""
        return max(1, self.bar // self.beat)

    @property
    def strong(self) -> tuple[int, ...]:
        """The ticks of the strong beats: where groups of two or three begin (5/4 is felt 3+2), either half
        of a bar of two, and a long last beat.
        """
        return _strong(self)

    @property
    def pulse(self) -> int:
        """Ticks of the notes that pair off where they swing: quavers, and semiquavers where the beats are of
        quavers, two and three (6/8, 7/8).
        """
        return QUAVER // 2 if self.bar % self.beat or self.beat == DOTTED else QUAVER

    @property
    def columns(self) -> int:
        """How many of the 64 columns of a bar in four are heard in one of this metre, as `fit_to_metre` has it."""
        whole = TICKS_PER_BAR * DOTTED // TICKS_PER_BEAT if self.beat == DOTTED else TICKS_PER_BAR
        return min(COLUMNS, COLUMNS * self.bar // whole)

    def weight(self, tick: int) -> int:
        """2 where a strong beat begins at a tick of the bar, 1 where another does, 0 between beats."""
        if tick % self.beat or tick // self.beat >= self.beats:
            return 0
        return 2 if tick in self.strong else 1

    def chord_ticks(self, shares: Sequence[float]) -> tuple[int, ...]:
        """The tick of each of several chords of a bar, given how much of a bar in four has gone by (ascending).

        Each has a beat of its own, near where it stands in four; a quaver where there are more chords than
        beats, or half of one where there are more than quavers.
        """
        unit = self.beat if len(shares) <= self.beats else QUAVER
        if len(shares) * unit > self.bar:
            unit = QUAVER // 2
        room = self.bar // unit
        places: list[int] = []
        for number, share in enumerate(shares):
            least = places[-1] + 1 if places else 0
            most = room - (len(shares) - number)
            places.append(max(least, min(int(share * room + 0.5), most)))
        return tuple(place * unit for place in places)


@cache
def _strong(metre: Metre) -> tuple[int, ...]:
    beats = metre.beats
    if beats == 5:
        places = [0, 3]
    elif beats == 2:
        places = [0, 1]
    elif beats % 3 == 0:
        places = list(range(0, beats, 3))
    else:
        places = list(range(0, max(1, beats - beats % 2), 2))
    if metre.bar % metre.beat and beats > 1:
        places.append(beats - 1)
    return tuple(sorted({place * metre.beat for place in places}))


COMMON = Metre()


def parse_metre(text: str) -> Metre:
    """The metre that "3/4" or "12/8" spells; ValueError for anything but 2 to 15 quarters or quavers.

    3/8, 6/8, 9/8, 12/8 and 15/8 are counted in dotted quarters, other eighths in quarters and a dotted one.
    """
    match = _TEXT.fullmatch(text.strip())
    if not match or not LEAST <= int(match.group(1)) <= MOST:
        raise ValueError(f"{text!r} is no metre; write it like 3/4, 5/4, 6/8, 7/8 or 12/8")
    count, unit = int(match.group(1)), int(match.group(2))
    if unit == 4:
        return Metre(count * TICKS_PER_BEAT, TICKS_PER_BEAT)
    return Metre(count * QUAVER, DOTTED if count % 3 == 0 else TICKS_PER_BEAT)


def beats_by_metre() -> dict[str, int]:
    """How many beats a bar has in each metre that there is, by its spelling: for whoever only shows them."""
    spellings = (f"{count}/{unit}" for unit in (4, 8) for count in range(LEAST, MOST + 1))
    return {spelled: parse_metre(spelled).beats for spelled in spellings}


def format_metre(metre: Metre) -> str:
    """The metre as `parse_metre` reads it: in quarters where they fill the bar and are its beat."""
    quarters, rest = divmod(metre.bar, TICKS_PER_BEAT)
    if not rest and metre.beat == TICKS_PER_BEAT:
        return f"{quarters}/4"
    return f"{metre.bar // QUAVER}/8"


def fit_to_metre(phrase: Phrase, metre: Metre) -> Phrase:
    """A bar of 4/4 material as a bar of a metre.

    Dotted beats (6/8, 12/8) shuffle it, beat for beat; a shorter bar crops it, from the first beat on that leaves
    something; a longer one goes on with it from the beginning.
    """
    if metre == COMMON or not phrase:
        return phrase
    length = TICKS_PER_BAR
    if metre.beat == DOTTED:
        phrase, length = _shuffled(phrase), TICKS_PER_BAR * DOTTED // TICKS_PER_BEAT
    if phrase[0].start >= metre.bar:
        empty = phrase[0].start // metre.beat * metre.beat
        phrase = tuple(note._replace(start=note.start - empty) for note in phrase)
    line = [
        note._replace(start=note.start + turn * length)
        for turn in range(-(-metre.bar // length))
        for note in phrase
    ]
    return tuple(
        note._replace(duration=min(note.duration, metre.bar - note.start))
        for note in line
        if note.start < metre.bar
    )


def to_common_time(phrase: Phrase, metre: Metre) -> Phrase:
    """A bar that was played in a metre as material of 4/4: the inverse of `fit_to_metre`, as far as there is one.

    What a longer bar has after its fourth beat comes from the beginning again.
    """
    if metre.beat != DOTTED:
        return tuple(note._replace(start=note.start % TICKS_PER_BAR) for note in phrase)
    return tuple(note._replace(start=_even(note.start) % TICKS_PER_BAR) for note in phrase)


def _even(tick: int) -> int:
    """A beat of three quavers as four sixteenths: `_dotted` the other way."""
    beat, place = divmod(tick, DOTTED)
    return beat * TICKS_PER_BEAT + (place // 2 if place <= 2 * QUAVER else place - QUAVER)


def _shuffled(phrase: Phrase) -> Phrase:
    placed: dict[int, int] = {}  # where notes go -> where they came from: no two to one place
    return tuple(
        Note(start, max(_dotted(note.end) - start, QUAVER // 2), note.pitch)
        for note in phrase
        for start in (_dotted(note.start),)
        if placed.setdefault(start, note.start) == note.start
    )


def _dotted(tick: int) -> int:
    """A beat of four sixteenths as three quavers: the first half of it takes two of them."""
    beat, place = divmod(tick, TICKS_PER_BEAT)
    place = 2 * place if place <= QUAVER else 2 * QUAVER + (place - QUAVER)
    return beat * DOTTED + round(place / (QUAVER // 2)) * (QUAVER // 2)
