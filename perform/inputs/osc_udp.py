"""OSC over UDP: the messages of each packet go to a message handler."""

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
MAX_WAIT_SECONDS = 60.0  # a time tag that is further ahead comes from a clock that is wrong
MAX_WAITING_MESSAGES = 1000  # for the moment of their time tags
MAX_WAITING_PACKETS = 1000  # that are received and not decoded yet


class OscReceiver:
    """Decodes OSC packets of any transport; applies bundles at the time of their tags."""

    def __init__(self, prefix: str, handler: MessageHandler) -> None:
        self._prefix = prefix
        self._handler = handler
        self._waiting = 0

    def receive(self, packet: bytes, client: Client) -> Iterator[None]:
        """Handle every message in a packet, one for each step: a bundle may hold thousands.

        A message that cannot be decoded, or is too far ahead, is rejected, and the rest of the
        packet with it.
        """
        try:
            for wait, address, values in decode_timed(packet, time.time()):
                if wait <= 0:
                    self._handle(address, values, client)
                elif wait > MAX_WAIT_SECONDS:
                    raise MessageError(
                        f"a bundle is more than {MAX_WAIT_SECONDS:g} s ahead; is a clock wrong?"
                    )
                elif self._waiting >= MAX_WAITING_MESSAGES:
                    raise MessageError(
                        f"{MAX_WAITING_MESSAGES} messages wait for their time already"
                    )
                else:
                    self._waiting += 1
                    loop = asyncio.get_running_loop()
                    loop.call_later(wait, self._handle_waiting, address, values, client)
                yield
        except MessageError as error:
            self._handler.reject("", str(error), client)

    def _handle_waiting(self, address: str, values: tuple[Any, ...], client: Client) -> None:
        self._waiting -= 1
        self._handle(address, values, client)

    def _handle(self, address: str, values: tuple[Any, ...], client: Client) -> None:
        if address.startswith(self._prefix + "/"):
            self._handler.handle_message(address[len(self._prefix) :], values, client)
        else:
            reason = f"no such address; ours begin with {self._prefix}/"
            self._handler.reject(address, reason, client)


class UdpClient:
    """A client at a host and port; replies go out from the port that it sent to."""

    def __init__(self, transport: asyncio.DatagramTransport, key: Address, prefix: str) -> None:
        self.key = key
        self.host = key[0]
        self._transport = transport
        self._prefix = prefix

    def send_message(self, address: str, *values: Any) -> None:
        """Send one message; it is lost where no program listens."""
        if not self._transport.is_closing():
            self._transport.sendto(encode(self._prefix + address, *values), self.key)


class UdpInput(asyncio.DatagramProtocol):
    """Receives the datagrams of hosts in the access list."""

    def __init__(self, prefix: str, handler: MessageHandler, access: AccessList) -> None:
        self._prefix = prefix
        self._handler = handler
        self._access = access
        self._receiver = OscReceiver(prefix, handler)
        self._packets = TimeSlice()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, which replies go out through."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Handle every message in a packet.

        A host that may not send gets no reply: its address may be forged, and the reply would hit
        another machine.
        """
        assert self._transport is not None  # noqa: S101 - nothing is received before a connection
        if addr[0] not in self._access:
            self._handler.log_rejection(
                f"{addr[0]} may not send OSC here; add it to allow in [inputs.osc]"
            )
            return
        if len(self._packets) >= MAX_WAITING_PACKETS:
            self._handler.log_rejection(
                f"more than {MAX_WAITING_PACKETS} OSC packets at once; send them slower"
            )
            return
        client = UdpClient(self._transport, (addr[0], addr[1]), self._prefix)
        self._packets.add(self._receiver.receive(data, client))

    def error_received(self, exc: Exception) -> None:
        """Ignore an ICMP error: a client is gone, and the next packet may arrive all the same."""
