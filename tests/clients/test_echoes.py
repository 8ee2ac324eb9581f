"""Surfaces that move the same fader, are rejected, or send values back: all end at one value."""

import asyncio

import pytest
from dispatchers import with_clients
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.control.feedback import MOVING_SECONDS, Feedback
from perform.net.osc import decode, encode

SWING, LEAD = "/swing", "/voice/lead/swing"


class DelayedSurface:
    """The faders of a surface behind a delay. `echoes`: it sends back each value that it gets."""

    def __init__(self, dispatcher, number, delay, echoes=False, local=False):
        self.dispatcher, self.delay, self.echoes = dispatcher, delay, echoes
        self.host = "127.0.0.1" if local else f"10.0.0.{number}"
        self.key = self.host, 9000 + number
        self.values, self.count = {}, 0

    def move(self, address, *values):
        """A finger moves a fader, and the surface sends its value."""
        self.values[address] = values[0]
        self.send(address, *values)

    def send(self, address, *values):
        _, sent = next(decode(encode(address, *values)))  # through single precision
        handle = self.dispatcher.handle_message
        asyncio.get_running_loop().call_later(self.delay, handle, address, sent, self)

    def send_message(self, address, *values):
        """A message of the daemon, which arrives after the delay."""
        self.count += 1
        _, got = next(decode(encode(address, *values)))
        asyncio.get_running_loop().call_later(self.delay, self.arrive, address, got)

    def arrive(self, address, values):
        if address.startswith("/state"):
            address = address.removeprefix("/state")
            self.values[address] = values[0]
        elif address != "/chord":
            return
        if self.echoes:
            self.send(address, *values)

    def close(self):
        pass


def with_surfaces(scene):
    """Run `scene(values, add)` in virtual time. `values`: the daemon's.

    `add` adds a surface: with a subscription, or as an output of the rig. `local`: on this machine,
    where it listens at another port than it sends from.
    """
    outputs = {}

    async def run(clients):
        def add(number, delay, echoes=False, output=False, local=False):
            surface = DelayedSurface(clients.dispatcher, number, delay, echoes, local)
            if output:
                place = (surface.host, 8000) if local else surface.key
                outputs[place] = Feedback(surface)
                outputs[place].refresh(clients.state.values)
                clients.live.conductor.add_listener(outputs[place])
            else:
                clients.send(surface, "/subscribe")
            return surface

        await scene(clients.state.values, add)

    with_clients(run, outputs=outputs)


def assert_agreement(values, *surfaces):
    """Every fader of every surface has the daemon's value."""
    for surface in surfaces:
        for address, value in values.items():
            there = surface.values[address]
            assert there == (value if isinstance(value, str) else pytest.approx(value)), address


def test_a_fader_goes_back_when_another_surface_set_the_value_last():
    async def scene(values, add):
        one, other = add(1, 0.002), add(2, 0.003)
        await asyncio.sleep(1)
        one.move(LEAD, 0.5)
        other.move(LEAD, 0.0)
        await asyncio.sleep(MOVING_SECONDS + 0.1)
        assert values[LEAD] == 0.0
        assert_agreement(values, one, other)

    with_surfaces(scene)


@pytest.mark.parametrize("rejected", [(7.0,), ("loud",), (0.2, 0.3)])
@pytest.mark.parametrize("output", [False, True])
def test_a_fader_with_a_rejected_value_goes_back_when_it_rests(rejected, output):
    async def scene(values, add):
        one = add(1, 0.002, output=output)
        add(2, 0.001).move(LEAD, 0.25)
        await asyncio.sleep(1)
        one.move(LEAD, *rejected)
        await asyncio.sleep(0.1)
        assert one.values[LEAD] == rejected[0]
        await asyncio.sleep(MOVING_SECONDS)
        assert one.values[LEAD] == 0.25
        one.move("/mode", "sideways")
        one.move("/model", "../other")
        await asyncio.sleep(MOVING_SECONDS + 0.1)
        assert_agreement(values, one)

    with_surfaces(scene)


@pytest.mark.parametrize("output", [False, True])
@pytest.mark.parametrize("delay", [0.0005, 0.01, 0.1])
def test_an_echo_changes_nothing_and_comes_to_an_end(output, delay):
    async def scene(values, add):
        player, parrot = add(1, 0.001), add(2, delay, echoes=True, output=output)
        player.move("/voice/bass/swing", 0.7)
        await asyncio.sleep(3)
        assert values[LEAD] == 0.0  # the echo of a value of all voices sets none of them
        for step in range(101):
            player.move(LEAD, step / 100)
            player.send("/chord", "C7" if step % 2 else "F7")
            await asyncio.sleep(0.007)
        await asyncio.sleep(3)
        assert values[LEAD] == 1.0
        assert values["/voice/bass/swing"] == pytest.approx(0.7)
        assert values["/chord"] == "F7"
        assert_agreement(values, player, parrot)
        counts = player.count, parrot.count
        await asyncio.sleep(60)
        assert (player.count, parrot.count) == counts

    with_surfaces(scene)


@pytest.mark.parametrize("delay", [0.0005, 0.01, 0.1])
def test_an_output_on_this_machine_follows_while_another_program_moves_a_fader(delay):
    async def scene(values, add):
        parrot = add(1, delay, echoes=True, output=True, local=True)
        script = DelayedSurface(parrot.dispatcher, 2, 0.0, local=True)
        await asyncio.sleep(1)
        before = parrot.count
        for step in range(201):
            script.send(LEAD, abs(step - 100) / 100)
            await asyncio.sleep(0.01)
        # for each step, or sixty times a second, the voice's fader and that of all voices
        assert parrot.count - before >= 200
        await asyncio.sleep(3)
        assert values[LEAD] == 1.0
        assert_agreement(values, parrot)

    with_surfaces(scene)


def test_a_button_pressed_many_times_acts_every_time():
    async def scene(values, add):
        surface = add(1, 0.001, output=True)
        await asyncio.sleep(1)
        for press in range(20):
            surface.move("/voice/lead/mute", press % 2)
            await asyncio.sleep(0.01 + 0.05 * (press % 7))
            assert values["/voice/lead/mute"] == press % 2

    with_surfaces(scene)


MOVES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([SWING, LEAD, "/mode"]),
        st.sampled_from([0.0, 0.3, 0.7, 1.0, 9.0, "flow", "trade", "no"]),
        st.sampled_from([0.0, 0.001, 0.004, 0.02, 0.3]),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(MOVES, st.tuples(*[st.sampled_from([0.0, 0.001, 0.02, 0.09])] * 3), st.booleans())
def test_all_surfaces_end_at_the_values_of_the_daemon(moves, delays, echoes):
    async def scene(values, add):
        surfaces = [
            add(1, delays[0]),
            add(2, delays[1], output=True),
            add(3, delays[2], echoes),
        ]
        await asyncio.sleep(1)
        for number, address, value, wait in moves:
            surfaces[number].move(address, value)
            await asyncio.sleep(wait)
        await asyncio.sleep(3)
        assert_agreement(values, *surfaces)

    with_surfaces(scene)
