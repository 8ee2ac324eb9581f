"""The panel's process: `python -m perform.panel LINK LISTENING`.

Both arguments are file descriptors: of the connection to the daemon, which starts the process, and
of the panel's socket.
"""

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import Callable, Iterator

import uvicorn

from perform.ipc.child import ParentConnection, connect
from perform.ipc.interrupts import ignore_signals
from perform.panel.guard import MAX_MESSAGE, Guard
from perform.panel.hub import Hub
from perform.panel.server import application

PING_SECONDS = 10.0
MAX_CONNECTIONS = 128
END_SECONDS = 1


class _Server(uvicorn.Server):  # type: ignore[misc]  # uvicorn is imported without types
    """Ends with the daemon and not at Ctrl-C. `ready`: called when the server listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(link_fd: int, listening_fd: int) -> None:
    """Serve the panel until the daemon ends."""
    link = await connect(link_fd)
    greeting = await link.read_greeting()
    if greeting is None:
        return
    rules = greeting.pop("access")
    hub = Hub()
    hub.publish(time.time(), "/hello", [greeting])
    guard = Guard(
        rules["names"], rules["token"], proxied=rules["proxied"], loopback=rules["loopback"]
    )
    config = uvicorn.Config(
        application(hub, link, guard, rules["path"]),
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        ws_max_size=MAX_MESSAGE,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        ws_per_message_deflate=False,  # compressing a note costs more than it saves
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=END_SECONDS,
        lifespan="off",
    )
    server = _Server(config, link.report_ready)
    serving = asyncio.create_task(server.serve([socket.socket(fileno=listening_fd)]))
    async for moment, address, values in link.read_messages():
        hub.publish(moment, address, values)
    _close(server, link)
    await serving


def _close(server: uvicorn.Server, link: ParentConnection) -> None:
    """Release the port at once: the user may start the daemon again already."""
    for each in server.servers:
        each.close()
    server.should_exit = True
    link.close()


def main() -> None:
    """Run the process with the descriptors of the command line."""
    ignore_signals()
    link_fd, listening_fd = map(int, sys.argv[1:3])
    asyncio.run(serve(link_fd, listening_fd))


if __name__ == "__main__":
    main()
