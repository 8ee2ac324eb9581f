"""The OSC codec: what is encoded is decoded, and any bytes are messages or a MessageError."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import MessageError
from perform.net.osc import decode, decode_timed, encode

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
def test_decode_is_the_inverse_of_encode(sent):
    assert next(decode(encode("/sideman/x", *sent))) == ("/sideman/x", tuple(sent))


@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_a_message_error(data):
    for packet in (data, b"#bundle\0" + data, b"/a\0\0,sif" + data):
        try:
            list(decode(packet))
        except MessageError:
            pass


def test_bundles_nested_too_deep_are_rejected():
    packet = encode("/sideman/panic")
    for _ in range(12):
        packet = b"#bundle\0" + b"\0" * 8 + len(packet).to_bytes(4, "big") + packet
    with pytest.raises(MessageError, match="deeper"):
        list(decode(packet))


def bundle(seconds, *packets):
    """A bundle with a time tag in seconds since 1970; None: immediately."""
    tag = 1 if seconds is None else round((seconds + 2_208_988_800) * 2**32)
    sized = b"".join(len(packet).to_bytes(4, "big") + packet for packet in packets)
    return b"#bundle\0" + tag.to_bytes(8, "big") + sized


@given(st.floats(-5, 50))
def test_a_time_tag_gives_the_seconds_to_wait(later):
    now = 1_800_000_000.0
    inner = bundle(now + later, encode("/sideman/tempo", 90.0), encode("/sideman/panic"))
    for packet, first in ((inner, later), (bundle(None, inner), max(later, 0))):
        timed = list(decode_timed(packet, now))
        assert [address for _, address, _ in timed] == ["/sideman/tempo", "/sideman/panic"]
        assert all(wait == pytest.approx(first, abs=1e-6) for wait, _, _ in timed)
    assert list(decode_timed(bundle(None, encode("/a")), now)) == [(0.0, "/a", ())]


def test_every_type_of_value_is_read_and_arrays_are_flat():
    data = (
        b"/a\0\0,[ii[S]]cTFNIhd\0" + bytes([0, 0, 0, 60, 0, 0, 0, 64]) + b"word\0\0\0\0"
        b"\0\0\0A" + (7).to_bytes(8, "big") + struct.pack(">d", 0.5)
    )
    assert list(decode(data)) == [("/a", (60, 64, "word", "A", True, False, None, True, 7, 0.5))]
    for broken in (b"/a\0\0,c\0\0\0\0\xd8\0", b"/a\0\0,[i\0\0\0\0\7", b"/a\0\0,q\0\0"):
        with pytest.raises(MessageError):
            list(decode(broken))
