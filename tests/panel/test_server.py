"""The messages of browsers, as the panel forwards them to the daemon."""

import asyncio
import json
import re

import pytest

from perform.panel.guard import MAX_BURST, MESSAGE_UNIT, Guard
from perform.panel.hub import Hub
from perform.panel.server import PAGE, application, receive_messages

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


@pytest.mark.parametrize("path", ["/jam/", "/jam/panel.js", "/", "/panel.js"])
def test_the_panel_is_below_a_path_whether_the_proxy_passes_it_on_or_not(path):
    guard = Guard(["127.0.0.1"], "", proxied=["band.example"], loopback=True)
    sent = []

    async def request():
        async def send(message):
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": path, "query_string": b"",
            "headers": [(b"host", b"band.example")],
        }  # fmt: skip
        await application(Hub(), FakeDaemon(), guard, "/jam/")(scope, None, send)

    asyncio.run(request())
    assert sent[0]["status"] == 200
    assert (b"<html" in sent[1]["body"]) == path.endswith("/")


def test_the_page_names_its_parts_without_a_path():
    """Else it would work at no path but /."""
    page = (PAGE / "index.html").read_text() + "".join(it.read_text() for it in PAGE.glob("*.js"))
    assert not re.search(r"""(?:href|src|from|fetch\()\s*=?\s*["'`]/""", page)
    assert "new URL(`ws${location.search}`, location.href)" in page
