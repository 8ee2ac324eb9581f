"""OSC packets (Open Sound Control 1.0) and what they say, both ways."""

import struct
from collections.abc import Iterator
from typing import Any

from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.parsing import osc_types

from perform.errors import MessageError

DEEPEST_BUNDLE = 8
SINCE_1900 = 2_208_988_800  # seconds from NTP's beginning to 1970


def encode(address: str, *values: Any) -> bytes:
    """The OSC packet for an address and its values (str, int, float, bool)."""
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build().dgram


def messages(data: bytes) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """(address, values) of each message in a packet, bundles opened, whatever their time; WireError on a
    broken one.
    """
    for _, address, values in timed_messages(data, 0.0):
        yield address, values


def timed_messages(
    data: bytes, now: float, wait: float = 0.0, depth: int = 0
) -> Iterator[tuple[float, str, tuple[Any, ...]]]:
    """(seconds to wait, address, values) of each message in a packet; WireError on a broken one.

    `now`: seconds since 1970, by which the time tags of bundles are read; a tag that says "immediately",
    or a moment that has passed, means no wait.
    """
    try:
        if OscBundle.dgram_is_bundle(data):
            if depth >= DEEPEST_BUNDLE:
                raise MessageError(f"bundles in bundles deeper than {DEEPEST_BUNDLE}")
            contents = list(_elements(data))
            wait = max(wait, _seconds(data) - now)
        else:
            message = OscMessage(data)
            contents = []
            yield wait, message.address, tuple(message.params)
    except MessageError:
        raise
    except Exception:  # noqa: BLE001 - the codec raises its own kinds, and struct, index and unicode errors
        raise MessageError("not an OSC packet") from None
    for element in contents:
        yield from timed_messages(element, now, wait, depth + 1)


def _seconds(bundle: bytes) -> float:
    """A bundle's time tag (NTP, 64 bits) as seconds since 1970; "immediately" is long past."""
    whole, fraction = struct.unpack(">II", bundle[8:16])
    return float(whole - SINCE_1900 + fraction / 2**32)


def _elements(data: bytes) -> Iterator[bytes]:
    at = 16  # "#bundle\0" and the time tag
    while at < len(data):
        size, at = osc_types.get_int(data, at)
        if size <= 0 or at + size > len(data):
            raise MessageError("a bundle's element is longer than its packet")
        yield data[at : at + size]
        at += size
