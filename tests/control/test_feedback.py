"""What a surface is told of values that move."""

import asyncio

import virtual_loop

from perform.config.voices import VoiceConfig
from perform.control import feedback
from perform.control.feedback import Feedback
from perform.control.registry import addresses
from perform.control.state import State, at_every_address
from perform.events import Beat, ChordSounds, StateChanged


class Client:
    def __init__(self):
        self.told, self.closed = [], False

    def send_message(self, address, *values):
        self.told.append((address, *values))

    def close(self):
        self.closed = True


def test_a_value_that_races_is_told_sixty_times_a_second_and_ends_where_it_ends():
    async def race():
        peer = Client()
        feedback = Feedback(peer)
        for step in range(1000):
            feedback.send(StateChanged("/swing", step / 999))
            feedback.send(StateChanged("/tempo", 120.0))
        feedback.send(Beat(0, 0, 0))
        await asyncio.sleep(0.05)
        feedback.send(StateChanged("/swing", 1.0))
        feedback.close()
        return peer

    peer = asyncio.run(race())
    assert peer.told == [
        ("/state/swing", 0.0),
        ("/state/tempo", 120.0),
        ("/beat", 0, 0),
        ("/state/swing", 1.0),
    ]
    assert peer.closed


def test_chords_too_come_sixty_times_a_second_and_the_last_for_certain():
    async def race():
        peer = Client()
        told = Feedback(peer)
        for step in range(300):
            told.send(ChordSounds(step, f"C{step}"))
            await asyncio.sleep(0.001)
        told.send(ChordSounds(0, "Dm7"))
        told.send(ChordSounds(0, "Am7"))
        told.close()
        return peer.told

    told = virtual_loop.run(race(), feedback)
    for address in ("/chord", "/state/chord"):
        chords = [symbol for there, symbol in told if there == address]
        assert chords[0] == "C0"
        assert chords[-1] == "Am7"
        assert 3 <= len(chords) <= 60


def test_a_chord_that_is_pressed_again_after_its_release_is_no_echo():
    async def stab():
        told, wishes = Feedback(Client()), []
        for _ in range(4):
            for address, values, sounds in (
                ("/chord", ("C",), "C"),
                ("/chord/release", (), "N.C."),
            ):
                wishes.append(told.heard(address, values))
                told.send(ChordSounds(0, sounds))
                await asyncio.sleep(0.08)
        echo = told.heard("/chord", ("N.C.",))
        told.close()
        return wishes, echo

    assert virtual_loop.run(stab(), feedback) == ([True] * 8, False)


def test_the_state_is_whole_from_the_start_and_follows():
    state = State(
        [VoiceConfig(name="lead", role="bass").settings()], {"/tempo": 96.0, "/metre": "3/4"}
    )
    assert state.values["/tempo"] == 96.0
    assert state.values["/voice/lead/weight/on-beat"] == 0.6
    assert state.values["/voice/lead/swing"] == 0.0
    for change in at_every_address(StateChanged("/swing", 0.4), ["lead"]):
        state.send(change)
    state.send(ChordSounds(0, "C7"))
    assert state.values["/voice/lead/swing"] == state.values["/swing"] == 0.4
    assert state.values["/chord"] == "C7"
    assert at_every_address(StateChanged("/tempo", 90.0), ["lead"]) == [
        StateChanged("/tempo", 90.0)
    ]


def test_every_value_of_the_table_stands_somewhere_from_the_start():
    voices = [VoiceConfig(name=name, role="bass").settings() for name in ("low", "lower")]
    state = State(voices, {"/tempo": 96.0, "/metre": "3/4"})
    told = {address for address, control in addresses(["low", "lower"]) if control.published}
    assert told <= state.values.keys()
    assert state.values["/weight/on-beat"] == 0.6
    assert state.values["/model"] == "blues"
    assert state.values["/metre"] == "3/4"
