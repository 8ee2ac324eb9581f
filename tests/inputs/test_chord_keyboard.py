"""The chords of the keys that a human hand plays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from played_keys import OFF, ON, PEDAL, play

from perform.events import ChordReleased
from perform.inputs import chord_keyboard
from perform.inputs.chord_keyboard import ChordKeyboard, ChordKeyboardSettings
from perform.inputs.held_keys import DOUBTED_BASS_BARS
from perform.music.chord import parse_chord

C, AM = (48, 64, 67, 72), (45, 60, 64, 69)


@given(
    st.lists(st.integers(5, 30), min_size=7, max_size=7),
    st.lists(st.integers(5, 30), min_size=7, max_size=7),
    st.permutations(AM),
)
def test_c_to_a_minor_by_hand_is_two_chords(down, up, order):
    now = 0
    messages = []
    for gap, note in zip(down, C, strict=False):
        messages.append((now, [ON, note, 80]))
        now += gap
    now += 800
    released = [note for note in C if note not in AM]
    for gap, note in zip(down[3:], order, strict=False):
        if note in C:
            messages += [(now, [OFF, note, 0]), (now + 1, [ON, note, 80])]
        else:
            messages.append((now, [ON, note, 80]))
        now += gap
    for gap, note in zip(up, released, strict=False):
        messages.append((now, [OFF, note, 0]))
        now += gap
    assert play(messages) == ["C", "Am"]


def test_a_short_stab_is_a_chord():
    stab = [(t, [ON, n, 90]) for t, n in zip((0, 4, 8, 12), C, strict=True)]
    stab += [(20 + t, [OFF, n, 0]) for t, n in zip((0, 2, 4, 6), C, strict=True)]
    assert play(stab) == ["C"]


def test_a_chord_pressed_again_is_delivered_again_and_another_voicing_of_it_is_not():
    """A phone may have changed the chord meanwhile, and the keyboard takes the harmony back."""
    struck = [(0, [ON, n, 90]) for n in C] + [(500, [OFF, n, 0]) for n in C]
    voiced = [(600, [ON, n, 90]) for n in C] + [(900, [OFF, 48, 0]), (950, [ON, 60, 90])]
    assert play(struck + voiced) == ["C", "C"]


def test_without_latch_released_keys_release_the_chord():
    held = [(0, [ON, n, 90]) for n in C] + [(500, [OFF, n, 0]) for n in C]
    assert play(held, ChordKeyboardSettings(latch=False)) == ["C", "released"]
    assert play(held) == ["C"]


def test_the_pedal_holds_keys_that_are_released():
    notes = [(0, [PEDAL, 64, 127])]
    for place, note in enumerate((48, 64, 67, 70)):
        notes += [(place * 20, [ON, note, 80]), (place * 20 + 15, [OFF, note, 0])]
    assert play(notes) == ["C7"]
    released = [*notes, (900, [PEDAL, 64, 0])]
    assert play(released, ChordKeyboardSettings(latch=False)) == ["C7", "released"]


@pytest.mark.parametrize("ends", [120, 123, 124, 125, 126, 127])
def test_all_notes_off_and_mode_messages_release_keys_and_pedal(ends):
    held = [(0, [PEDAL, 64, 127]), *[(0, [ON, n, 90]) for n in C], (200, [OFF, C[0], 0])]
    then = [(500, [PEDAL, ends, 0]), *[(800, [ON, n, 90]) for n in AM]]
    assert play(held + then, ChordKeyboardSettings(latch=False)) == ["C", "released", "Am"]


def test_a_reset_of_controllers_releases_the_pedal_and_no_keys():
    held = [(0, [PEDAL, 64, 127]), *[(0, [ON, n, 90]) for n in C]]
    reset = [*held, (500, [PEDAL, 121, 0])]
    assert play(reset, ChordKeyboardSettings(latch=False)) == ["C"]
    released = [*reset, *[(600, [OFF, n, 0]) for n in C]]
    assert play(released, ChordKeyboardSettings(latch=False)) == ["C", "released"]


def test_minimum_says_how_many_keys_are_a_chord():
    assert play([(0, [ON, n, 90]) for n in C[:2]]) == []
    assert play([(0, [ON, 48, 9]), (0, [ON, 55, 9])], ChordKeyboardSettings(minimum=2)) == ["C5"]


def test_a_note_on_with_velocity_zero_is_a_note_off():
    held = [(0, [ON, n, 90]) for n in C] + [(500, [ON, n, 0]) for n in C]
    assert play(held, ChordKeyboardSettings(latch=False))[-1] == "released"


@given(
    st.lists(
        st.tuples(st.integers(0, 2000), st.lists(st.integers(0, 255), max_size=4)), max_size=40
    )
)
def test_any_bytes_are_chords_or_nothing(messages):
    for symbol in play(sorted(messages)):
        assert symbol == "released" or parse_chord(symbol) is not None


@pytest.mark.parametrize(("latch", "released"), [(True, None), (False, ChordReleased())])
def test_cleared_keys_spoil_no_later_chord(latch, released):
    """A note-off was lost: D# would stay in every chord."""
    keyboard = ChordKeyboard(ChordKeyboardSettings(latch=latch))

    def press(keys, now):
        for key in keys:
            keyboard.handle([ON, key, 80], now)
        return keyboard.settle(now + 1)

    assert press((60, 63, 67), 0.0).chord.symbol == "Cm"
    assert keyboard.clear_keys(2.0) == released
    assert press((60, 64, 67), 3.0).chord.symbol == "C"
    keyboard.clear_keys(5.0)
    assert press((60, 64, 67), 6.0).chord.symbol == "C"  # pressed again, so delivered again


def test_a_chord_that_has_not_settled_is_cleared_with_its_keys():
    keyboard = ChordKeyboard()
    for key in (60, 64, 67):
        keyboard.handle([ON, key, 80], 0.0)
    keyboard.clear_keys(0.01)
    assert keyboard.deadline is None
    assert keyboard.settle(1.0) is None


MESSAGES = st.lists(
    st.tuples(
        st.integers(0, 900),  # milliseconds since the one before
        st.one_of(
            st.tuples(st.sampled_from([ON, ON, OFF, ON + 1, OFF + 1]), st.integers(30, 90)),
            st.tuples(st.sampled_from([PEDAL, PEDAL + 1]), st.sampled_from([64, 121, 123])),
        ),
        st.sampled_from([0, 64, 127]),
    ),
    max_size=50,
)


def mistakes(messages):
    """What someone plays with many mistakes: keys without end, pedals, two channels."""
    keyboard, now = ChordKeyboard(), 0.0
    for gap, (kind, number), value in messages:
        until = now + gap / 1000
        while keyboard.deadline is not None and keyboard.deadline <= until:
            now = keyboard.deadline
            keyboard.settle(now)
            assert keyboard.deadline is None or keyboard.deadline > now
        now = until
        keyboard.handle([kind, number, value], now)
    return keyboard, now


def block(keyboard, notes, now):
    for note in notes:
        keyboard.handle([ON, note, 80], now)
    return keyboard.settle(now + 1)


@given(MESSAGES)
def test_after_any_mistakes_cleared_keys_make_the_next_chord_right(messages):
    keyboard, now = mistakes(messages)
    keyboard.clear_keys(now)
    assert block(keyboard, (40, 56, 59, 64), now + 3).chord.symbol == "E"


@given(MESSAGES)
def test_after_any_mistakes_and_some_bars_the_next_chord_is_right(messages):
    """Keys without note-off are down, so a chord of keys that go down together is the new one."""
    keyboard, now = mistakes(messages)
    later = now + 2.0 * (DOUBTED_BASS_BARS + 1)
    keyboard.settle(later)
    found = block(keyboard, (40, 56, 59, 64), later + 1)
    assert found is None or (found.chord.root, found.chord.quality.name) == (4, "")


@given(st.sets(st.integers(46, 75), min_size=3, max_size=6), st.booleans())
def test_a_voicing_that_is_struck_again_keeps_its_name(notes, pedal):
    """Though the name is a hint for the next one."""
    messages = [(0, [PEDAL, 64, 127])] if pedal else []
    for beat in range(5):
        messages += [(500 * beat + 10, [ON, note, 80]) for note in notes]
        messages += [(500 * beat + 300, [OFF, note, 0]) for note in notes]
    assert len(set(play(messages))) <= 1


def test_a_prepared_chord_is_delivered_without_naming_it_again(monkeypatch):
    keyboard = ChordKeyboard()
    for note in C:
        keyboard.handle([ON, note, 80], 0.0)
    keyboard.prepare(0.031)
    monkeypatch.setattr(chord_keyboard, "recognise", None)
    assert keyboard.settle(0.035).chord == parse_chord("C")


def test_keys_that_move_after_a_chord_was_prepared_count():
    keyboard = ChordKeyboard()
    for note in C:
        keyboard.handle([ON, note, 80], 0.0)
    keyboard.prepare(0.031)
    keyboard.handle([ON, 70, 80], 0.032)
    assert keyboard.settle(0.035) is None
    assert keyboard.settle(0.067).chord == parse_chord("C7")
