"""OSC over UDP: the messages of each packet go to a message handler."""

import asyncio
from typing import Any, cast

from perform.inputs.osc_receiver import OscReceiver, TimeTags
from perform.net.access import AccessList
from perform.net.client import MessageHandler
from perform.net.osc import encode
from perform.net.time_slice import TimeSlice

Address = tuple[str, int]
MAX_WAITING_PACKETS = 1000  # that are received and not decoded yet


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

    def __init__(
        self,
        prefix: str,
        handler: MessageHandler,
        access: AccessList,
        time_tags: TimeTags = "follow",
    ) -> None:
        self._prefix = prefix
        self._handler = handler
        self._access = access
        self._receiver = OscReceiver(prefix, handler, time_tags)
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
