"""Long work is done in slices, between which the event loop runs."""

import asyncio

import pytest
from handlers import RecordingHandler

from perform.inputs.osc_udp import OscReceiver
from perform.net import time_slice
from perform.net.osc import encode
from perform.net.time_slice import SLICE_SECONDS, TimeSlice


class SlowHandler(RecordingHandler):
    """Each message takes a tenth of a slice."""

    def handle_message(self, address, values, client):
        super().handle_message(address, values, client)
        spin(SLICE_SECONDS / 10)

    @property
    def numbers(self):
        return [values[0] for _, values, _ in self.messages]


def spin(seconds):
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        pass


def bundle(count):
    packets = [encode("/sideman/tempo", number) for number in range(count)]
    sized = b"".join(len(packet).to_bytes(4, "big") + packet for packet in packets)
    return b"#bundle\0" + b"\0" * 7 + b"\1" + sized


def test_the_loop_runs_between_slices_and_the_order_stays():
    async def play():
        handler, slices, rounds = SlowHandler(), TimeSlice(), 0
        receiver = OscReceiver("/sideman", handler)
        for _ in range(2):
            slices.add(receiver.receive(bundle(300), None))
        assert len(handler.messages) < 300
        while slices:
            rounds += 1
            await asyncio.sleep(0)
        assert handler.numbers == [*range(300)] * 2
        return rounds

    assert asyncio.run(play()) > 20


def test_a_single_short_job_is_done_at_once(monkeypatch):
    monkeypatch.setattr(time_slice, "SLICE_SECONDS", 60)  # whatever else this machine does

    async def play():
        handler, slices = SlowHandler(), TimeSlice()
        slices.add(OscReceiver("/sideman", handler).receive(bundle(1), None))
        assert handler.numbers == [0]
        assert not slices

    asyncio.run(play())


def test_a_job_that_fails_does_not_stop_the_others():
    async def play():
        done, slices = [], TimeSlice()

        def broken():
            yield
            raise ValueError("broken")

        def slow():
            spin(2 * SLICE_SECONDS)
            yield

        slices.add(slow())
        slices.add(broken())
        slices.add(map(done.append, "ab"))
        loop, errors = asyncio.get_running_loop(), []
        loop.set_exception_handler(lambda _, about: errors.append(about["exception"]))
        while slices:  # noqa: ASYNC110 - the rounds of the loop count, not the time
            await asyncio.sleep(0)
        assert done == ["a", "b"]
        assert [str(error) for error in errors] == ["broken"]
        with pytest.raises(ValueError, match="broken"):
            slices.add(broken())
        assert not slices

    asyncio.run(play())
