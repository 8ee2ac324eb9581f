"""OSC packets over UDP: each is handled, or rejected with a MessageError, and nothing else."""

import asyncio

import pytest
from handlers import RecordingHandler
from hypothesis import given
from hypothesis import strategies as st

from perform.control import registry
from perform.errors import MessageError
from perform.events import ChordChanged, ChordNotesPlayed, Panic, TempoChanged
from perform.inputs.osc_udp import UdpInput
from perform.music.chord import parse_chord
from perform.net.access import AccessList
from perform.net.osc import encode


@given(
    st.sampled_from(
        [c.address.replace("NAME", "lead") for c in registry.CONTROLS] + ["/voice", ""]
    ),
    st.lists(st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.binary()), max_size=4),
)
def test_any_values_are_an_event_or_a_message_error(address, sent):
    try:
        registry.parse(address, tuple(sent))
    except MessageError as error:
        assert "\n" not in str(error)


def test_each_address_has_the_event_of_its_row():
    assert registry.parse("/chord", ("Cm7",)) == ChordChanged(parse_chord("Cm7"))
    assert registry.parse("/chord", (60, 63, 67, 70)) == ChordNotesPlayed((60, 63, 67, 70))
    assert registry.parse("/tempo", (96,)) == TempoChanged(96.0)
    assert registry.parse("/panic", ()) == Panic()


class Transport:
    """A UDP transport that nothing may be sent through."""

    def is_closing(self):
        return False

    def sendto(self, *_):
        raise AssertionError("a reply")


MAX_STEPS = 8  # of the event loop for one packet; a slow machine needs several


def receive(handler, access, *packets):
    """Receive these (packet, sender) over UDP."""

    async def read():
        udp = UdpInput("/sideman", handler, access)
        udp.connection_made(Transport())
        for packet, sender in packets:
            udp.datagram_received(packet, sender)
            for _ in range(MAX_STEPS):
                await asyncio.sleep(0)

    asyncio.run(read())


def test_hosts_that_are_not_allowed_are_ignored_and_get_no_reply():
    handler = RecordingHandler()
    panic = encode("/sideman/panic")
    packets = [(panic, (host, 5)) for host in ("10.1.2.9", "10.9.9.9", "127.0.0.1")]
    receive(handler, AccessList(["10.1.2.0/24"]), *packets, (b"rubbish", ("10.9.9.9", 5)))
    assert [client.key for _, _, client in handler.messages] == [("10.1.2.9", 5), ("127.0.0.1", 5)]
    assert len(handler.logged) == 2
    assert "10.9.9.9 may not send" in handler.logged[0]


def bundle(seconds, *packets):
    """A bundle of packets whose time tag is so many seconds since 1970; None: immediately."""
    tag = 1 if seconds is None else round((seconds + 2_208_988_800) * 2**32)
    sized = b"".join(len(packet).to_bytes(4, "big") + packet for packet in packets)
    return b"#bundle\0" + tag.to_bytes(8, "big") + sized


def test_a_bundle_for_next_year_is_rejected_once_and_one_of_yesterday_is_applied(
    monkeypatch,
):
    handler = RecordingHandler()
    monkeypatch.setattr("perform.inputs.osc_receiver.time.time", lambda: 1_800_000_000.0)
    tempo = encode("/sideman/tempo", 90.0)
    packets = [bundle(1_800_000_000.0 + seconds, tempo, tempo) for seconds in (-1e6, 61.0, 1e8)]
    receive(handler, AccessList(), *((packet, ("127.0.0.1", 5)) for packet in packets))
    assert [address for address, *_ in handler.messages] == ["/tempo", "/tempo"]
    assert [address for address, *_ in handler.rejected] == ["", "", ""]
    assert "1000000 s behind the clock here" in handler.rejected[0][1]
    assert "more than 60 s ahead" in handler.rejected[1][1]


def test_a_sender_with_a_wrong_clock_is_told_once_and_time_tags_may_be_ignored(monkeypatch):
    monkeypatch.setattr("perform.inputs.osc_receiver.time.time", lambda: 1_800_000_000.0)
    tempo = encode("/sideman/tempo", 90.0)
    ahead = [bundle(1_800_000_000.0 + seconds, tempo) for seconds in (5.0, 1.0, 5.0, 1e5)]
    for time_tags, told, applied in (("follow", 2, 0), ("ignore", 0, 4)):
        handler = RecordingHandler()

        async def read(handler=handler, time_tags=time_tags):
            udp = UdpInput("/sideman", handler, AccessList(), time_tags)
            udp.connection_made(Transport())
            for packet in ahead:
                udp.datagram_received(packet, ("127.0.0.1", 5))
                for _ in range(MAX_STEPS):
                    await asyncio.sleep(0)

        asyncio.run(read())
        assert (len(handler.rejected), len(handler.messages)) == (told, applied)
        assert not told or "5 s ahead of the clock here; set both by NTP" in handler.rejected[0][1]


def test_touches_and_motion_are_ignored_after_one_line(caplog):
    caplog.set_level("INFO")
    handler = RecordingHandler()
    touches = [
        encode("/sideman/swing/z", 1.0),
        encode("/accxyz", 0.1, 0.2, 0.9),
        encode("/ping"),
    ] * 3
    receive(handler, AccessList(), *((packet, ("127.0.0.1", 5)) for packet in touches))
    assert not handler.messages
    assert not handler.rejected
    assert len(caplog.records) == 1


def test_a_pattern_for_the_prefix_is_read_and_a_broken_one_rejected():
    handler = RecordingHandler()
    sent = [encode(address, 90.0) for address in ("/*/tempo", "/side{man/tempo", "/{o,p}/tempo")]
    receive(handler, AccessList(), *((packet, ("127.0.0.1", 5)) for packet in sent))
    assert [address for address, *_ in handler.messages] == ["/tempo"]
    assert [address for address, *_ in handler.rejected] == ["/side{man/tempo", "/{o,p}/tempo"]


def test_text_that_is_a_number_is_a_number():
    for text, number in (("0.4", 0.4), (" 1 ", 1.0)):
        assert registry.parse("/swing", (text,)) == registry.parse("/swing", (number,))
    assert registry.parse("/voice/lead/mute", ("0",)) == registry.parse("/voice/lead/mute", (0,))
    assert registry.parse("/mode", ("trade", "2")) == registry.parse("/mode", ("trade", 2))
    assert registry.parse("/note", ("60", "90")) == registry.parse("/note", (60, 90))
    assert registry.parse("/panic", ("0",)) is None  # a button that is released
    for text in ("", "0,4", "1_0", "nan", "0x1", "½"):
        with pytest.raises(MessageError, match="one number"):
            registry.parse("/swing", (text,))
