"""OSC packets (Open Sound Control 1.0) and what they say, both ways."""

from collections.abc import Iterator
from typing import Any

from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.parsing import osc_types

from perform.errors import WireError

DEEPEST_BUNDLE = 8


def encode(address: str, *values: Any) -> bytes:
    """The OSC packet for an address and its values (str, int, float, bool)."""
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build().dgram


def messages(data: bytes, depth: int = 0) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """(address, values) of each message in a packet, bundles opened; WireError on a broken one.

    Time tags are read as "now": OSC 1.0 bundles from control surfaces carry no other.
    """
    try:
        if OscBundle.dgram_is_bundle(data):
            if depth >= DEEPEST_BUNDLE:
                raise WireError(f"bundles in bundles deeper than {DEEPEST_BUNDLE}")
            contents = list(_elements(data))
        else:
            message = OscMessage(data)
            contents = []
            yield message.address, tuple(message.params)
    except WireError:
        raise
    except Exception:  # noqa: BLE001 - the codec raises its own kinds, and struct, index and unicode errors
        raise WireError("not an OSC packet") from None
    for element in contents:
        yield from messages(element, depth + 1)


def _elements(data: bytes) -> Iterator[bytes]:
    at = 16  # "#bundle\0" and the time tag
    while at < len(data):
        size, at = osc_types.get_int(data, at)
        if size <= 0 or at + size > len(data):
            raise WireError("a bundle's element is longer than its packet")
        yield data[at : at + size]
        at += size
