"""An output that sounds sooner than another waits for it."""

import asyncio
import time

import pytest

from perform.errors import OutputError
from perform.events import Beat, StateChanged
from perform.outputs.delay import DelayedOutput

SECONDS = 0.02


class Client:
    def __init__(self):
        self.heard, self.closed, self.third = [], False, asyncio.Event()

    def send(self, output):
        self.heard.append((output, time.monotonic()))
        if len(self.heard) == 4:
            self.third.set()

    def close(self):
        self.closed = True


def test_what_is_held_back_comes_in_order_and_not_early_and_the_rest_at_the_end():
    async def play():
        peer, sent = Client(), []
        sink = DelayedOutput(peer, SECONDS)
        for beat in range(3):
            sent.append(time.monotonic())
            sink.send(Beat(beat, 0, beat))
            if not beat:
                sink.send(StateChanged("/swing", 0.5))  # of no moment: it waits for nothing
            await asyncio.sleep(SECONDS / 4)
        await asyncio.wait_for(peer.third.wait(), 10)
        sink.send(Beat(3, 0, 3))
        sink.close()
        return peer, sent

    peer, sent = asyncio.run(play())
    assert isinstance(peer.heard.pop(0)[0], StateChanged)
    assert [output.beat for output, _ in peer.heard] == [0, 1, 2, 3]
    assert all(came - went >= SECONDS for (_, came), went in zip(peer.heard[:3], sent, strict=True))
    assert peer.closed


def test_one_that_goes_away_while_something_waits_is_said_to_whoever_sends_next():
    class Gone(Client):
        def send(self, _):
            self.third.set()
            raise OutputError("it went away")

    async def play():
        peer = Gone()
        sink = DelayedOutput(peer, SECONDS)
        sink.send(Beat(0, 0, 0))
        sink.send(Beat(1, 0, 1))
        await asyncio.wait_for(peer.third.wait(), 10)
        with pytest.raises(OutputError, match="it went away"):
            sink.send(Beat(2, 0, 2))
        sink.close()
        return peer

    assert asyncio.run(play()).closed
