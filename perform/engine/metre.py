"""Metres beside 4/4, and how a bar of 4/4 material is fitted into one."""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from perform.music.note import COLUMNS, TICKS_PER_BAR, TICKS_PER_BEAT, Note, Phrase

QUAVER, DOTTED_QUARTER = TICKS_PER_BEAT // 2, 3 * TICKS_PER_BEAT // 2
_TEXT = re.compile(r"(\d{1,2})/([48])")
MIN_COUNT, MAX_COUNT = 2, 15  # quarters or quavers in a bar


class Metre(NamedTuple):
    """Ticks (480 a quarter note) of a bar and of its beat.

    Where the beat does not divide the bar, the last beat is longer: 7/8 is felt as 2+2+3.
    """

    bar: int = TICKS_PER_BAR
    beat: int = TICKS_PER_BEAT

    @property
    def beats(self) -> int:
        """Beats in a bar; the last may be long (7/8 counts three)."""
        return max(1, self.bar // self.beat)

    @property
    def strong(self) -> tuple[int, ...]:
        """The ticks of the strong beats: where groups of two or three beats begin (5/4 is felt as
        3+2), both beats of a bar of two, and a long last beat.
        """
        return _strong(self)

    @property
    def swing_unit(self) -> int:
        """Ticks of the notes that swing in pairs: quavers, or semiquavers where beats are dotted or
        of unequal length (6/8, 7/8).
        """
        return QUAVER // 2 if self.bar % self.beat or self.beat == DOTTED_QUARTER else QUAVER

    @property
    def columns(self) -> int:
        """How many of the 64 columns of a 4/4 bar `fit_to_metre` leaves in a bar of this metre."""
        dotted = self.beat == DOTTED_QUARTER
        whole = TICKS_PER_BAR * DOTTED_QUARTER // TICKS_PER_BEAT if dotted else TICKS_PER_BAR
        return min(COLUMNS, COLUMNS * self.bar // whole)

    def weight(self, tick: int) -> int:
        """The metrical weight of a tick of the bar: 2 on a strong beat, 1 on another, else 0."""
        if tick % self.beat or tick // self.beat >= self.beats:
            return 0
        return 2 if tick in self.strong else 1

    def chord_ticks(self, shares: Sequence[float]) -> tuple[int, ...]:
        """The tick of each of several chords of a bar. `shares` (ascending): how much of a 4/4 bar
        has gone by at each chord.

        Each chord gets its own beat, near its place in 4/4; its own quaver where there are more
        chords than beats, or less where there are more chords than quavers.
        """
        unit = self.beat if len(shares) <= self.beats else QUAVER
        while len(shares) * unit > self.bar:
            unit //= 2
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
    """The metre that "3/4" or "12/8" spells.

    ValueError for anything but 2 to 15 quarters or quavers.

    3/8, 6/8, 9/8, 12/8 and 15/8 have dotted quarters as beats; other eighths have quarters, the
    last one longer.
    """
    match = _TEXT.fullmatch(text.strip())
    if not match or not MIN_COUNT <= int(match.group(1)) <= MAX_COUNT:
        raise ValueError(f"{text!r} is no metre; write it like 3/4, 5/4, 6/8, 7/8 or 12/8")
    count, unit = int(match.group(1)), int(match.group(2))
    if unit == 4:
        return Metre(count * TICKS_PER_BEAT, TICKS_PER_BEAT)
    return Metre(count * QUAVER, DOTTED_QUARTER if count % 3 == 0 else TICKS_PER_BEAT)


def beats_by_metre() -> dict[str, int]:
    """The number of beats in a bar of every metre, by its spelling; for displays."""
    counts = range(MIN_COUNT, MAX_COUNT + 1)
    spellings = (f"{count}/{unit}" for unit in (4, 8) for count in counts)
    return {spelling: parse_metre(spelling).beats for spelling in spellings}


def format_metre(metre: Metre) -> str:
    """The metre as `parse_metre` reads it: in quarters where they are its beat and fill the bar."""
    quarters, rest = divmod(metre.bar, TICKS_PER_BEAT)
    if not rest and metre.beat == TICKS_PER_BEAT:
        return f"{quarters}/4"
    return f"{metre.bar // QUAVER}/8"


def fit_to_metre(phrase: Phrase, metre: Metre, since: int | None = None) -> Phrase:
    """A bar of 4/4 material as a bar of another metre.

    Dotted beats (6/8, 12/8) shuffle it, beat for beat. A shorter bar crops it, from the first beat
    that has a note. A longer bar starts it again from its beginning; or, where a tick of the
    material is given, from the beat since then whose first note is nearest to a step from the last
    one.
    """
    if metre == COMMON or not phrase:
        return phrase
    length = TICKS_PER_BAR
    if metre.beat == DOTTED_QUARTER:
        phrase = _shuffle(phrase)
        length = TICKS_PER_BAR * DOTTED_QUARTER // TICKS_PER_BEAT
    whole = length
    if phrase[0].start >= metre.bar:
        empty = phrase[0].start // metre.beat * metre.beat
        phrase = tuple(note._replace(start=note.start - empty) for note in phrase)
    notes, begin = list(phrase), 0
    while length < metre.bar:
        if since is not None:
            begin = _flowing_beat(phrase, from_material(since, metre), metre)
        notes += [
            note._replace(start=note.start + length - begin)
            for note in phrase
            if note.start >= begin
        ]
        length += whole - begin
    return tuple(
        note._replace(duration=min(note.duration, metre.bar - note.start))
        for note in notes
        if note.start < metre.bar
    )


def _flowing_beat(phrase: Phrase, since: int, metre: Metre) -> int:
    """The beat of a phrase from `since` on, in ticks, where it goes on best from its last note.

    The last beat would be an echo: it is the best one only where others leap.
    """
    last = max(phrase).pitch
    firsts: dict[int, Note] = {}
    for note in phrase:
        firsts.setdefault(note.start // metre.beat * metre.beat, note)
    beats = [beat for beat in firsts if beat >= since] or [0]

    def jump(beat: int) -> int:
        away = abs(firsts[beat].pitch - last) if beat in firsts else 0
        leap = away - 2 if away > 2 else 2 * (away == 0)
        return leap + 2 * (beat == max(firsts))

    return min(beats, key=jump)


def to_common_time(phrase: Phrase, metre: Metre) -> Phrase:
    """A bar that was played in a metre as 4/4 material: the inverse of `fit_to_metre`, as far as
    there is one.

    Notes after the fourth beat of a longer bar start again from the beginning.
    """
    if metre.beat != DOTTED_QUARTER:
        return tuple(note._replace(start=note.start % TICKS_PER_BAR) for note in phrase)
    return tuple(note._replace(start=_to_plain(note.start) % TICKS_PER_BAR) for note in phrase)


def to_material(tick: int, metre: Metre) -> int:
    """A tick of a bar of a metre as a tick of its 4/4 material; both may be before the bar."""
    return _to_plain(tick) if metre.beat == DOTTED_QUARTER else tick


def from_material(tick: int, metre: Metre) -> int:
    """A tick of 4/4 material as a tick of a bar of a metre: the inverse of `to_material`."""
    return _to_dotted(tick) if metre.beat == DOTTED_QUARTER else tick


def _to_plain(tick: int) -> int:
    """A tick in beats of three quavers, in beats of four sixteenths: `_to_dotted` inverted."""
    beat, place = divmod(tick, DOTTED_QUARTER)
    return beat * TICKS_PER_BEAT + (place // 2 if place <= 2 * QUAVER else place - QUAVER)


def _shuffle(phrase: Phrase) -> Phrase:
    """The phrase in dotted beats; where two onsets meet, the note with the first onset stays."""
    taken: dict[int, int] = {}  # onset in dotted beats -> onset in plain beats
    return tuple(
        Note(start, max(_to_dotted(note.end) - start, QUAVER // 2), note.pitch)
        for note in phrase
        for start in (_to_dotted(note.start),)
        if taken.setdefault(start, note.start) == note.start
    )


def _to_dotted(tick: int) -> int:
    """A tick in beats of four sixteenths, moved to beats of three quavers: the first half of a beat
    takes two of them.
    """
    beat, place = divmod(tick, TICKS_PER_BEAT)
    place = 2 * place if place <= QUAVER else 2 * QUAVER + (place - QUAVER)
    return beat * DOTTED_QUARTER + round(place / (QUAVER // 2)) * (QUAVER // 2)
