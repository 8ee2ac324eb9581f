"""Chords whose keys go down one after the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from played_keys import OFF, ON, PEDAL, play

from perform.inputs.chord_keyboard import ChordKeyboard
from perform.music.quality import BY_NAME
from perform.music.recognition import recognise

C7 = (48, 52, 55, 58)


def one_by_one(notes, gap, length, start=0):
    """Messages of notes `gap` ms apart, each `length` ms long."""
    messages = []
    for place, note in enumerate(notes):
        down = start + place * gap
        messages += [(down, [ON, note, 80]), (down + length, [OFF, note, 0])]
    return sorted(messages, key=lambda it: it[0])


@pytest.mark.parametrize("gap", [60, 120, 200])
def test_keys_under_the_pedal_are_one_chord(gap):
    pedal = [(0, [PEDAL, 64, 127])]
    assert play(pedal + one_by_one(C7, gap, gap - 20)) == ["C7"]
    assert play(pedal + one_by_one(C7, gap, gap - 20) + [(4 * gap, [PEDAL, 64, 0])]) == ["C7"]


@pytest.mark.parametrize("gap", [60, 120, 200])
@pytest.mark.parametrize("overlap", [5, 1000])
def test_overlapping_keys_are_one_chord(gap, overlap):
    """Each key is held until the next is down, or all of them until the end."""
    assert play(one_by_one(C7, gap, gap + overlap)) == ["C7"]


@pytest.mark.parametrize("bpm", [40, 60, 97, 120, 200])
@pytest.mark.parametrize("notes_a_beat", [1, 2, 3, 4])
@pytest.mark.parametrize("pattern", [(48, 52, 55, 58), (48, 52, 55, 58, 55, 52), (60, 52, 55)])
def test_an_arpeggio_is_a_chord_once_it_repeats(bpm, notes_a_beat, pattern):
    gap = 60_000 // (bpm * notes_a_beat)
    expected = "C7" if 58 in pattern else "C/E"
    assert play(one_by_one(pattern, gap, gap // 2)) == []
    assert play(one_by_one(2 * pattern, gap, gap // 2)) == [expected]
    assert play(one_by_one(5 * pattern, gap, gap // 2)) == [expected]


ORDERS = {
    "up": lambda notes: notes,
    "down": lambda notes: notes[::-1],
    "up and down": lambda notes: notes + notes[-2:0:-1],
    "Alberti": lambda notes: [notes[0], notes[-1], notes[1], notes[-1]],
}


@given(
    root=st.integers(36, 70),
    quality=st.sampled_from(["", "m", "7", "maj7", "m7", "m7b5", "dim7", "6", "m6", "dim", "aug"]),
    order=st.sampled_from(sorted(ORDERS)),
    bpm=st.floats(40, 200),
    unevenness=st.lists(st.floats(-0.15, 0.15), min_size=24, max_size=24),
    length=st.floats(0.1, 0.8),
    channels=st.sampled_from([(0,), (0, 5), (0, 1, 2, 3)]),
)
def test_a_human_arpeggio_is_the_chord_of_its_notes(
    root, quality, order, bpm, unevenness, length, channels
):
    """In eighths, uneven by 15 of 100 each way, on one channel or on a layer's."""
    chord = [root + step for step in BY_NAME[quality].intervals]
    pattern, messages = ORDERS[order](chord), []
    gap = 30_000 / bpm
    for place, note in enumerate(2 * pattern):
        down = (place + unevenness[place]) * gap
        for channel in channels:
            messages += [
                (down, [ON + channel, note, 80]),
                (down + length * gap / 2, [OFF + channel, note, 0]),
            ]
    messages.sort(key=lambda it: it[0])
    assert play(messages) == [recognise(pattern).symbol]


def test_each_chord_of_an_arpeggio_is_known_when_it_repeats():
    c, f = (48, 52, 55), (53, 57, 60)
    assert play(one_by_one(4 * c + 4 * f + 4 * c, 250, 125)) == ["C", "F", "C"]


def test_another_pedal_is_another_chord():
    messages = [(0, [PEDAL, 64, 127]), *one_by_one((48, 52, 55), 120, 100)]
    messages += [(990, [PEDAL, 64, 0]), (1000, [PEDAL, 64, 127])]
    messages += one_by_one((53, 57, 60), 120, 100, start=1010)
    assert play(messages) == ["C", "F"]


@pytest.mark.parametrize("gap", [75, 150, 300])
def test_an_arpeggio_under_the_pedal_need_not_end_to_be_known(gap):
    keyboard = ChordKeyboard()
    keyboard.handle([PEDAL, 64, 127], 0.0)
    for place, note in enumerate((48, 52, 55, 60, 64, 67, 60, 55)):
        now = place * gap / 1000
        found = keyboard.settle(now)
        if found is not None:
            assert (place, found.chord.symbol) == (4, "C")
            return
        keyboard.handle([ON, note, 80], now)
        keyboard.handle([OFF, note, 0], now + gap / 2000)
    raise AssertionError("no chord")


def test_a_bass_before_the_new_pedal_belongs_to_the_new_chord():
    messages = [(0, [PEDAL, 64, 127]), *one_by_one((48, 52, 55), 120, 100)]
    messages += [(1000, [ON, 45, 80]), (1060, [PEDAL, 64, 0]), (1100, [PEDAL, 64, 127])]
    messages += [(1110, [OFF, 45, 0]), *one_by_one((48, 52, 57), 120, 100, start=1120)]
    assert play(messages) == ["C", "Am"]


@pytest.mark.parametrize("pedal", [False, True])
@pytest.mark.parametrize(
    "melody",
    [
        (60, 62, 64, 65, 67, 69, 71, 72),
        (67, 65, 64, 62, 60, 62, 64, 65),
        (60, 61, 62, 63, 64, 63, 62, 61),
        (60, 65, 67, 72, 67, 65, 60, 67),  # leaps, but no third
    ],
)
def test_a_melody_is_no_chord(melody, pedal):
    down = [(0, [PEDAL, 64, 127])] if pedal else []
    assert play(down + one_by_one(melody, 180, 190)) == []
    assert play(down + one_by_one(2 * melody, 180, 150)) == []


def test_a_block_is_as_quick_as_ever():
    """Also after broken chords: the wait for the next key of a roll is none for a block."""
    keyboard = ChordKeyboard()
    for when, message in one_by_one((48, 52, 55), 120, 130):
        keyboard.handle(message, when / 1000)
    keyboard.settle(2.0)
    for place, note in enumerate((53, 57, 60)):
        keyboard.handle([ON, note, 80], 2.1 + place / 100)
    assert keyboard.deadline == pytest.approx(2.12 + 0.035)
    assert keyboard.settle(2.156).chord.symbol == "F"


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(40, 80), st.booleans()), max_size=40),
    st.booleans(),
)
def test_any_keys_one_by_one_are_chords_or_nothing(keys, pedal):
    now, messages = 0, [(0, [PEDAL, 64, 127])] if pedal else []
    for gap, note, down in keys:
        now += gap
        messages.append((now, [ON if down else OFF, note, 80]))
    play(messages)
