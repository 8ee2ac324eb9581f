"""Lost note-offs, and the same key on several channels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from played_keys import OFF, ON, PEDAL, play

from perform.inputs.held_keys import DOUBTED_BARS, HeldKeys, Key

BAR = 2000  # milliseconds
C, F, G = (48, 60, 64, 67), (53, 57, 60, 65), (43, 55, 59, 62)


def bars(chords, start=0):
    """Messages of a chord a bar, each held for most of it."""
    messages = []
    for place, chord in enumerate(chords):
        down = start + place * BAR
        messages += [(down, [ON, note, 80]) for note in chord]
        messages += [(down + BAR - 100, [OFF, note, 0]) for note in chord]
    return messages


def test_a_key_without_note_off_spoils_no_chord_for_longer_than_some_bars():
    lost = [(0, [0x90, 0x3F, 0x5A])]
    named = play(sorted(lost + bars((C, F, G) * 4, start=100)))
    assert named[:3] != ["C", "F", "G"]
    assert named[DOUBTED_BARS + 2 :] == (["C", "F", "G"] * 4)[DOUBTED_BARS + 2 :]


def test_a_key_that_fits_or_is_pressed_again_is_believed():
    held = [(0, [ON, 55, 80])]  # G belongs to C and G7, not to F
    assert play(held + bars((C, C, C, C, C, C), start=100))[-1] == "C"
    again = [(0, [ON, 63, 80]), *bars((C,), start=9000), *bars(((48, 60, 63, 67),), start=12000)]
    assert play(again) == ["C", "Cm"]


def test_a_pedal_point_may_be_long():
    held = [(0, [ON, 38, 80])]
    upper = [(60, 64, 67), (62, 65, 69), (60, 64, 67), (59, 62, 67)]
    assert all("/D" in it or it.startswith("D") for it in play(held + bars(upper * 2, start=100)))


def test_the_same_key_on_two_channels_is_two_keys():
    """A layer sends each key twice, and may let go of one."""
    layer = [(0, [ON + channel, note, 80]) for note in C for channel in (0, 3)]
    layer += [(500, [OFF + 3, note, 0]) for note in C]
    assert play([*layer, (1000, [ON, 70, 80])]) == ["C", "C7"]


def test_notes_off_and_pedal_of_a_channel_end_its_keys_only():
    keys = HeldKeys()
    for channel in (0, 1):
        keys.set_pedal(channel, True)
        keys.press(Key(channel, 60 + channel), 0.0)
        keys.release(Key(channel, 60 + channel))
    assert keys.notes == {60, 61}
    assert keys.set_pedal(1, False)
    assert keys.notes == {60}
    assert keys.release_channel(0)
    assert keys.notes == set()
    assert not keys.pedal


CHANNELS, NOTES = st.integers(0, 1), st.integers(60, 61)
ACTIONS = st.lists(
    st.tuples(st.sampled_from(["press", "release", "down", "up"]), CHANNELS, NOTES), max_size=60
)


@given(ACTIONS)
def test_what_sounds_is_what_is_down_or_was_when_its_pedal_was(actions):
    """Against the definition: a key sounds from its press until its release, or its pedal's."""
    keys, down, ringing, pedals = HeldKeys(), set(), set(), set()
    for action, channel, note in actions:
        key = Key(channel, note)
        if action == "press":
            keys.press(key, 0.0)
            down.add(key)
        elif action == "release":
            assert keys.release(key) == (key in down)
            if key in down and channel in pedals:
                ringing.add(key)
            down.discard(key)
        elif action == "down":
            keys.set_pedal(channel, True)
            pedals.add(channel)
        else:
            keys.set_pedal(channel, False)
            pedals.discard(channel)
            ringing = {each for each in ringing if each.channel != channel}
        assert keys.notes == {each.note for each in down | ringing}
        assert bool(keys) == bool(down)
        assert keys.pedal == bool(pedals)


@pytest.mark.parametrize("pedal", [False, True])
def test_a_pedal_without_its_end_spoils_no_block(pedal):
    lost = [(0, [PEDAL, 64, 127])] if pedal else []
    assert play(lost + bars((C, F, G), start=10)) == ["C", "F", "G"]
