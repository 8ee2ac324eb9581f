"""How OSC packets are framed in a stream: by SLIP, or by the length of each packet.

SLIP has an END on both sides (RFC 1055; OSC 1.1); the length is a 32-bit number (OSC 1.0). The
first byte of a stream tells them apart.
"""

from typing import Protocol

END, ESC = b"\xc0", b"\xdb"
ESC_END, ESC_ESC = b"\xdb\xdc", b"\xdb\xdd"
OSC_STARTS = (b"/", b"#")  # of a message, of a bundle
LENGTH_START = b"\0"  # of the length of a packet below 16 MB
LENGTH_BYTES = 4
MAX_PACKET = 65536


class Framing(Protocol):
    """A way to frame packets, and what has arrived of those of one stream."""

    def frame(self, packet: bytes) -> bytes:
        """A packet as it is sent; `feed` is the inverse."""
        ...

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are complete now. ValueError for what is no OSC, or is too long."""
        ...


def framing_of(start: bytes) -> Framing:
    """The framing of a stream that begins so."""
    return LengthFraming() if start[:1] == LENGTH_START else SlipFraming()


class SlipFraming:
    """Packets framed by SLIP."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def frame(self, packet: bytes) -> bytes:
        """A packet as it is sent; `feed` is the inverse."""
        return END + packet.replace(ESC, ESC_ESC).replace(END, ESC_END) + END

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are complete now, without empty ones; see `Framing`."""
        packets: list[bytes] = []
        self._rest += data
        if END in data:
            *packets, rest = bytes(self._rest).split(END)
            self._rest = bytearray(rest)
        for start in (*packets, bytes(self._rest[:1])):
            _check_start(start)
        if len(self._rest) > 2 * MAX_PACKET:
            raise ValueError(f"a packet longer than {MAX_PACKET} bytes; frame packets with SLIP")
        return [each.replace(ESC_END, END).replace(ESC_ESC, ESC) for each in packets if each]


class LengthFraming:
    """Packets with their length before them."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def frame(self, packet: bytes) -> bytes:
        """A packet as it is sent; `feed` is the inverse."""
        return len(packet).to_bytes(LENGTH_BYTES, "big") + packet

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are complete now, without empty ones; see `Framing`."""
        packets: list[bytes] = []
        self._rest += data
        start = 0
        while len(self._rest) >= start + LENGTH_BYTES:
            begin = start + LENGTH_BYTES
            length = int.from_bytes(self._rest[start:begin], "big")
            if length > MAX_PACKET:
                raise ValueError(f"a packet longer than {MAX_PACKET} bytes")
            _check_start(bytes(self._rest[begin : begin + 1]))
            if len(self._rest) < begin + length:
                break
            packets.append(bytes(self._rest[begin : begin + length]))
            start = begin + length
        del self._rest[:start]
        return [packet for packet in packets if packet]


def _check_start(packet: bytes) -> None:
    """ValueError for a packet that cannot be OSC, with what it may be."""
    if not packet or packet[:1] in OSC_STARTS:
        return
    if packet[:1].isalpha():
        raise ValueError("this is no OSC; the panel for browsers has another port")
    raise ValueError("this is no OSC, framed by SLIP or by the length of each packet")
