"""The far end of a window: what runs in its process speaks to the daemon through this (see `perform.ipc.parent`)."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import msgspec

LONGEST_LINE = 2**20
ITSELF = -1  # no client's number: what the window says itself
Message = tuple[float, str, list[Any]]


class ParentConnection:
    """Messages from the daemon, and to it. It ends when the daemon does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def greeting(self) -> dict[str, Any] | None:
        """What there is (the first message); None when the daemon has hung up already."""
        line = await self._line()
        return msgspec.json.decode(line)[2] if line else None

    async def messages(self) -> AsyncIterator[Message]:
        """(seconds since 1970, address, values) as they come; the first is /hello, unless it was asked for."""
        while line := await self._line():
            moment, address, *values = msgspec.json.decode(line)
            yield moment, address, values

    async def _line(self) -> bytes:
        """The next line; empty when the daemon has hung up, be it while we spoke."""
        try:
            return await self._reader.readline()
        except ConnectionError:
            return b""

    def say(self, client: int, address: str, *values: Any) -> None:
        """A message of a client, by their number; answers come as /to NUMBER address values."""
        self._writer.write(msgspec.json.encode([client, address, *values]) + b"\n")

    async def drain(self) -> None:
        """Wait while the daemon has much to read already. ConnectionError when it has hung up."""
        await self._writer.drain()

    def ready(self) -> None:
        """Tell the daemon that the window is open."""
        self.say(ITSELF, "/ready")

    def log(self, level: str, line: str) -> None:
        """A line for the daemon's log, where everybody looks."""
        self.say(ITSELF, "/log", level, line)

    def refuse(self, client: int, address: str, why: str) -> None:
        """Something that a client said and that means nothing: to be counted, answered, and logged once."""
        self.say(ITSELF, "/refused", client, address, why)

    def turn_away(self, fault: str) -> None:
        """Somebody was not heard: to be counted, and logged once."""
        self.say(ITSELF, "/turned_away", fault)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def connect(descriptor: int) -> ParentConnection:
    """The link on a file descriptor that was inherited."""
    connection = socket.socket(fileno=descriptor)
    return ParentConnection(*await asyncio.open_connection(sock=connection, limit=LONGEST_LINE))
