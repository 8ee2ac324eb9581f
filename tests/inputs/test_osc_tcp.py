"""OSC packets over TCP, and which clients may send them."""

import asyncio
from itertools import pairwise
from types import SimpleNamespace

import pytest
from handlers import RecordingHandler
from hypothesis import given
from hypothesis import strategies as st

from perform.inputs import osc_tcp
from perform.inputs.osc_tcp import (
    MAX_CONNECTIONS,
    MAX_UNSENT,
    SILENT_SECONDS,
    TcpConnection,
)
from perform.net.access import AccessList
from perform.net.osc import encode
from perform.net.osc_framing import MAX_PACKET, LengthFraming, SlipFraming, framing_of

frame = SlipFraming().frame

# END and ESC come often, so that every way to escape them occurs
packets = st.lists(st.lists(st.sampled_from([0xC0, 0xDB, 0xDC, 0xDD, 0]), min_size=1).map(bytes))


@given(
    st.sampled_from([SlipFraming, LengthFraming]),
    packets,
    st.lists(st.integers(0, 200), max_size=8),
)
def test_packets_are_the_same_however_the_stream_is_cut(framing, sent, cuts):
    sent = [b"/" + packet for packet in sent]
    stream = b"".join(map(framing().frame, sent))
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    reader = framing_of(stream)
    received = [
        packet for start, end in pairwise(edges) for packet in reader.feed(stream[start:end])
    ]
    assert received == sent
    assert not sent or isinstance(reader, framing)


def test_a_packet_without_an_end_is_rejected():
    slip = SlipFraming()
    assert slip.feed(b"/" * MAX_PACKET) == []
    with pytest.raises(ValueError, match="longer"):
        slip.feed(b"/" * (MAX_PACKET + 1))
    with pytest.raises(ValueError, match="longer"):
        LengthFraming().feed((MAX_PACKET + 1).to_bytes(4, "big"))


class Transport:
    """A TCP transport whose other end may stop reading."""

    def __init__(self):
        self.sent, self.limit, self.closed = [], None, False

    def get_extra_info(self, _):
        return ("127.0.0.1", 9)

    def set_write_buffer_limits(self, high):
        self.limit = high

    def is_closing(self):
        return self.closed

    def close(self):
        self.closed = True

    abort = close

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass

    def write(self, data):
        self.sent.append(data)


def test_a_client_that_does_not_read_gets_nothing_and_then_all_values():
    transport, handler = Transport(), RecordingHandler()
    connection = TcpConnection("/sideman", handler, AccessList(), set())
    connection.connection_made(transport)
    assert transport.limit == MAX_UNSENT
    connection.pause_writing()
    connection.send_message("/beat", 0, 0)
    assert not transport.sent
    connection.resume_writing()
    connection.send_message("/beat", 0, 1)
    assert handler.refreshed == [connection]
    assert len(transport.sent) == 1


def test_the_client_that_is_silent_longest_is_closed_when_all_connections_are_busy(monkeypatch):
    now, handler, connections = [0.0], RecordingHandler(), set()
    monkeypatch.setattr(osc_tcp, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def connect():
        transport, connection = (
            Transport(),
            TcpConnection("/sideman", handler, AccessList(), connections),
        )
        connection.connection_made(transport)
        return transport, connection

    first, second, *_ = [connect() for _ in range(MAX_CONNECTIONS)]
    assert connect()[0].closed
    assert handler.logged == ["127.0.0.1 cannot connect: all 32 connections are busy; close some"]
    now[0] = SILENT_SECONDS
    first[1].data_received(frame(encode("/sideman/tap"))[:4])
    assert not any(connect()[0].closed for _ in range(MAX_CONNECTIONS - 1))
    assert [transport.closed for transport, _ in (first, second)] == [False, True]
    assert len(connections) == MAX_CONNECTIONS
    assert len(handler.logged) == 1


MAX_STEPS = 8  # of the event loop for one piece; a slow machine needs several


def received(*pieces):
    """The transport and the handler of a connection after these pieces, until it is closed."""
    transport, handler = Transport(), RecordingHandler()

    async def receive():
        connection = TcpConnection("/sideman", handler, AccessList(), set())
        connection.connection_made(transport)
        for piece in pieces:
            if not transport.closed:
                connection.data_received(piece)
            for _ in range(MAX_STEPS):
                await asyncio.sleep(0)

    asyncio.run(receive())
    return transport, handler


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"GET / HTTP/1.1\r\n", "the panel for browsers"),
        (b"\x16\x03\x01\x02\0", "no OSC, framed by SLIP"),
        (b"\xc0rubbish\xc0", "no OSC"),
        (b"/" + b"x" * 131072, "longer than 65536"),
    ],
)
@pytest.mark.parametrize("pieces", [1000, 1])
def test_a_client_that_sends_no_osc_is_rejected_once_and_closed(sent, said, pieces):
    step = -(-len(sent) // pieces)
    cuts = [sent[start : start + step] for start in range(0, len(sent), step)]
    transport, handler = received(frame(encode("/sideman/panic")), *cuts)
    assert transport.closed
    assert [address for address, _, _ in handler.messages] == ["/panic"]
    ((_, reason, _),) = handler.rejected
    assert "127.0.0.1" in reason
    assert said in reason


def test_frames_with_an_end_on_one_side_are_decoded():
    _, handler = received(*[frame(encode("/sideman/tempo", 90.0))[1:]] * 3)
    assert [message[:2] for message in handler.messages] == [("/tempo", (90.0,))] * 3


def test_a_client_whose_packets_begin_with_their_length_is_answered_so():
    framing = LengthFraming()
    transport, handler = Transport(), RecordingHandler()

    async def receive():
        connection = TcpConnection("/sideman", handler, AccessList(), set())
        connection.connection_made(transport)
        connection.data_received(framing.frame(encode("/sideman/tempo", 90.0)))
        await asyncio.sleep(0)
        connection.send_message("/beat", 0, 1)

    asyncio.run(receive())
    assert [message[:2] for message in handler.messages] == [("/tempo", (90.0,))]
    assert transport.sent == [framing.frame(encode("/sideman/beat", 0, 1))]
