"""A band that plays the chords of a chart live, early and late and with wrong turns, and a listener
that learns its changes.
"""

import random
from collections import deque
from typing import NamedTuple

from perform.engine.learned_changes import HALVES, LearnedChanges
from perform.engine.metre import COMMON
from perform.music.chart import parse_chart
from perform.music.chord import Chord, parse_chord

KINDS = ("substitute", "skip", "repeat")
STRANGE = tuple(map(parse_chord, ("F#7", "Abm7", "Emaj7", "Bm7b5", "Db7", "A6")))


class Performance(NamedTuple):
    """What a band plays.

    `events`: (tick, chord), ascending. `bars`: the chords that belong to the halves of each bar.
    `choruses`: of each bar, from 0. `turns`: the bars at which it takes a wrong turn.
    """

    events: list[tuple[int, Chord | None]]
    bars: list[tuple[Chord | None, Chord | None]]
    choruses: list[int]
    turns: list[int]


def perform_chart(text, choruses, seed=0, metre=COMMON, turns_a_bar=0.0, jitter=0.25):
    """The chart played by people.

    Each change is early by up to `jitter` of a bar, or late by nearly as much, at random; less
    where the changes are near each other, so that they keep their order. The first chord starts the
    music. A chord that is played again is often only held. From the second chorus on, `turns_a_bar`
    of the bars are a wrong turn: a bar of another chord, a skip or a repeat of one to eight bars.
    """
    rng = random.Random(seed)
    chart = parse_chart(text)
    bars, numbers, turns, chords = [], [], [], []
    for chorus, place, turned in _walk(len(chart.bars), choruses, turns_a_bar, rng):
        if turned:
            turns.append(len(numbers))
        strange = ((0.0, rng.choice(STRANGE)),)
        numbers.append(chorus)
        bars.append(strange if turned == "substitute" else _whole_bar(chart, place))
    for number, bar in enumerate(bars):
        ticks = metre.chord_ticks([share for share, _ in bar])
        chords += [
            (number * metre.bar + at, chord) for at, (_, chord) in zip(ticks, bar, strict=True)
        ]
    heard = [
        tuple(_last(chords, (number + half + 0.25) * metre.bar - 1) for half in HALVES)
        for number in range(len(bars))
    ]
    return Performance(_humanised(chords, metre, jitter, rng), heard, numbers, turns)


def _whole_bar(chart, place):
    bar = chart.bars[place]
    if bar and bar[0][0] == 0:
        return bar
    before = next(each for each in reversed(chart.bars[:place]) if each)
    return ((0.0, before[-1][1]), *bar)


def _walk(length, choruses, turns_a_bar, rng):
    """(chorus, bar of the chart, kind of wrong turn or None) of each bar that is played.

    A chorus is as many bars as the chart has, whatever the band leaves out.
    """
    place = 0
    for number in range(choruses * length):
        kind = None
        if number >= length and rng.random() < turns_a_bar:
            kind = rng.choice(KINDS)
            jump = rng.randint(1, 8)
            if kind != "substitute":
                place = (place + (jump if kind == "skip" else -jump)) % length
        yield number // length, place, kind
        place = (place + 1) % length


def _last(chords, tick):
    return next(chord for at, chord in reversed(chords) if at <= tick)


def _humanised(chords, metre, jitter, rng):
    events = []
    for number, (tick, chord) in enumerate(chords):
        before = tick - chords[number - 1][0] if number else 0
        after = chords[number + 1][0] - tick if number + 1 < len(chords) else metre.bar
        early = min(jitter * metre.bar, 0.45 * before)
        late = min(jitter * metre.bar - 1, 0.45 * after)
        if not (number and chord == chords[number - 1][1] and rng.random() < 0.7):
            moved = tick + round(rng.uniform(-early, max(late, 0)))
            events.append((moved if number else 0, chord))
    return events


class Answers(NamedTuple):
    """What was expected of the halves of each bar: a whole bar before, and half a bar before.

    None stands for no expectation, and for "no chord".
    """

    bar_before: list[tuple[Chord | None, ...]]
    half_before: list[tuple[Chord | None, ...]]


def listen(performance, metre=COMMON, changes=None):
    """What a listener expects of each bar of a performance.

    "A bar before" is asked at the bar line before the bar, of both its halves. "Half a bar before"
    is asked of the first half in the middle of the bar before, and of the second at the bar line.
    """
    changes = changes or LearnedChanges()
    events = deque(performance.events)
    changes.hear(events.popleft()[1], None)
    changes.restart(from_top=True)
    bar_before, first_halves, second_halves = [(None, None)], [None], []
    for number in range(len(performance.bars)):
        start = number * metre.bar
        changes.begin_bar()
        bar_before.append(_halves(changes.bar(1)))
        second_halves.append(_halves(changes.bar(0))[1])
        for beat in range(metre.beats):
            _hear_until(changes, events, start, start + beat * metre.beat, metre)
            changes.begin_beat(beat * metre.beat / metre.bar)
            if beat == (metre.beats + 1) // 2:
                first_halves.append(_halves(changes.bar(1))[0])
        _hear_until(changes, events, start, start + metre.bar, metre)
    return Answers(bar_before[:-1], list(zip(first_halves[:-1], second_halves, strict=True)))


def _hear_until(changes, events, start, tick, metre):
    while events and events[0][0] < tick:
        at, chord = events.popleft()
        changes.hear(chord, (at - start) / metre.bar)


def _halves(bar):
    return (bar[0][1], bar[-1][1]) if bar else (None, None)


def share_right(performance, expected):
    """(right, all) half bars from the third chorus on, wrong turns and what follows included."""
    cases = [
        chord == heard
        for chorus, chords, bar in zip(
            performance.choruses, expected, performance.bars, strict=True
        )
        if chorus >= 2
        for chord, heard in zip(chords, bar, strict=True)
    ]
    return sum(cases), len(cases)
