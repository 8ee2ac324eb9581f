"""Packets from strangers: read, or refused with a WireError, never anything else."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.control import registry
from perform.errors import MessageError
from perform.events import ChordChanged, Panic, TempoChanged
from perform.inputs.osc_udp import UdpInput
from perform.music.chord import parse_chord
from perform.net.access import AccessList
from perform.net.osc import encode, messages, timed_messages

values = st.lists(
    st.one_of(
        st.integers(-(2**31), 2**31 - 1),
        st.booleans(),
        st.floats(width=32, allow_nan=False),
        st.text(st.characters(min_codepoint=1, max_codepoint=126), max_size=20),
    ),
    max_size=5,
)


@given(values)
def test_what_is_encoded_is_read(sent):
    assert next(messages(encode("/sideman/x", *sent))) == ("/sideman/x", tuple(sent))


@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_a_wire_error(data):
    for packet in (data, b"#bundle\0" + data, b"/a\0\0,sif" + data):
        try:
            list(messages(packet))
        except MessageError:
            pass


@given(
    st.sampled_from(
        [c.address.replace("NAME", "lead") for c in registry.CONTROLS] + ["/voice", ""]
    ),
    st.lists(st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.binary()), max_size=4),
)
def test_any_values_are_an_event_or_a_wire_error(address, sent):
    try:
        registry.read(address, tuple(sent))
    except MessageError as fault:
        assert "\n" not in str(fault)


def test_addresses_mean_what_the_table_says():
    assert registry.read("/chord", ("Cm7",)) == ChordChanged(parse_chord("Cm7"))
    assert registry.read("/chord", (60, 63, 67, 70)) == ChordChanged(parse_chord("Cm7"))
    assert registry.read("/tempo", (96,)) == TempoChanged(96.0)
    assert registry.read("/panic", ()) == Panic()


class Desk:
    """Keeps what is said, and who was turned away."""

    def __init__(self):
        self.heard, self.away = [], []

    def hear(self, address, values, peer):
        self.heard.append((address, values, peer.key))

    def refuse(self, address, why, _):
        self.heard.append((address, why, None))

    def turn_away(self, fault):
        self.away.append(fault)


class Wire:
    """The transport of datagrams, of which nothing may go to a stranger."""

    def is_closing(self):
        return False

    def sendto(self, *_):
        raise AssertionError("answered")


MOST_STEPS = 8  # of a packet, each at its turn where the machine is slow


def receive(desk, allowed, *came):
    """Read these (packet, sender), as they come over UDP."""

    async def read():
        heard = UdpInput("/sideman", desk, allowed)
        heard.connection_made(Wire())
        for packet, sender in came:
            heard.datagram_received(packet, sender)
            for _ in range(MOST_STEPS):
                await asyncio.sleep(0)

    asyncio.run(read())


def test_strangers_are_neither_heard_nor_answered():
    desk = Desk()
    panic = encode("/sideman/panic")
    came = [(panic, (host, 5)) for host in ("10.1.2.9", "10.9.9.9", "127.0.0.1")]
    receive(desk, AccessList(["10.1.2.0/24"]), *came, (b"rubbish", ("10.9.9.9", 5)))
    assert [key for _, _, key in desk.heard] == [("10.1.2.9", 5), ("127.0.0.1", 5)]
    assert len(desk.away) == 2
    assert "10.9.9.9 may not send" in desk.away[0]


def test_nested_bundles_end_somewhere():
    packet = encode("/sideman/panic")
    for _ in range(12):
        packet = b"#bundle\0" + b"\0" * 8 + len(packet).to_bytes(4, "big") + packet
    with pytest.raises(MessageError, match="deeper"):
        list(messages(packet))


def bundle(seconds, *packets):
    """A bundle of packets whose time tag is so many seconds since 1970; None: immediately."""
    tag = 1 if seconds is None else round((seconds + 2_208_988_800) * 2**32)
    sized = b"".join(len(packet).to_bytes(4, "big") + packet for packet in packets)
    return b"#bundle\0" + tag.to_bytes(8, "big") + sized


@given(st.floats(-5, 50))
def test_a_bundle_is_applied_at_the_time_of_its_tag(later):
    now = 1_800_000_000.0
    inner = bundle(now + later, encode("/sideman/tempo", 90.0), encode("/sideman/panic"))
    for packet in (inner, bundle(None, inner)):
        timed = list(timed_messages(packet, now))
        assert [address for _, address, _ in timed] == ["/sideman/tempo", "/sideman/panic"]
        assert all(wait == pytest.approx(max(later, 0), abs=1e-6) for wait, _, _ in timed)
    assert list(timed_messages(bundle(None, encode("/a")), now)) == [(0.0, "/a", ())]


def test_a_bundle_for_next_year_is_refused_with_one_line_and_one_of_yesterday_is_applied(
    monkeypatch,
):
    desk = Desk()
    monkeypatch.setattr("perform.inputs.osc_udp.time.time", lambda: 1_800_000_000.0)
    tempo = encode("/sideman/tempo", 90.0)
    came = [bundle(1_800_000_000.0 + seconds, tempo, tempo) for seconds in (-1e6, 61.0, 1e8)]
    receive(desk, AccessList(), *((packet, ("127.0.0.1", 5)) for packet in came))
    assert [about for about, *_ in desk.heard] == ["/tempo", "/tempo", "", ""]
    assert "more than 60 s ahead" in desk.heard[2][1]
