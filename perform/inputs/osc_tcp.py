"""OSC over TCP: packets framed by SLIP with an END on both sides (RFC 1055; OSC 1.1), for hops that lose datagrams."""

import asyncio
import time
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, cast

from perform.inputs.osc_udp import OscReader
from perform.net.access import AccessList
from perform.net.client import MessageHandler
from perform.net.osc import encode
from perform.net.time_slice import TimeSlice

END, ESC = b"\xc0", b"\xdb"
OSC = (b"/", b"#")  # what every packet begins with
LENGTH = b"\0"  # what one less than 16 MB long begins with where its length comes first
ESC_END, ESC_ESC = b"\xdb\xdc", b"\xdb\xdd"
LONGEST_PACKET = 65536
MOST_UNSENT = 262_144  # bytes that a slow peer may leave waiting before messages to it are dropped
MOST_CONNECTIONS = 32
SILENT_SECONDS = 60.0  # after which a connection makes way where there are too many


def frame(packet: bytes) -> bytes:
    """A packet as a SLIP frame; `Frames` is the inverse."""
    return END + packet.replace(ESC, ESC_ESC).replace(END, ESC_END) + END


class Frames:
    """A stream of bytes -> the packets of its frames, however it is cut up."""

    def __init__(self) -> None:
        self._rest = bytearray()

    @property
    def begun(self) -> bytes:
        """How the packet that is not whole yet begins."""
        return bytes(self._rest[:1])

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are whole now, empty ones left out. ValueError for one that never ends."""
        whole: list[bytes] = []
        self._rest += data
        if END in data:
            *whole, rest = bytes(self._rest).split(END)
            self._rest = bytearray(rest)
        if len(self._rest) > 2 * LONGEST_PACKET:
            raise ValueError(f"a packet longer than {LONGEST_PACKET} bytes")
        return [packet.replace(ESC_END, END).replace(ESC_ESC, ESC) for packet in whole if packet]


def mismatch(begun: bytes) -> str:
    """What somebody speaks whose packet begins so, and what to do; "" where it may be OSC."""
    if not begun or begun[:1] in OSC:
        return ""
    if begun[:1] == LENGTH:
        return "packets begin with their length (OSC 1.0); choose SLIP (OSC 1.1) in that program"
    if begun[:1].isalpha():
        return "this is no OSC; a browser finds the panel elsewhere"
    return "this is no OSC framed by SLIP"


class SlipConnection(asyncio.Protocol):
    """One connection: packets in, answers and whatever its peer subscribes to out."""

    def __init__(
        self, prefix: str, handler: MessageHandler, allowed: AccessList, open_now: set[Any]
    ) -> None:
        self._prefix = prefix
        self._handler = handler
        self._allowed = allowed
        self._open = open_now
        self._frames = Frames()
        self._reader = OscReader(prefix, handler)
        self._turns = TimeSlice()
        self._transport: asyncio.Transport | None = None
        self._deaf = False  # it has not read for long
        self.host = ""
        self.heard = time.monotonic()

    @property
    def key(self) -> Hashable:
        """The connection itself: two from one machine are two peers."""
        return id(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there; gone again where they may not be."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=MOST_UNSENT)
        # who is gone already has no name
        host = self.host = (transport.get_extra_info("peername") or ("nobody",))[0]
        if host not in self._allowed:
            self._turn_away("may not connect; add it to allow in [inputs.osc]")
        elif not self._find_room():
            self._turn_away(f"came when all {MOST_CONNECTIONS} lines were busy; hang up some")
        else:
            self._open.add(self)

    def _turn_away(self, why: str) -> None:
        self._handler.log_rejection(f"{self.host} {why}")
        self.abort()

    def _find_room(self) -> bool:
        """Whether there is a line, be it that of whoever was silent longest: many forget to hang up."""
        if len(self._open) >= MOST_CONNECTIONS:
            silent = min(self._open, key=lambda one: one.heard)
            if self.heard - silent.heard < SILENT_SECONDS:
                return False
            silent.abort()
        return True

    def data_received(self, data: bytes) -> None:
        """Some bytes of the stream; who does not speak SLIP is told so once, and cut off."""
        self.heard = time.monotonic()
        try:
            packets = self._frames.feed(data)
            why = next(filter(None, map(mismatch, (*packets, self._frames.begun))), "")
        except ValueError as fault:
            packets, why = [], f"{fault}; frame packets with SLIP"
        if why:
            self._handler.reject("", f"OSC over TCP, {self.host}: {why}", self)
            self.close()
            return
        self._turns.add(self._read(packets))
        if self._turns and self._transport is not None:
            self._transport.pause_reading()  # they wait, and nothing is lost

    def _read(self, packets: Sequence[bytes]) -> Iterator[None]:
        for packet in packets:
            yield from self._reader.read(packet, self)
        if self._transport is not None:
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        """They are told no more, once what they said last is heard."""
        self._open.discard(self)
        self._turns.add(map(self._handler.unsubscribe, [self]))

    def send_message(self, address: str, *values: Any) -> None:
        """One message; dropped where they do not read what came before."""
        transport = self._transport
        if transport is not None and not transport.is_closing() and not self._deaf:
            transport.write(frame(encode(self._prefix + address, *values)))

    def pause_writing(self) -> None:
        """They read no more: what happens from now on is not told."""
        self._deaf = True

    def resume_writing(self) -> None:
        """They read again, and have missed where values went."""
        self._deaf = False
        self._handler.refresh(self)

    def abort(self) -> None:
        """Hang up at once, whatever is still to be told."""
        self._open.discard(self)
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()
