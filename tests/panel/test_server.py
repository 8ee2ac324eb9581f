"""What the panel passes on of what browsers say."""

import asyncio
import json

from perform.panel import guard
from perform.panel.hub import Hub
from perform.panel.server import _hear

CHART = json.dumps(["/chart", "C | " * 1000])


class Browser:
    """A browser that has said all this, and is gone then."""

    def __init__(self, *said):
        self.unread = list(said)

    async def receive(self):
        if not self.unread:
            return {"type": "websocket.disconnect"}
        return {"type": "websocket.receive", "text": self.unread.pop(0)}


class Daemon:
    """Notes down what it is told; `reads`: whether it does."""

    def __init__(self):
        self.said, self.refused = [], []
        self.reads = asyncio.Event()
        self.reads.set()

    def forward(self, *said):
        self.said.append(said)

    def reject(self, *said):
        self.refused.append(said)

    async def drain(self):
        await self.reads.wait()


async def hearing(browser, daemon):
    hub = Hub()
    await _hear(browser, hub.join(), hub, daemon)


def test_a_long_message_counts_as_many():
    async def play():
        browser, daemon = Browser(*[CHART] * 100), Daemon()
        await hearing(browser, daemon)
        return daemon

    daemon = asyncio.run(play())
    assert 1 <= len(daemon.said) * len(CHART) <= 2 * guard.AT_ONCE * guard.A_MESSAGE
    assert len(daemon.refused) == 1


def test_a_browser_waits_while_the_daemon_has_much_to_read():
    async def play():
        browser, daemon = Browser(*['["/panic"]'] * 3), Daemon()
        daemon.reads.clear()
        task = asyncio.create_task(hearing(browser, daemon))
        await asyncio.sleep(0)
        assert len(browser.unread) == 3
        daemon.reads.set()
        await task
        assert len(daemon.said) == 3

    asyncio.run(play())
