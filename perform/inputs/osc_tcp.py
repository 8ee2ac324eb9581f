"""OSC over TCP, for networks that lose datagrams."""

import asyncio
import time
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, cast

from perform.inputs.osc_receiver import OscReceiver, TimeTags
from perform.net.access import AccessList
from perform.net.client import MessageHandler
from perform.net.osc import encode
from perform.net.osc_framing import Framing, SlipFraming, framing_of
from perform.net.time_slice import TimeSlice

MAX_UNSENT = 262_144  # bytes that wait for a slow client before messages to it are dropped
MAX_CONNECTIONS = 32
SILENT_SECONDS = 60.0  # after which a connection may be closed in favour of a new one


class TcpConnection(asyncio.Protocol):
    """The connection of one client: its packets come in, replies and feedback go out.

    `connections`: those that are open.
    """

    def __init__(
        self,
        prefix: str,
        handler: MessageHandler,
        access: AccessList,
        connections: set[Any],
        time_tags: TimeTags = "follow",
    ) -> None:
        self._prefix = prefix
        self._handler = handler
        self._access = access
        self._connections = connections
        self._framing: Framing | None = None  # until the first byte
        self._receiver = OscReceiver(prefix, handler, time_tags)
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
        """Handle the packets in the data; reject and close a connection that carries no OSC."""
        self.received_at = time.monotonic()
        if self._framing is None:
            self._framing = framing_of(data)
        try:
            packets = self._framing.feed(data)
        except ValueError as error:
            self._handler.reject("", f"OSC over TCP, {self.host}: {error}", self)
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
            framing = self._framing or SlipFraming()
            transport.write(framing.frame(encode(self._prefix + address, *values)))

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
