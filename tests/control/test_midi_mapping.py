"""What the controllers and pads of a MIDI controller set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.control.midi_mapping import MidiMapping
from perform.errors import MessageError
from perform.events import (
    ModeChanged,
    ParameterChanged,
    PhraseJudged,
    TempoChanged,
    TransportChanged,
    VoiceMuted,
)

ADDRESSES = {
    "21": "/weight/steps",
    "22": "/voice/lead/target/density",
    "note 36": "/more",
    "23": "/voice/bass/mute",
}


def test_a_controller_sweeps_the_range_and_a_pad_triggers():
    mapping = MidiMapping(ADDRESSES)
    assert mapping.handle([0xB0, 21, 0]) == ParameterChanged(None, "weight/steps", 0.0)
    assert mapping.handle([0xB5, 21, 127]) == ParameterChanged(None, "weight/steps", 1.0)
    # 0 leaves the target to chance, 1 to 127 are few to many notes
    for at, density in ((0, -1.0), (1, 0.0), (64, 0.5), (127, 1.0)):
        assert mapping.handle([0xB0, 22, at]) == ParameterChanged("lead", "target/density", density)
    assert mapping.handle([0x90, 36, 100]) == PhraseJudged(None, True)
    assert mapping.handle([0x90, 36, 0]) is None
    assert mapping.handle([0xB0, 23, 127]) == VoiceMuted("bass", True)
    assert mapping.handle([0xB0, 99, 127]) is None


def test_a_pad_acts_at_any_velocity():
    mapping = MidiMapping(ADDRESSES | {"24": "/no"})
    assert mapping.handle([0x90, 36, 1]) == PhraseJudged(None, True)
    assert mapping.handle([0x90, 36, 0]) is None
    assert mapping.handle([0x90, 36, 127]) == PhraseJudged(None, True)
    assert mapping.handle([0xB0, 24, 5]) == PhraseJudged(None, False)
    assert mapping.handle([0xB0, 24, 90]) is None  # the finger presses harder
    assert mapping.handle([0xB0, 24, 0]) is None
    assert mapping.handle([0xB0, 24, 127]) == PhraseJudged(None, False)
    assert mapping.handle([0xB0, 24, 127]) == PhraseJudged(
        None, False
    )  # a pad that never sends its release


@pytest.mark.parametrize("pad", [(0x90, 40), (0xB0, 23)])
def test_a_pad_inverts_the_present_value_of_a_switch(pad):
    values = {"/voice/bass/mute": 0}
    mapping = MidiMapping(ADDRESSES | {"note 40": "/voice/bass/mute"}, values)

    def press():
        events = [mapping.handle([*pad, velocity]) for velocity in (30, 0)]
        values["/voice/bass/mute"] = int(events[0].muted)
        return events

    assert press() == [VoiceMuted("bass", True), None]
    assert press() == [VoiceMuted("bass", False), None]
    values["/voice/bass/mute"] = 1  # another mapping did that
    assert press() == [VoiceMuted("bass", False), None]


def test_a_value_behind_an_address_is_sent_in_the_upper_half_of_a_controller():
    mapping = MidiMapping({"41": "/transport start", "note 40": "/voice/my lead/mode trade"})
    mapping.has_controller = True
    mapping.learn("/tempo 96")
    assert mapping.handle([0x90, 41, 3]) == TempoChanged(96.0)
    assert mapping.handle([0x90, 40, 1]) == ModeChanged("my lead", "trade")
    events = [mapping.handle([0xB0, 41, value]) for value in (63, 64, 90, 63, 127, 127, 0)]
    start = TransportChanged("start")
    assert events == [None, start, None, None, start, start, None]


def test_learn_maps_the_controller_that_is_touched_next():
    mapping = MidiMapping({})
    with pytest.raises(MessageError, match="no controller to learn from"):
        mapping.learn("/swing")
    mapping.has_controller = True
    mapping.learn("/swing")
    assert mapping.handle([0xB0, 64, 127]) is None  # the sustain pedal
    assert mapping.handle([0xB0, 7, 127]) == ParameterChanged(None, "swing", 1.0)
    assert mapping.addresses == {"7": "/swing"}
    with pytest.raises(MessageError):
        mapping.learn("/nonsense")


@given(st.lists(st.integers(0, 255), max_size=4))
def test_any_message_is_an_event_or_none(message):
    MidiMapping(ADDRESSES).handle(message)
