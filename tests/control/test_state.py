"""The value of every control, for clients that subscribe later."""

import pytest

from perform.config.voices import VoiceConfig
from perform.control.registry import CONTROLS, NAME, addresses
from perform.control.state import State, at_every_address, changes
from perform.engine.parameters import PARAMETERS
from perform.events import (
    ChordSounds,
    FeelChanged,
    KeyChanged,
    MetreChanged,
    ModeChanged,
    ModelChanged,
    OtherModelChanged,
    ParameterChanged,
    StateChanged,
    TempoChanged,
    TransportChanged,
    TurnLengthChanged,
    VoiceMuted,
    VoiceSoloed,
)

RIG = {"/tempo": 96.0, "/metre": "3/4"}


def test_the_state_is_complete_at_the_start_and_follows_changes():
    state = State([VoiceConfig(name="lead", role="pad").settings()], RIG)
    assert state.values["/tempo"] == 96.0
    assert state.values["/voice/lead/weight/on-beat"] == 0.8
    assert state.values["/voice/lead/swing"] == 0.0
    for change in at_every_address(StateChanged("/swing", 0.4), ["lead"]):
        state.send(change)
    state.send(ChordSounds(0, "C7"))
    assert state.values["/voice/lead/swing"] == state.values["/swing"] == 0.4
    assert state.values["/chord"] == "C7"
    assert at_every_address(StateChanged("/tempo", 90.0), []) == [StateChanged("/tempo", 90.0)]


def test_every_published_control_has_a_value_from_the_start():
    voices = [VoiceConfig(name=name, role="pad").settings() for name in ("low", "lower")]
    state = State(voices, RIG)
    published = {address for address, control in addresses(["low", "lower"]) if control.published}
    assert published <= state.values.keys()
    assert state.values["/weight/on-beat"] == 0.8
    assert state.values["/model"] == "sideman"
    assert state.values["/metre"] == "3/4"


def test_every_published_control_of_a_voice_has_a_first_value():
    rows = [it for it in CONTROLS if NAME in it.address and it.published]
    assert len(rows) > len(PARAMETERS)
    assert [it.address for it in rows if it.initial is None] == []


@pytest.mark.parametrize(
    ("event", "values"),
    [
        (TempoChanged(90.0), {"/tempo": 90.0}),
        (TransportChanged("start"), {"/transport": "start"}),
        (MetreChanged(1440, 480), {"/metre": "3/4"}),
        (KeyChanged(None, "auto"), {"/key": "auto"}),
        (
            ModelChanged(None, "reels"),
            {"/model": "reels", "/voice/lead/model": "reels", "/voice/bass/model": "reels"},
        ),
        (OtherModelChanged("bass", "reels"), {"/voice/bass/other": "reels"}),
        (ModeChanged("bass", "trade"), {"/voice/bass/mode": "trade"}),
        (
            ModeChanged("lead", "trade", 8),
            {
                "/mode": "trade", "/voice/lead/mode": "trade",
                "/mode/bars": 8, "/voice/lead/mode/bars": 8,
            },
        ),
        (TurnLengthChanged("bass", 2), {"/voice/bass/mode/bars": 2}),
        (FeelChanged("bass", "funk"), {"/voice/bass/feel": "funk"}),
        (
            FeelChanged(None, "auto"),
            {"/feel": "auto", "/voice/lead/feel": "auto", "/voice/bass/feel": "auto"},
        ),
        (ParameterChanged("bass", "swing", 0.5), {"/voice/bass/swing": 0.5}),
        (
            ParameterChanged("lead", "weight/steps", 0.5),
            {"/weight/steps": 0.5, "/voice/lead/weight/steps": 0.5},
        ),
        (VoiceMuted("lead", True), {"/voice/lead/mute": 1}),
        (VoiceSoloed("bass", False), {"/voice/bass/solo": 0}),
    ],
)  # fmt: skip
def test_an_event_changes_the_value_at_every_address_that_shows_it(event, values):
    assert {it.address: it.value for it in changes(event, ["lead", "bass"])} == values
