"""Chord recognition: 12 roots x 22 qualities x the usual voicings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.music.chord import parse_chord
from perform.music.hints import Hints
from perform.music.quality import BY_NAME
from perform.music.recognition import recognise

COMMON = (
    "", "m", "dim", "aug", "sus2", "sus4", "6", "m6", "7", "maj7", "m7", "mMaj7", "m7b5", "dim7",
    "7sus4", "add9", "9", "maj9", "m9", "13", "7b9", "7#9",
)  # fmt: skip


def voicings(intervals):
    """The usual voicings, in semitones above the root: close, inversions, drop-2, without fifth,
    with doubled root. Inversions with an extension in the bass are left out: it is the root then.
    """
    yield list(intervals)
    for inversion in range(1, sum(step < 12 for step in intervals)):
        top = intervals[-1]
        yield sorted(
            step + 12 * -(-(top - step + 1) // 12) if place < inversion else step
            for place, step in enumerate(intervals)
        )
    if len(intervals) > 3:
        yield sorted([*intervals[:-2], intervals[-2] - 12, intervals[-1]])
        if 7 in intervals:
            yield [step for step in intervals if step != 7]
    yield [-12, *intervals]


def is_right(found, root, name, held):
    """Whether `found` is the chord, or another chord with exactly these notes.

    C6 over E is Am7 over E, Cm7b5 over Eb is Ebm6, C6 without its fifth is Am. In a root position
    with its fifth, only the chord itself is right.
    """
    if (found.root, found.quality.name) == (root, name):
        return True
    same_notes = found.tones == frozenset(note % 12 for note in held)
    has_fifth = (root + 7) % 12 in {note % 12 for note in held}
    return same_notes and not (held[0] % 12 == root and has_fifth and found.root != root)


def all_voicings():
    """(root, name, held notes) of every voicing."""
    for root in range(12):
        for name in COMMON:
            for steps in voicings(BY_NAME[name].intervals):
                yield root, name, [48 + root + step for step in steps]


NOTES = {
    (root, name): frozenset((root + step) % 12 for step in BY_NAME[name].intervals)
    for root in range(12)
    for name in COMMON
}


def spells_another(root, name, held):
    """Whether the notes are exactly those of another common chord."""
    classes = frozenset(note % 12 for note in held)
    return any(notes == classes and chord != (root, name) for chord, notes in NOTES.items())


def test_at_least_99_percent_of_voicings_are_recognised():
    """Three shares: voicings with the expected name, with a name that `is_right` accepts, and with
    the expected name among those that spell no other chord. The first cannot reach 1.
    """
    total = strict = good = alone = alone_right = 0
    for root, name, held in all_voicings():
        found = recognise(held)
        assert found.bass == held[0] % 12
        same = (found.root, found.quality.name) == (root, name)
        total += 1
        strict += same
        good += is_right(found, root, name, held)
        if not spells_another(root, name, held):
            alone += 1
            alone_right += same
    print(
        f"{total} voicings: {strict / total:.1%} with the expected name, {good / total:.1%} right,"
    )
    print(
        f"{alone_right / alone:.1%} with the expected name among {alone} that spell no other chord"
    )
    assert good / total >= 0.99
    assert strict / total >= 0.83
    assert alone_right == alone


def test_all_root_positions_are_recognised():
    for root in range(12):
        for name in COMMON:
            held = [48 + root + step for step in BY_NAME[name].intervals]
            assert recognise(held).symbol == parse_chord(recognise(held).symbol).symbol
            assert (recognise(held).root, recognise(held).quality.name) == (root, name)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ((60, 64, 67, 69), "C6"),
        ((57, 60, 64, 67), "Am7"),
        ((60, 63, 66, 69), "Cdim7"),
        ((63, 66, 69, 72), "Ebdim7"),
        ((64, 68, 72), "Eaug"),
        ((52, 60, 67), "C/E"),
        ((48, 64, 70), "C7"),
        ((36, 64, 70, 74, 81), "C13"),
        ((48, 55), "C5"),
        ((55, 60), "C5/G"),
        ((60, 64), "C"),
        ((60, 63), "Cm"),
        ((52, 55, 59, 60), "Cmaj7/E"),
        ((52, 60, 67, 74), "Cadd9/E"),
        ((49, 57, 64), "A/C#"),
        ((60, 63, 65, 67), "Cmadd4"),
        ((45, 60, 62, 64), "Amadd4"),
        # two hands, the root lowest
        ((43, 53, 57, 60), "G9sus4"),
        ((43, 53, 57, 60, 64), "G13sus4"),
        ((48, 58, 62, 65), "C9sus4"),
        ((45, 55, 58, 62), "A7b9sus4"),
        ((48, 52, 58, 62, 66, 69), "C13#11"),
        ((43, 53, 59, 61, 63, 70), "Galt"),
        ((40, 55, 57, 60, 62), "C6/9/E"),
    ],
)
def test_the_bass_decides(held, expected):
    assert recognise(held).symbol == expected


def test_the_previous_chord_decides_between_equal_fits():
    held = (52, 55, 57, 60)
    assert recognise(held, Hints(previous=parse_chord("C"))).symbol == "C6/E"
    assert recognise(held, Hints(previous=parse_chord("Am"))).symbol == "Am7/E"


@given(st.sets(st.integers(0, 127), max_size=10))
def test_any_notes_are_a_chord_or_none(held):
    found = recognise(held)
    assert (found is None) == (len({note % 12 for note in held}) < 2)
    if found is not None:
        assert found.bass == min(held) % 12
