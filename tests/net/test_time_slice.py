"""Heaps of work, a little at a time."""

import asyncio

import pytest

from perform.inputs.osc_udp import OscReader
from perform.net.osc import encode
from perform.net.time_slice import TURN_SECONDS, TimeSlice


class Desk:
    """Somebody for whom every message is some work."""

    def __init__(self):
        self.heard = []

    def hear(self, _address, values, _peer):
        self.heard.append(values[0])
        spin(TURN_SECONDS / 10)


def spin(seconds):
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        pass


def bundle(count):
    each = [encode("/sideman/tempo", number) for number in range(count)]
    sized = b"".join(len(packet).to_bytes(4, "big") + packet for packet in each)
    return b"#bundle\0" + b"\0" * 7 + b"\1" + sized


def test_a_bundle_of_thousands_lets_the_loop_go_round_and_keeps_its_order():
    async def play():
        desk, turns, rounds = Desk(), TimeSlice(), 0
        reader = OscReader("/sideman", desk)
        for _ in range(2):
            turns.add(reader.read(bundle(300), None))
        assert len(desk.heard) < 300
        while turns:
            rounds += 1
            await asyncio.sleep(0)
        assert desk.heard == [*range(300)] * 2
        return rounds

    assert asyncio.run(play()) > 20


def test_one_that_is_alone_is_done_at_once():
    async def play():
        desk, turns = Desk(), TimeSlice()
        turns.add(OscReader("/sideman", desk).read(bundle(1), None))
        assert desk.heard == [0]
        assert not turns

    asyncio.run(play())


def test_a_heap_that_fails_does_not_keep_the_others():
    async def play():
        done, turns = [], TimeSlice()

        def broken():
            yield
            raise ValueError("broken")

        def slow():
            spin(2 * TURN_SECONDS)
            yield

        turns.add(slow())
        turns.add(broken())
        turns.add(map(done.append, "ab"))
        loop, faults = asyncio.get_running_loop(), []
        loop.set_exception_handler(lambda _, about: faults.append(about["exception"]))
        while turns:  # noqa: ASYNC110 - it is the rounds that count
            await asyncio.sleep(0)
        assert done == ["a", "b"]
        assert [str(fault) for fault in faults] == ["broken"]
        with pytest.raises(ValueError, match="broken"):
            turns.add(broken())
        assert not turns

    asyncio.run(play())
