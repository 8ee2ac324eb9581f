"""What the knobs and pads of a controller turn."""

import pytest
from desks import at_a_desk
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import MessageError
from perform.events import (
    ModeChanged,
    ParameterChanged,
    PhraseJudged,
    TempoChanged,
    TransportChanged,
    VoiceMuted,
)
from perform.inputs.controller import Controller, ControllerInputConfig, MidiController
from perform.midi import ports

PARAMETERS = {
    "21": "/weight/steps",
    "22": "/voice/lead/target/density",
    "note 36": "/more",
    "23": "/voice/bass/mute",
}


def test_a_knob_sweeps_the_range_and_a_pad_is_pressed():
    surface = Controller(PARAMETERS)
    assert surface.hear([0xB0, 21, 0]) == ParameterChanged(None, "weight/steps", 0.0)
    assert surface.hear([0xB5, 21, 127]) == ParameterChanged(None, "weight/steps", 1.0)
    # to the left as it comes, and from there on few to many
    for at, density in ((0, -1.0), (1, 0.0), (64, 0.5), (127, 1.0)):
        assert surface.hear([0xB0, 22, at]) == ParameterChanged("lead", "target/density", density)
    assert surface.hear([0x90, 36, 100]) == PhraseJudged(None, True)
    assert surface.hear([0x90, 36, 0]) is None
    assert surface.hear([0xB0, 23, 127]) == VoiceMuted("bass", True)
    assert surface.hear([0xB0, 99, 127]) is None


def test_a_pad_acts_however_softly_it_is_struck():
    surface = Controller(PARAMETERS | {"24": "/no"})
    assert surface.hear([0x90, 36, 1]) == PhraseJudged(None, True)
    assert surface.hear([0x90, 36, 0]) is None
    assert surface.hear([0x90, 36, 127]) == PhraseJudged(None, True)
    assert surface.hear([0xB0, 24, 5]) == PhraseJudged(None, False)
    assert surface.hear([0xB0, 24, 90]) is None  # the finger presses on
    assert surface.hear([0xB0, 24, 0]) is None
    assert surface.hear([0xB0, 24, 127]) == PhraseJudged(None, False)
    assert surface.hear([0xB0, 24, 127]) == PhraseJudged(None, False)  # of those that never say up


@pytest.mark.parametrize("pad", [(0x90, 40), (0xB0, 23)])
def test_a_pad_turns_a_switch_to_its_other_side_wherever_it_stands(pad):
    values = {"/voice/bass/mute": 0}
    surface = Controller(PARAMETERS | {"note 40": "/voice/bass/mute"}, values)

    def strike():
        heard = [surface.hear([*pad, velocity]) for velocity in (30, 0)]
        values["/voice/bass/mute"] = int(heard[0].muted)
        return heard

    assert strike() == [VoiceMuted("bass", True), None]
    assert strike() == [VoiceMuted("bass", False), None]
    values["/voice/bass/mute"] = 1  # another surface did that
    assert strike() == [VoiceMuted("bass", False), None]


def test_what_is_said_behind_an_address_is_said_in_the_upper_half_of_a_controller():
    surface = Controller({"41": "/transport start", "note 40": "/voice/my lead/mode trade"})
    surface.learn("/tempo 96")
    assert surface.hear([0x90, 41, 3]) == TempoChanged(96.0)
    assert surface.hear([0x90, 40, 1]) == ModeChanged("my lead", "trade")
    heard = [surface.hear([0xB0, 41, value]) for value in (63, 64, 90, 63, 127, 127, 0)]
    start = TransportChanged("start")
    assert heard == [None, start, None, None, start, start, None]


def test_what_is_touched_next_is_learnt():
    surface = Controller({})
    surface.learn("/swing")
    assert surface.hear([0xB0, 64, 127]) is None  # a pedal is no knob
    assert surface.hear([0xB0, 7, 127]) == ParameterChanged(None, "swing", 1.0)
    assert surface.mapping == {"7": "/swing"}
    with pytest.raises(MessageError):
        surface.learn("/nonsense")


class Port:
    """A MIDI port at which nothing is plugged in."""

    def listen(self, *_, **__):
        pass


def test_a_knob_that_is_refused_is_counted_and_said_once(monkeypatch, caplog):
    monkeypatch.setattr(ports, "open_input", lambda *_: Port())

    def deliver(_):
        raise MessageError("the tempo is the MIDI clock's")

    async def scene(desk, _):
        config = ControllerInputConfig(port="knobs", cc={"21": "/tempo"})
        hands = MidiController(config, "auto", deliver, desk.turn_away, {})
        for value in range(128):
            hands._hear([0xB0, 21, value], 0.0)
        assert desk.figures()["refused"] == 128

    at_a_desk(scene)
    first, summed_up = [record.message for record in caplog.records]
    assert first.startswith("[inputs.surface] the tempo is the MIDI clock's (said once")
    assert summed_up.startswith("127 messages more")


@given(st.lists(st.integers(0, 255), max_size=4))
def test_any_message_is_an_event_or_nothing(message):
    Controller(PARAMETERS).hear(message)
