"""OSC over UDP: packets -> the desk. Nothing that arrives can stop the music."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any, cast

from perform.errors import MessageError
from perform.net.access import AccessList
from perform.net.client import Client, MessageHandler
from perform.net.osc import decode_timed, encode
from perform.net.time_slice import TimeSlice

Address = tuple[str, int]
LONGEST_WAIT = 60.0  # a time tag farther off is a clock that is wrong
MOST_WAITING = 1000  # messages whose time is still to come
MOST_PACKETS = 1000  # that were received and are not read yet


class OscReader:
    """OSC packets of any transport -> messages at a desk; bundles are applied at the time of their tags."""

    def __init__(self, prefix: str, handler: MessageHandler) -> None:
        self._prefix = prefix
        self._handler = handler
        self._waiting = 0

    def read(self, packet: bytes, peer: Client) -> Iterator[None]:
        """Hears every message in the packet, bundled or not: one a step, since a bundle may hold thousands. What
        cannot be read, or is for a moment too far off, is refused with one line, and what follows it with it.
        """
        try:
            for wait, address, values in decode_timed(packet, time.time()):
                if wait <= 0:
                    self._hear(address, values, peer)
                elif wait > LONGEST_WAIT:
                    raise MessageError(
                        f"a bundle is more than {LONGEST_WAIT:g} s ahead; is a clock wrong?"
                    )
                elif self._waiting >= MOST_WAITING:
                    raise MessageError(f"{MOST_WAITING} messages wait for their time already")
                else:
                    self._waiting += 1
                    loop = asyncio.get_running_loop()
                    loop.call_later(wait, self._due, address, values, peer)
                yield
        except MessageError as fault:
            self._handler.reject("", str(fault), peer)

    def _due(self, address: str, values: tuple[Any, ...], peer: Client) -> None:
        self._waiting -= 1
        self._hear(address, values, peer)

    def _hear(self, address: str, values: tuple[Any, ...], peer: Client) -> None:
        if address.startswith(self._prefix + "/"):
            self._handler.handle_message(address[len(self._prefix) :], values, peer)
        else:
            why = f"no such address; ours begin with {self._prefix}/"
            self._handler.reject(address, why, peer)


class UdpClient:
    """Somebody at a host and port, answered from the port that they spoke to."""

    def __init__(self, transport: asyncio.DatagramTransport, key: Address, prefix: str) -> None:
        self.key = key
        self.host = key[0]
        self._transport = transport
        self._prefix = prefix

    def send_message(self, address: str, *values: Any) -> None:
        """Told as UDP does, lost where nobody listens."""
        if not self._transport.is_closing():
            self._transport.sendto(encode(self._prefix + address, *values), self.key)


class UdpInput(asyncio.DatagramProtocol):
    """Reads datagrams of whoever is allowed to send any."""

    def __init__(self, prefix: str, handler: MessageHandler, allowed: AccessList) -> None:
        self._prefix = prefix
        self._handler = handler
        self._allowed = allowed
        self._reader = OscReader(prefix, handler)
        self._turns = TimeSlice()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go out."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Every message in the packet; strangers get no answer, so that nobody can be pelted with ours."""
        assert self._transport is not None  # noqa: S101 - nothing is received before a connection
        if addr[0] not in self._allowed:
            self._handler.log_rejection(
                f"{addr[0]} may not send OSC here; add it to allow in [inputs.osc]"
            )
            return
        if len(self._turns) >= MOST_PACKETS:
            self._handler.log_rejection(
                f"more than {MOST_PACKETS} OSC packets at once; send them slower"
            )
            return
        peer = UdpClient(self._transport, (addr[0], addr[1]), self._prefix)
        self._turns.add(self._reader.read(data, peer))

    def error_received(self, exc: Exception) -> None:
        """A peer that is gone (ICMP); the next packet may come all the same."""
