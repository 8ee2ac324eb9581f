"""The panel's process: `python -m perform.panel LINK LISTENING`, both file descriptors, started by the daemon."""

import asyncio
import contextlib
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator

import uvicorn

from perform.ipc.child import ParentConnection, connect
from perform.panel.guard import LONGEST_MESSAGE, Guard
from perform.panel.hub import Hub
from perform.panel.server import application

PING_SECONDS = 10.0
MOST_CONNECTIONS = 128
END_SECONDS = 1


class _Server(uvicorn.Server):  # type: ignore[misc]  # it brings no types here
    """Ends with its daemon, not by Ctrl-C, which the whole terminal hears; calls `opened` when it listens."""

    def __init__(self, config: uvicorn.Config, opened: Callable[[], None]) -> None:
        super().__init__(config)
        self._opened = opened

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._opened()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(link_fd: int, listening_fd: int) -> None:
    """Serve until the daemon hangs up."""
    link = await connect(link_fd)
    greeting = await link.read_greeting()
    if greeting is None:
        return
    rules = greeting.pop("access")
    hub = Hub()
    hub.pass_on(time.time(), "/hello", [greeting])
    guard = Guard(rules["names"], rules["token"], loopback=rules["loopback"])
    config = uvicorn.Config(
        application(hub, link, guard),
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        ws_max_size=LONGEST_MESSAGE,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        ws_per_message_deflate=False,  # a note is shorter than what compressing it costs
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=END_SECONDS,
        lifespan="off",
    )
    server = _Server(config, link.report_ready)
    serving = asyncio.create_task(server.serve([socket.socket(fileno=listening_fd)]))
    async for moment, address, values in link.read_messages():
        hub.pass_on(moment, address, values)
    _hang_up(server, link)
    await serving


def _hang_up(server: uvicorn.Server, link: ParentConnection) -> None:
    """Give the port back at once: the daemon may be started again already."""
    for each in server.servers:
        each.close()
    server.should_exit = True
    link.close()


def main() -> None:
    """Run with the descriptors on the command line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    link_fd, listening_fd = map(int, sys.argv[1:3])
    asyncio.run(serve(link_fd, listening_fd))


if __name__ == "__main__":
    main()
