"""Musical form: which bars repeat or vary, where a line comes to rest, whose turn it is."""

from collections.abc import Callable
from typing import Literal

from perform.engine.metre import COMMON, QUAVER, Metre
from perform.engine.seeded_random import uniform
from perform.music.note import Note, Phrase

Mode = Literal["flow", "answer", "trade", "hold"]
TURN_MODES = ("answer", "trade")  # the voice and the player take turns


def material_index(bar: int, form: str) -> int:
    """Which invented bar plays at `bar`, from 0, when bars return as `form` says."""
    group, place = divmod(bar, len(form))
    letters = sorted(set(form), key=form.index)
    return group * len(letters) + letters.index(form[place])


def is_repeat(bar: int, form: str) -> bool:
    """Whether the bar repeats an earlier bar of its group."""
    place = bar % len(form)
    return form[place] in form[:place]


def repeated_bar(bar: int, form: str) -> int:
    """The first bar of its group that has the letter of a bar."""
    place = bar % len(form)
    return bar - place + form.index(form[place])


def is_last(bar: int, form: str) -> bool:
    """Whether the bar is the last of a group of two or more."""
    return len(form) > 1 and bar % len(form) == len(form) - 1


def plays(mode: Mode, bar: int, turn_length: int) -> bool:
    """Whether a voice plays in a bar, counted from the bar in which its mode was set.

    In "answer" the player has the first turn, in "trade" the voice has it.
    """
    if mode == "answer":
        return bar // turn_length % 2 == 1
    return mode != "trade" or bar // turn_length % 2 == 0


def ends_turn(mode: Mode, bar: int, turn_length: int) -> bool:
    """Whether a voice's turn ends with a bar, counted as in `plays`."""
    return plays(mode, bar, turn_length) and not plays(mode, bar + 1, turn_length)


def vary(phrase: Phrase, seed: int, metre: Metre = COMMON) -> Phrase:
    """A phrase with its second half changed in one of four ways, chosen by a seed.

    The tail is inverted around its first note, starts a quaver later, loses its last note to the
    note before, or ends an octave away. The first half stays, so that listeners know it again.
    """
    head = [note for note in phrase if note.start < metre.bar // 2]
    tail = [note for note in phrase if note.start >= metre.bar // 2]
    if not tail:
        return phrase
    way = int(uniform(seed, 1) * 4)
    if way == 0 and len(tail) > 1:
        axis = tail[0].pitch
        tail = [note._replace(pitch=2 * axis - note.pitch) for note in tail]
    elif way == 1:
        tail = [note._replace(start=note.start + QUAVER) for note in tail]
        tail = [
            note._replace(duration=min(note.duration, metre.bar - note.start))
            for note in tail
            if note.start < metre.bar
        ]
    elif way == 2 and len(tail) > 1:
        last = tail.pop()
        tail[-1] = tail[-1]._replace(duration=last.end - tail[-1].start)
    else:
        octave = 12 if uniform(seed, 2) < 0.5 else -12
        tail[-1] = tail[-1]._replace(pitch=tail[-1].pitch + octave)
    return tuple(sorted([*head, *tail]))


def landing_ticks(metre: Metre) -> tuple[int, ...]:
    """The ticks of a bar on which a line may come to rest: the last strong beat, and in a bar of
    four beats also the beat after it.
    """
    last = metre.strong[-1]
    return (last, last + metre.beat) if metre.beats == 4 else (last,)


def land(phrase: Phrase, metre: Metre = COMMON, until: int | None = None) -> Phrase:
    """A phrase that comes to rest.

    Its last note stands on a landing tick and lasts to the bar's end, or to tick `until`. Such a
    note is long and on a beat, so the voice bends it to a tone of the chord.
    """
    if not phrase:
        return phrase
    until = metre.bar if until is None else until
    landings = [tick for tick in landing_ticks(metre) if tick < until]
    landings = landings or [tick for tick in metre.strong if tick < until][-1:]
    line = [note for note in phrase if note.start <= landings[-1] + QUAVER // 2]
    last = line.pop() if line else phrase[0]
    start = min(landings, key=lambda tick: abs(tick - last.start))
    kept = [
        note._replace(duration=min(note.duration, start - note.start))
        for note in line
        if note.start < start
    ]
    return (*kept, Note(start, until - start - QUAVER // 4, last.pitch))


def breathe(
    phrase: Phrase,
    breath: float,
    pickup: float,
    metre: Metre = COMMON,
    *,
    lands: bool = False,
    rests_on: Callable[[Note], bool] | None = None,
) -> Phrase:
    """A phrase that rests at its end for a share of the bar, `breath`; before `pickup`, the share
    that belongs to what follows.

    Notes that begin in the rest are left out. The last one that `rests_on` allows, and that begins
    up to two and a half beats before the rest, ends the line and rings for up to a beat and a half;
    where there is none, the last that begins a beat before the rest, or the first of the bar. Or
    the line comes to rest as in `land`. The rest goes from half beat to half beat, and leaves the
    first one free.
    """
    half = metre.beat // 2
    end = metre.bar - round(pickup * metre.bar / half) * half
    begin = max(end - round(breath * metre.bar / half) * half, half)
    if begin >= end:
        return land(phrase, metre) if lands else phrase
    line = [
        n._replace(duration=min(n.duration, begin - n.start)) for n in phrase if n.start < begin
    ]
    if lands:
        line = list(land(tuple(line), metre, begin))
    elif line:
        ends = [at for at, n in enumerate(line) if 5 * half >= begin - n.start >= half]
        allowed = [at for at in ends if rests_on is not None and rests_on(line[at])]
        early = [at for at, n in enumerate(line) if n.start <= begin - metre.beat]
        line = line[: (allowed or early or [0])[-1] + 1]
        last = line[-1]
        room = begin - last.start
        line[-1] = last._replace(duration=min(max(last.duration, 3 * half), room))
    return (*line, *(note for note in phrase if note.start >= end))
