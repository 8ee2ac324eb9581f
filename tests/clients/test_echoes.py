"""Surfaces that fight over a fader, are refused, or send back what they hear: all end where the engine is."""

import asyncio

import pytest
import virtual_loop
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.clients import subscriptions
from perform.clients.dispatcher import Dispatcher
from perform.clock.transport import Transport
from perform.clock.virtual import VirtualClock
from perform.config.schema import Rig
from perform.config.voices import VoiceConfig
from perform.control import feedback
from perform.control.feedback import MOVING_SECONDS, Feedback
from perform.engine.engine import Engine
from perform.engine.voicing import VoiceSettings
from perform.net import rejections
from perform.net.osc import decode, encode
from perform.runtime.conductor import Conductor
from perform.runtime.performance import Performance

SWING, LEAD = "/swing", "/voice/lead/swing"


class Surface:
    """Faders as they stand on a surface that is some way off. `echoes`: it sends back what it is told."""

    def __init__(self, dispatcher, number, delay, echoes=False, here=False):
        self.dispatcher, self.delay, self.echoes = dispatcher, delay, echoes
        self.host = "127.0.0.1" if here else f"10.0.0.{number}"
        self.key = self.host, 9000 + number
        self.stands, self.count = {}, 0

    def moves(self, address, *values):
        """A finger: the fader stands here now, and says so."""
        self.stands[address] = values[0]
        self.says(address, *values)

    def says(self, address, *values):
        _, heard = next(decode(encode(address, *values)))  # through single precision
        asyncio.get_running_loop().call_later(
            self.delay, self.dispatcher.handle_message, address, heard, self
        )

    def send_message(self, address, *values):
        """Something is told, and arrives later."""
        self.count += 1
        _, heard = next(decode(encode(address, *values)))
        asyncio.get_running_loop().call_later(self.delay, self.arrives, address, heard)

    def arrives(self, address, values):
        if address.startswith("/state"):
            address = address.removeprefix("/state")
            self.stands[address] = values[0]
        elif address != "/chord":
            return
        if self.echoes:
            self.says(address, *values)

    def close(self):
        pass


def on_stage(scene):
    """Run a scene, in no time, with a stage and a function that puts a surface there, by /subscribe or as an output;
    `here`: on this machine, where it listens at another port than it speaks from.
    """

    async def play():
        voices, outputs = [VoiceSettings(name="lead"), VoiceSettings(name="bass")], {}
        sinks = {"lead": [], "bass": []}
        conductor = Conductor(
            Engine(voices), Transport(), VirtualClock(), lambda _wanted, _due: None, sinks
        )
        rig = Rig(voices=(VoiceConfig(name="lead"), VoiceConfig(name="bass")))
        stage = Performance(rig, None, Transport(), conductor, None, outputs)
        dispatcher = Dispatcher(stage, None, None)

        def surface(number, delay, echoes=False, output=False, here=False):
            one = Surface(dispatcher, number, delay, echoes, here)
            if output:
                told = outputs[(one.host, 8000) if here else one.key] = Feedback(one)
                told.refresh(stage.state.values)
                conductor.add_listener(told)
            else:
                dispatcher.handle_message("/subscribe", (), one)
            return one

        await scene(stage, surface)
        stage.subscribers.close()
        dispatcher.close()
        conductor.close()

    virtual_loop.run(play(), feedback, subscriptions, rejections)


def agree(stage, *surfaces):
    """Every fader of every surface stands where the engine does."""
    for one in surfaces:
        for address, value in stage.state.values.items():
            there = one.stands[address]
            assert there == (value if isinstance(value, str) else pytest.approx(value)), address


def test_a_fader_whose_move_was_overtaken_by_the_value_of_before_goes_back():
    async def scene(stage, surface):
        one, other = surface(1, 0.002), surface(2, 0.003)
        await asyncio.sleep(1)
        one.moves(LEAD, 0.5)
        other.moves(LEAD, 0.0)
        await asyncio.sleep(MOVING_SECONDS + 0.1)
        assert stage.state.values[LEAD] == 0.0
        agree(stage, one, other)

    on_stage(scene)


@pytest.mark.parametrize("values", [(7.0,), ("loud",), (0.2, 0.3)])
@pytest.mark.parametrize("output", [False, True])
def test_a_fader_that_is_refused_goes_back_when_it_is_still(values, output):
    async def scene(stage, surface):
        one = surface(1, 0.002, output=output)
        surface(2, 0.001).moves(LEAD, 0.25)
        await asyncio.sleep(1)
        one.moves(LEAD, *values)
        await asyncio.sleep(0.1)
        assert one.stands[LEAD] == values[0]
        await asyncio.sleep(MOVING_SECONDS)
        assert one.stands[LEAD] == 0.25
        one.moves("/mode", "sideways")
        one.moves("/model", "../other")
        await asyncio.sleep(MOVING_SECONDS + 0.1)
        agree(stage, one)

    on_stage(scene)


@pytest.mark.parametrize("output", [False, True])
@pytest.mark.parametrize("delay", [0.0005, 0.01, 0.1])
def test_what_is_sent_back_as_it_was_told_undoes_nothing_and_comes_to_an_end(output, delay):
    async def scene(stage, surface):
        player, parrot = surface(1, 0.001), surface(2, delay, echoes=True, output=output)
        player.moves("/voice/bass/swing", 0.7)
        await asyncio.sleep(3)
        assert (
            stage.state.values[LEAD] == 0.0
        )  # a parrot of what stands sets nothing for all voices
        for step in range(101):
            player.moves(LEAD, step / 100)
            player.says("/chord", "C7" if step % 2 else "F7")
            await asyncio.sleep(0.007)
        await asyncio.sleep(3)
        assert stage.state.values[LEAD] == 1.0
        assert stage.state.values["/voice/bass/swing"] == pytest.approx(0.7)
        assert stage.state.values["/chord"] == "F7"
        agree(stage, player, parrot)
        told = player.count, parrot.count
        await asyncio.sleep(60)
        assert (player.count, parrot.count) == told

    on_stage(scene)


@pytest.mark.parametrize("delay", [0.0005, 0.01, 0.1])
def test_an_output_of_this_machine_follows_while_another_program_sweeps(delay):
    async def scene(stage, surface):
        parrot = surface(1, delay, echoes=True, output=True, here=True)
        script = Surface(parrot.dispatcher, 2, 0.0, here=True)
        await asyncio.sleep(1)
        before = parrot.count
        for step in range(201):
            script.says(LEAD, abs(step - 100) / 100)
            await asyncio.sleep(0.01)
        # for each step, or sixty times a second, the voice's fader and that of all voices
        assert parrot.count - before >= 200
        await asyncio.sleep(3)
        assert stage.state.values[LEAD] == 1.0
        agree(stage, parrot)

    on_stage(scene)


def test_a_button_that_is_pressed_over_and_over_is_heard_every_time():
    async def scene(stage, surface):
        one = surface(1, 0.001, output=True)
        await asyncio.sleep(1)
        for press in range(20):
            one.moves("/voice/lead/mute", press % 2)
            await asyncio.sleep(0.01 + 0.05 * (press % 7))
            assert stage.state.values["/voice/lead/mute"] == press % 2

    on_stage(scene)


moves = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([SWING, LEAD, "/mode"]),
        st.sampled_from([0.0, 0.3, 0.7, 1.0, 9.0, "flow", "trade", "no"]),
        st.sampled_from([0.0, 0.001, 0.004, 0.02, 0.3]),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(moves, st.tuples(*[st.sampled_from([0.0, 0.001, 0.02, 0.09])] * 3), st.booleans())
def test_whatever_they_do_to_each_other_all_surfaces_end_where_the_engine_is(moved, delays, echoes):
    async def scene(stage, surface):
        three = [
            surface(1, delays[0]),
            surface(2, delays[1], output=True),
            surface(3, delays[2], echoes),
        ]
        await asyncio.sleep(1)
        for who, address, value, wait in moved:
            three[who].moves(address, value)
            await asyncio.sleep(wait)
        await asyncio.sleep(3)
        agree(stage, *three)

    on_stage(scene)
