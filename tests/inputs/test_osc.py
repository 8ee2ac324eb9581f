"""Packets from strangers: read, or refused with a WireError, never anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform import controls
from perform.errors import WireError
from perform.events import ChordChanged, Panic, TempoChanged
from perform.music.chord import parse_chord
from perform.osc import encode, messages

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
        except WireError:
            pass


@given(
    st.sampled_from(
        [c.address.replace("NAME", "lead") for c in controls.CONTROLS] + ["/voice", ""]
    ),
    st.lists(st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.binary()), max_size=4),
)
def test_any_values_are_an_event_or_a_wire_error(address, sent):
    try:
        controls.read(address, tuple(sent))
    except WireError as fault:
        assert "\n" not in str(fault)


def test_addresses_mean_what_the_table_says():
    assert controls.read("/chord", ("Cm7",)) == ChordChanged(parse_chord("Cm7"))
    assert controls.read("/chord", (60, 63, 67, 70)) == ChordChanged(parse_chord("Cm7"))
    assert controls.read("/tempo", (96,)) == TempoChanged(96.0)
    assert controls.read("/panic", ()) == Panic()


def test_nested_bundles_end_somewhere():
    packet = encode("/sideman/panic")
    for _ in range(12):
        packet = b"#bundle\0" + b"\0" * 8 + len(packet).to_bytes(4, "big") + packet
    with pytest.raises(WireError, match="deeper"):
        list(messages(packet))
