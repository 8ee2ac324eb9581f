"""Packets through a stream, and who may send them."""

import asyncio
from itertools import pairwise
from types import SimpleNamespace

import pytest
from handlers import RecordingHandler
from hypothesis import given
from hypothesis import strategies as st

from perform.inputs import osc_tcp
from perform.inputs.osc_tcp import (
    LONGEST_PACKET,
    MOST_CONNECTIONS,
    MOST_UNSENT,
    SILENT_SECONDS,
    Frames,
    SlipConnection,
    frame,
)
from perform.net.access import AccessList
from perform.net.osc import encode

# END and ESC come often, so that every way of escaping them is met
packets = st.lists(st.lists(st.sampled_from([0xC0, 0xDB, 0xDC, 0xDD, 0]), min_size=1).map(bytes))


@given(packets, st.lists(st.integers(0, 200), max_size=8))
def test_packets_come_out_as_they_went_in_however_the_stream_is_cut(sent, cuts):
    stream = b"".join(map(frame, sent))
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    frames = Frames()
    heard = [packet for start, end in pairwise(edges) for packet in frames.feed(stream[start:end])]
    assert heard == sent


def test_a_packet_without_an_end_is_refused():
    frames = Frames()
    assert frames.feed(b"x" * LONGEST_PACKET) == []
    with pytest.raises(ValueError, match="longer"):
        frames.feed(b"x" * (LONGEST_PACKET + 1))


class Wire:
    """A stream's near end, whose far end may stop reading."""

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


def test_who_does_not_read_is_told_nothing_and_then_caught_up():
    wire, handler = Wire(), RecordingHandler()
    line = SlipConnection("/sideman", handler, AccessList(), set())
    line.connection_made(wire)
    assert wire.limit == MOST_UNSENT
    line.pause_writing()
    line.send_message("/beat", 0, 0)
    assert not wire.sent
    line.resume_writing()
    line.send_message("/beat", 0, 1)
    assert handler.refreshed == [line]
    assert len(wire.sent) == 1


def test_who_is_silent_longest_makes_way_where_all_lines_are_busy(monkeypatch):
    now, handler, there = [0.0], RecordingHandler(), set()
    monkeypatch.setattr(osc_tcp, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def connect():
        wire, line = Wire(), SlipConnection("/sideman", handler, AccessList(), there)
        line.connection_made(wire)
        return wire, line

    first, second, *_ = [connect() for _ in range(MOST_CONNECTIONS)]
    assert connect()[0].closed
    assert handler.logged == ["127.0.0.1 came when all 32 lines were busy; hang up some"]
    now[0] = SILENT_SECONDS
    first[1].data_received(frame(encode("/sideman/tap"))[:4])
    assert not any(connect()[0].closed for _ in range(MOST_CONNECTIONS - 1))
    assert [wire.closed for wire, _ in (first, second)] == [False, True]
    assert len(there) == MOST_CONNECTIONS
    assert len(handler.logged) == 1


MOST_STEPS = 8  # of a piece, each at its turn where the machine is slow


def received(*pieces):
    """The wire and the handler of a connection over which these came, as far as it was open, and were read."""
    wire, handler = Wire(), RecordingHandler()

    async def receive():
        line = SlipConnection("/sideman", handler, AccessList(), set())
        line.connection_made(wire)
        for piece in pieces:
            if not wire.closed:
                line.data_received(piece)
            for _ in range(MOST_STEPS):
                await asyncio.sleep(0)

    asyncio.run(receive())
    return wire, handler


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"\0\0\0\x10/sideman/panic\0\0,\0\0\0", "choose SLIP"),
        (b"GET / HTTP/1.1\r\n", "the panel elsewhere"),
        (b"\x16\x03\x01\x02\0", "no OSC framed by SLIP"),
        (b"\xc0rubbish\xc0", "no OSC"),
        (b"/" + b"x" * 131072, "longer than 65536"),
    ],
)
@pytest.mark.parametrize("pieces", [1000, 1])
def test_who_does_not_speak_slip_is_told_so_once_and_cut_off(said, why, pieces):
    step = -(-len(said) // pieces)
    cuts = [said[start : start + step] for start in range(0, len(said), step)]
    wire, handler = received(frame(encode("/sideman/panic")), *cuts)
    assert wire.closed
    assert [address for address, _, _ in handler.messages] == ["/panic"]
    ((_, line, _),) = handler.rejected
    assert "127.0.0.1" in line
    assert why in line


def test_who_sends_frames_with_one_end_is_understood():
    _, handler = received(*[frame(encode("/sideman/tempo", 90.0))[1:]] * 3)
    assert [message[:2] for message in handler.messages] == [("/tempo", (90.0,))] * 3
