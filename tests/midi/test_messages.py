"""Whole messages from the bytes that arrive at a MIDI port."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.midi.messages import MessageParser


def parsed(*parts, **wanted):
    messages = []
    parser = MessageParser(lambda message, _: messages.append(message), **wanted)
    for part in parts:
        parser.feed(part, 0.0)
    return messages


@pytest.mark.parametrize(
    ("parts", "messages"),
    [
        ([[0x90, 60, 1, 61, 2], [62, 3]], [[0x90, 60, 1], [0x90, 61, 2], [0x90, 62, 3]]),
        ([[0xC0, 5, 6]], [[0xC0, 5], [0xC0, 6]]),
        ([[0x90, 60], [1]], [[0x90, 60, 1]]),
        ([[0x90, 0xFA, 60, 1]], [[0xFA], [0x90, 60, 1]]),  # real time inside a message
        ([[0x90, 60, 1], [0xF2, 1, 2], [61, 1]], [[0x90, 60, 1], [0xF2, 1, 2]]),
        ([[0xF0, 1, 2], [3, 0xFA, 4], [5, 0xF7], [0x80, 60, 0]], [[0xFA], [0x80, 60, 0]]),
        ([[0xF0, 1, 2], [0x80, 60, 0]], [[0x80, 60, 0]]),  # broken off
        ([[0xF6], [1, 2], [0xF3, 1], [], [0xF7]], [[0xF6], [0xF3, 1]]),
        ([[0x90, 60], [0x80, 60, 0]], [[0x80, 60, 0]]),
    ],
)
def test_messages_are_whole(parts, messages):
    assert parsed(*parts) == messages


def test_what_is_not_asked_for_is_left_out():
    parts = [[0xF8], [0xF1, 3], [0xFE], [0xFB]]
    assert parsed(*parts) == [[0xFB]]
    assert parsed(*parts, timing=True) == [[0xF8], [0xF1, 3], [0xFB]]
    assert parsed(*parts, sensing=True) == [[0xFE], [0xFB]]


notes = st.lists(st.tuples(st.integers(0x80, 0x9F), *[st.integers(0, 127)] * 2).map(list))


@given(notes, st.lists(st.integers(1, 7)))
def test_bytes_may_come_in_any_portions(messages, cuts):
    stream = [byte for message in messages for byte in message]
    parts = []
    for cut in cuts:
        parts.append(stream[:cut])
        stream = stream[cut:]
    assert parsed(*parts, stream) == messages
