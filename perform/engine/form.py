"""Bars as sentences: what returns, what is changed when it returns, where a line comes to rest."""

from typing import Literal

from perform.engine.metre import COMMON, QUAVER, Metre
from perform.engine.seeded_random import chance
from perform.music.note import Note, Phrase

Mode = Literal["flow", "answer", "trade", "hold"]
TURNS = ("answer", "trade")  # the modes in which a voice and the player take turns


def material_index(bar: int, form: str) -> int:
    """Which invented bar stands at `bar` when bars return as `form` spells; counts from 0."""
    group, place = divmod(bar, len(form))
    letters = sorted(set(form), key=form.index)
    return group * len(letters) + letters.index(form[place])


def returns(bar: int, form: str) -> bool:
    """Whether the bar is one that stood before in its group."""
    place = bar % len(form)
    return form[place] in form[:place]


def ends(bar: int, form: str) -> bool:
    """Whether the bar is the last of a group of two or more."""
    return len(form) > 1 and bar % len(form) == len(form) - 1


def speaks(mode: Mode, bar: int, span: int) -> bool:
    """Whether a voice plays in a bar, counted from when it was told the mode: an answer waits for `span` bars
    first, a trade begins.
    """
    if mode == "answer":
        return bar // span % 2 == 1
    return mode != "trade" or bar // span % 2 == 0


def yields(mode: Mode, bar: int, span: int) -> bool:
    """Whether a voice gives the word to the player after a bar, counted as in `speaks`."""
    return speaks(mode, bar, span) and not speaks(mode, bar + 1, span)


def vary(phrase: Phrase, number: int, metre: Metre = COMMON) -> Phrase:
    """A phrase changed in its second half, so that its head is known again: by a number, one of four ways.

    The tail is turned upside down around its first note, comes a quaver later, loses its last note
    to the one before, or ends an octave away.
    """
    head = [note for note in phrase if note.start < metre.bar // 2]
    tail = [note for note in phrase if note.start >= metre.bar // 2]
    if not tail:
        return phrase
    way = int(chance(number, 1) * 4)
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
        octave = 12 if chance(number, 2) < 0.5 else -12
        tail[-1] = tail[-1]._replace(pitch=tail[-1].pitch + octave)
    return tuple(sorted([*head, *tail]))


def landings(metre: Metre) -> tuple[int, ...]:
    """The ticks of a bar at which a line may come to rest: its last strong beat, and in a bar of four also
    the beat after it.
    """
    last = metre.strong[-1]
    return (last, last + metre.beat) if metre.beats == 4 else (last,)


def land(phrase: Phrase, metre: Metre = COMMON) -> Phrase:
    """A phrase that comes to rest: its last note where its metre lets it land, held to the bar's end.

    On a beat and long, it is a note that a voice bends to a tone of the chord.
    """
    if not phrase:
        return phrase
    places = landings(metre)
    line = [note for note in phrase if note.start <= places[-1] + QUAVER // 2]
    last = line.pop() if line else phrase[0]
    start = min(places, key=lambda place: abs(place - last.start))
    kept = [
        note._replace(duration=min(note.duration, start - note.start))
        for note in line
        if note.start < start
    ]
    return (*kept, Note(start, metre.bar - start - QUAVER // 4, last.pitch))
