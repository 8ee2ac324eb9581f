"""Packets through a stream, and who may send them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.allow import Allowed, is_loopback
from perform.errors import RigError
from perform.inputs.slip import LONGEST_PACKET, Frames, frame

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


def test_those_who_are_named_may_send_and_this_machine_always():
    allowed = Allowed(["192.168.1.0/24", "10.0.0.7", "fe80::/10"])
    for host in (
        "192.168.1.20",
        "10.0.0.7",
        "127.0.0.1",
        "::1",
        "::ffff:192.168.1.9",
        "fe80::1%eth0",
    ):
        assert host in allowed
    for host in ("192.168.2.1", "10.0.0.8", "2001:db8::1", "nonsense"):
        assert host not in allowed
    assert "8.8.8.8" in Allowed()
    with pytest.raises(RigError, match="for all of a network"):
        Allowed(["studio"])
    assert is_loopback("127.0.0.1")
    assert not is_loopback("0.0.0.0")
