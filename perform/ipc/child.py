"""The child's end of the connection to the daemon (see `perform.ipc.parent`)."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import msgspec

MAX_LINE = 2**20
CHILD_ITSELF = -1  # no client's number: a message of the child process itself
Message = tuple[float, str, list[Any]]


class ParentConnection:
    """The messages from the daemon and to it. The connection ends when the daemon does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read_greeting(self) -> dict[str, Any] | None:
        """The first message: what the performance has; None when the daemon has ended already."""
        line = await self._read_line()
        return msgspec.json.decode(line)[2] if line else None

    async def read_messages(self) -> AsyncIterator[Message]:
        """(seconds since 1970, address, values) of each message, until the connection ends.

        The first one is /hello, unless `read_greeting` has read it.
        """
        while line := await self._read_line():
            moment, address, *values = msgspec.json.decode(line)
            yield moment, address, values

    async def _read_line(self) -> bytes:
        """The next line; empty when the daemon has closed the connection, also while we write."""
        try:
            return await self._reader.readline()
        except ConnectionError:
            return b""

    def forward(self, client: int, address: str, *values: Any) -> None:
        """Forward a client's message; replies come as /to CLIENT ADDRESS VALUES."""
        self._writer.write(msgspec.json.encode([client, address, *values]) + b"\n")

    async def drain(self) -> None:
        """Wait until the daemon has read most messages. ConnectionError when it has ended."""
        await self._writer.drain()

    def report_ready(self) -> None:
        """Report that the child process is ready to work."""
        self.forward(CHILD_ITSELF, "/ready")

    def report_absent(self, name: str, reason: str) -> None:
        """Report that what the child needs is not there; it is not logged there."""
        self.forward(CHILD_ITSELF, "/absent", name, reason)

    def report_present(self) -> None:
        """Report that what was absent is there."""
        self.forward(CHILD_ITSELF, "/present")

    def log(self, level: str, line: str) -> None:
        """Write a line to the daemon's log."""
        self.forward(CHILD_ITSELF, "/log", level, line)

    def reject(self, client: int, address: str, reason: str) -> None:
        """Reject a client's message: the daemon counts and logs it, and replies to the client."""
        self.forward(CHILD_ITSELF, "/refused", client, address, reason)

    def log_rejection(self, reason: str) -> None:
        """Reject a client or message without a reply: the daemon counts and logs it."""
        self.forward(CHILD_ITSELF, "/turned_away", reason)

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


async def connect(descriptor: int) -> ParentConnection:
    """The connection on an inherited file descriptor."""
    connection = socket.socket(fileno=descriptor)
    return ParentConnection(*await asyncio.open_connection(sock=connection, limit=MAX_LINE))
