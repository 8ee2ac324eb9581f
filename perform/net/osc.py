"""OSC packets (Open Sound Control 1.0): encoded and decoded."""

import struct
from collections.abc import Iterator
from typing import Any

from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.parsing import osc_types

from perform.errors import MessageError

MAX_BUNDLE_DEPTH = 8
NTP_EPOCH = 2_208_988_800  # seconds from 1900, where NTP starts, to 1970


def encode(address: str, *values: Any) -> bytes:
    """The OSC packet of an address and its values (str, int, float, bool)."""
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build().dgram


def decode(data: bytes) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """(address, values) of each message in a packet and its bundles; time tags are ignored.

    MessageError for a broken packet.
    """
    for _, address, values in decode_timed(data, 0.0):
        yield address, values


def decode_timed(
    data: bytes, now: float, wait: float = 0.0, depth: int = 0
) -> Iterator[tuple[float, str, tuple[Any, ...]]]:
    """(seconds to wait, address, values) of each message; MessageError for a broken packet.

    `now`: seconds since 1970, with which the time tags of bundles are compared. A tag that says
    "immediately", or a moment in the past, gives no wait.
    """
    try:
        if OscBundle.dgram_is_bundle(data):
            if depth >= MAX_BUNDLE_DEPTH:
                raise MessageError(f"bundles in bundles deeper than {MAX_BUNDLE_DEPTH}")
            contents = list(_elements(data))
            wait = max(wait, _time_tag(data) - now)
        else:
            message = OscMessage(data)
            contents = []
            yield wait, message.address, tuple(message.params)
    except MessageError:
        raise
    except Exception:  # noqa: BLE001 - the codec raises its own, struct, index and unicode errors
        raise MessageError("not an OSC packet") from None
    for element in contents:
        yield from decode_timed(element, now, wait, depth + 1)


def _time_tag(bundle: bytes) -> float:
    """A bundle's time tag (NTP, 64 bits) as seconds since 1970; "immediately" is long past."""
    whole, fraction = struct.unpack(">II", bundle[8:16])
    return float(whole - NTP_EPOCH + fraction / 2**32)


def _elements(data: bytes) -> Iterator[bytes]:
    start = 16  # after "#bundle\0" and the time tag
    while start < len(data):
        size, start = osc_types.get_int(data, start)
        if size <= 0 or start + size > len(data):
            raise MessageError("a bundle's element is longer than its packet")
        yield data[start : start + size]
        start += size
