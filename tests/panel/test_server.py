"""The messages of browsers, as the panel forwards them to the daemon."""

import asyncio
import json

from perform.panel.guard import MAX_BURST, MESSAGE_UNIT
from perform.panel.hub import Hub
from perform.panel.server import receive_messages

CHART = json.dumps(["/chart", "C | " * 1000])


class FakeSocket:
    """A browser's socket that brings these texts, and is then closed."""

    def __init__(self, *texts):
        self.unread = list(texts)

    async def receive(self):
        if not self.unread:
            return {"type": "websocket.disconnect"}
        return {"type": "websocket.receive", "text": self.unread.pop(0)}


class FakeDaemon:
    """Records what it is given; `reads`: set while the daemon reads."""

    def __init__(self):
        self.forwarded, self.rejected = [], []
        self.reads = asyncio.Event()
        self.reads.set()

    def forward(self, *message):
        self.forwarded.append(message)

    def reject(self, *message):
        self.rejected.append(message)

    async def drain(self):
        await self.reads.wait()


async def receive(socket, daemon):
    hub = Hub()
    await receive_messages(socket, hub.join(), hub, daemon)


def test_a_long_message_counts_as_several():
    async def play():
        socket, daemon = FakeSocket(*[CHART] * 100), FakeDaemon()
        await receive(socket, daemon)
        return daemon

    daemon = asyncio.run(play())
    assert 1 <= len(daemon.forwarded) * len(CHART) <= 2 * MAX_BURST * MESSAGE_UNIT
    assert len(daemon.rejected) == 1


def test_a_browser_waits_while_the_daemon_has_much_to_read():
    async def play():
        socket, daemon = FakeSocket(*['["/panic"]'] * 3), FakeDaemon()
        daemon.reads.clear()
        task = asyncio.create_task(receive(socket, daemon))
        await asyncio.sleep(0)
        assert len(socket.unread) == 3
        daemon.reads.set()
        await task
        assert len(daemon.forwarded) == 3

    asyncio.run(play())
