"""What the knobs and pads of a controller turn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import WireError
from perform.events import Judged, Turned, VoiceMuted
from perform.inputs.cc import Surface

KNOBS = {
    "21": "/weight/steps",
    "22": "/voice/lead/target/density",
    "note 36": "/more",
    "23": "/voice/bass/mute",
}


def test_a_knob_sweeps_the_range_and_a_pad_is_pressed():
    surface = Surface(KNOBS)
    assert surface.hear([0xB0, 21, 0]) == Turned(None, "weight/steps", 0.0)
    assert surface.hear([0xB5, 21, 127]) == Turned(None, "weight/steps", 1.0)
    assert surface.hear([0xB0, 22, 0]) == Turned("lead", "target/density", -1.0)
    assert surface.hear([0x90, 36, 100]) == Judged(None, True)
    assert surface.hear([0x90, 36, 0]) is None
    assert surface.hear([0xB0, 23, 127]) == VoiceMuted("bass", True)
    assert surface.hear([0xB0, 99, 127]) is None


def test_what_is_touched_next_is_learnt():
    surface = Surface({})
    surface.learn("/swing")
    assert surface.hear([0xB0, 64, 127]) is None  # a pedal is no knob
    assert surface.hear([0xB0, 7, 127]) == Turned(None, "swing", 1.0)
    assert surface.mapping == {"7": "/swing"}
    with pytest.raises(WireError):
        surface.learn("/nonsense")


@given(st.lists(st.integers(0, 255), max_size=4))
def test_any_message_is_an_event_or_nothing(message):
    Surface(KNOBS).hear(message)
