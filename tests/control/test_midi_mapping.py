"""What the controllers and pads of a MIDI controller set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.control.midi_mapping import MidiMapping
from perform.control.set_commands import SongSelected, SongStepped
from perform.errors import MessageError
from perform.events import (
    FeelChanged,
    ModeChanged,
    Panic,
    ParameterChanged,
    PhraseJudged,
    SnapshotRecalled,
    TempoChanged,
    TransportChanged,
    VampLeft,
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


@pytest.mark.parametrize(
    ("source", "press", "release"),
    [
        ("21", [0xB0, 21, 127], [0xB0, 21, 0]),
        ("note 36", [0x90, 36, 1], [0x80, 36, 64]),
        ("program 5", [0xC2, 4], None),
        ("bend", [0xE0, 0, 127], [0xE0, 0, 64]),
        ("aftertouch", [0xD0, 90], [0xD0, 0]),
        ("aftertouch 36", [0xA0, 36, 90], [0xA0, 36, 0]),
    ],
)
def test_every_source_triggers_commands_and_can_be_learnt(source, press, release):
    for command, event in (
        ("/more", PhraseJudged(None, True)),
        ("/no", PhraseJudged(None, False)),
        ("/chart/next", VampLeft()),
        ("/panic", Panic()),
        ("/tempo 96", TempoChanged(96.0)),
    ):
        mapping = MidiMapping({})
        mapping.has_controller = True
        mapping.learn(command)
        if release:
            assert mapping.handle(release) is None  # what is let go is not what is learnt
        for _ in range(2):
            assert mapping.handle(press) == event
            assert release is None or mapping.handle(release) is None
        assert mapping.addresses == {source: command}


def test_a_wheel_that_trembles_is_not_learnt_and_triggers_once():
    mapping = MidiMapping({})
    mapping.has_controller = True
    mapping.learn("/more")
    sent = [mapping.handle([0xE0, 0, high]) for high in (64, 66, 63, 127, 127, 120, 64, 127)]
    assert [at for at, event in enumerate(sent) if event] == [3, 7]


def test_a_number_is_learnt_from_the_pressure_of_a_pad_and_from_no_program():
    mapping = MidiMapping({})
    mapping.has_controller = True
    mapping.learn("/swing")
    assert mapping.handle([0xC0, 3]) is None
    assert mapping.handle([0x90, 40, 64]) is not None
    assert mapping.handle([0xA0, 40, 127]) == ParameterChanged(None, "swing", 1.0)
    assert mapping.addresses == {"aftertouch 40": "/swing"}
    mapping.learn("/accent")
    mapping.handle([0x90, 41, 64])
    mapping.handle([0x80, 41, 0])
    assert mapping.handle([0xA0, 41, 9]) is None  # of a later touch
    assert mapping.addresses["note 41"] == "/accent"


@given(st.lists(st.integers(0, 255), max_size=4))
def test_any_message_is_an_event_or_none(message):
    MidiMapping(ADDRESSES).handle(message)


def test_a_program_change_selects_a_song_where_the_rig_says_so():
    mapping = MidiMapping({"program 2": "/snapshot/recall my sound"}, programs_select_songs=True)
    assert mapping.handle([0xC3, 11]) == SongSelected(12)
    assert mapping.handle([0xC0, 1]) == SnapshotRecalled("my sound")  # what is mapped comes first
    assert MidiMapping({}).handle([0xC0, 11]) is None


def test_a_pad_selects_songs_by_step_by_name_and_by_number():
    mapping = MidiMapping(
        {
            "36": "/song/next",
            "37": "/song/previous",
            "38": "/song Blue Bossa, slow",
            "39": "/song 3",
        }
    )
    selected = [mapping.handle([0xB0, number, 127]) for number in range(36, 40)]
    assert selected == [
        SongStepped(1), SongStepped(-1), SongSelected("Blue Bossa, slow"), SongSelected("3"),
    ]  # fmt: skip


def test_a_value_stands_behind_the_name_of_a_voice_with_a_space():
    mapping = MidiMapping({"21": "/voice/lead guitar/feel swing"})
    assert mapping.handle([0xB0, 21, 127]) == FeelChanged("lead guitar", "swing")
