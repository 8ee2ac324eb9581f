"""OSC over TCP, for networks that lose datagrams.

Packets are framed by SLIP with an END on both sides (RFC 1055; OSC 1.1).
"""

import asyncio
import time
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, cast

from perform.inputs.osc_udp import OscReceiver
from perform.net.access import AccessList
from perform.net.client import MessageHandler
from perform.net.osc import encode
from perform.net.time_slice import TimeSlice

END, ESC = b"\xc0", b"\xdb"
ESC_END, ESC_ESC = b"\xdb\xdc", b"\xdb\xdd"
OSC_STARTS = (b"/", b"#")  # of a message, of a bundle
LENGTH_START = b"\0"  # of the length of a packet below 16 MB, where the length comes first
MAX_PACKET = 65536
MAX_UNSENT = 262_144  # bytes that wait for a slow client before messages to it are dropped
MAX_CONNECTIONS = 32
SILENT_SECONDS = 60.0  # after which a connection may be closed in favour of a new one


def frame(packet: bytes) -> bytes:
    """A packet as a SLIP frame; `FrameReader` is the inverse."""
    return END + packet.replace(ESC, ESC_ESC).replace(END, ESC_END) + END


class FrameReader:
    """Turns a stream of bytes into the packets of its SLIP frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    @property
    def start(self) -> bytes:
        """The first byte of the packet that is not complete yet; empty if there is none."""
        return bytes(self._rest[:1])

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are complete now, without empty ones.

        ValueError for one that is too long.
        """
        packets: list[bytes] = []
        self._rest += data
        if END in data:
            *packets, rest = bytes(self._rest).split(END)
            self._rest = bytearray(rest)
        if len(self._rest) > 2 * MAX_PACKET:
            raise ValueError(f"a packet longer than {MAX_PACKET} bytes")
        return [each.replace(ESC_END, END).replace(ESC_ESC, ESC) for each in packets if each]


def mismatch(start: bytes) -> str:
    """The protocol of a packet that starts like this; "" where it may be OSC."""
    if not start or start[:1] in OSC_STARTS:
        return ""
    if start[:1] == LENGTH_START:
        return "packets begin with their length (OSC 1.0); choose SLIP (OSC 1.1) in that program"
    if start[:1].isalpha():
        return "this is no OSC; the panel for browsers has another port"
    return "this is no OSC framed by SLIP"


class SlipConnection(asyncio.Protocol):
    """The connection of one client: its packets come in, replies and feedback go out.

    `connections`: those that are open.
    """

    def __init__(
        self, prefix: str, handler: MessageHandler, access: AccessList, connections: set[Any]
    ) -> None:
        self._prefix = prefix
        self._handler = handler
        self._access = access
        self._connections = connections
        self._frames = FrameReader()
        self._receiver = OscReceiver(prefix, handler)
        self._packets = TimeSlice()
        self._transport: asyncio.Transport | None = None
        self._congested = False  # the client has not read for long
        self.host = ""
        self.received_at = time.monotonic()

    @property
    def key(self) -> Hashable:
        """The connection itself: two connections from one machine are two clients."""
        return id(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept the connection, or abort it where its host is not allowed or too many are open."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=MAX_UNSENT)
        # a client that is gone already has no name
        self.host = (transport.get_extra_info("peername") or ("unknown",))[0]
        if self.host not in self._access:
            self._refuse("may not connect; add it to allow in [inputs.osc]")
        elif not self._make_room():
            self._refuse(f"cannot connect: all {MAX_CONNECTIONS} connections are busy; close some")
        else:
            self._connections.add(self)

    def _refuse(self, reason: str) -> None:
        self._handler.log_rejection(f"{self.host} {reason}")
        self.abort()

    def _make_room(self) -> bool:
        """Whether a connection is free now; the one that is silent longest is closed for it.

        Many programs forget to close their connections.
        """
        if len(self._connections) >= MAX_CONNECTIONS:
            silent = min(self._connections, key=lambda one: one.received_at)
            if self.received_at - silent.received_at < SILENT_SECONDS:
                return False
            silent.abort()
        return True

    def data_received(self, data: bytes) -> None:
        """Handle the packets in the data; reject and close a connection that does not use SLIP."""
        self.received_at = time.monotonic()
        try:
            packets = self._frames.feed(data)
            reason = next(filter(None, map(mismatch, (*packets, self._frames.start))), "")
        except ValueError as error:
            packets, reason = [], f"{error}; frame packets with SLIP"
        if reason:
            self._handler.reject("", f"OSC over TCP, {self.host}: {reason}", self)
            self.close()
            return
        self._packets.add(self._receive(packets))
        if self._packets and self._transport is not None:
            self._transport.pause_reading()  # the client waits, and nothing is lost

    def _receive(self, packets: Sequence[bytes]) -> Iterator[None]:
        for packet in packets:
            yield from self._receiver.receive(packet, self)
        if self._transport is not None:
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        """End the client's subscriptions, after its last packets are handled."""
        self._connections.discard(self)
        self._packets.add(map(self._handler.unsubscribe, [self]))

    def send_message(self, address: str, *values: Any) -> None:
        """Send one message; it is dropped while the client does not read."""
        transport = self._transport
        if transport is not None and not transport.is_closing() and not self._congested:
            transport.write(frame(encode(self._prefix + address, *values)))

    def pause_writing(self) -> None:
        """Drop messages from now on: the client does not read."""
        self._congested = True

    def resume_writing(self) -> None:
        """Send all values again, because the client reads again and has missed some."""
        self._congested = False
        self._handler.refresh(self)

    def abort(self) -> None:
        """Close the connection at once, with messages that are not sent yet."""
        self._connections.discard(self)
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close the connection after all messages are sent."""
        if self._transport is not None:
            self._transport.close()
