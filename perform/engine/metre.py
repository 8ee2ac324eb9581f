"""Metres beside 4/4, and how a bar of 4/4 material is fitted into one."""

import re
from typing import NamedTuple

from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT, Note, Phrase

QUAVER = TICKS_PER_BEAT // 2
_TEXT = re.compile(r"(\d{1,2})/([48])")
_COMPOUND = {6, 9, 12}


class Metre(NamedTuple):
    """Ticks (480 a quarter note) of a bar and of the beat that is counted in it."""

    bar: int = TICKS_PER_BAR
    beat: int = TICKS_PER_BEAT

    @property
    def beats(self) -> int:
        """Beats in a bar; the last may be short (7/8 counts four)."""
        return -(-self.bar // self.beat)


COMMON = Metre()


def parse_metre(text: str) -> Metre:
    """The metre that "3/4" or "12/8" spells; ValueError for anything but 2 to 15 quarters or quavers.

    6/8, 9/8 and 12/8 are counted in dotted quarters, other eighths in quarters.
    """
    match = _TEXT.fullmatch(text.strip())
    if not match or not 2 <= int(match.group(1)) <= 15:
        raise ValueError(f"{text!r} is no metre; write it like 3/4, 5/4, 6/8, 7/8 or 12/8")
    count, unit = int(match.group(1)), int(match.group(2))
    if unit == 4:
        return Metre(count * TICKS_PER_BEAT, TICKS_PER_BEAT)
    compound = count in _COMPOUND
    return Metre(count * QUAVER, 3 * QUAVER if compound else TICKS_PER_BEAT)


def spell(metre: Metre) -> str:
    """The metre as `parse_metre` reads it: in quarters where they fill the bar and are its beat."""
    quarters, rest = divmod(metre.bar, TICKS_PER_BEAT)
    if not rest and metre.beat == TICKS_PER_BEAT:
        return f"{quarters}/4"
    return f"{metre.bar // QUAVER}/8"


def fitted(phrase: Phrase, metre: Metre) -> Phrase:
    """A bar of 4/4 material as a bar of a metre.

    Four dotted beats (12/8) shuffle it, quaver for quaver; a shorter bar crops it; a longer one goes
    on with it from the beginning.
    """
    if metre == COMMON:
        return phrase
    if metre.beat == 3 * QUAVER and metre.bar == 4 * metre.beat:
        return tuple(
            Note(start, max(_shuffled(note.end) - start, QUAVER // 2), note.pitch)
            for note in phrase
            for start in (_shuffled(note.start),)
        )
    turns = -(-metre.bar // TICKS_PER_BAR)
    line = [
        note._replace(start=note.start + turn * TICKS_PER_BAR)
        for turn in range(turns)
        for note in phrase
    ]
    return tuple(
        note._replace(duration=min(note.duration, metre.bar - note.start))
        for note in line
        if note.start < metre.bar
    )


def _shuffled(tick: int) -> int:
    """A beat of four sixteenths as three quavers: the first half of it takes two of them."""
    beat, place = divmod(tick, TICKS_PER_BEAT)
    place = 2 * place if place <= QUAVER else 2 * QUAVER + (place - QUAVER)
    return beat * 3 * QUAVER + round(place / (QUAVER // 2)) * (QUAVER // 2)
