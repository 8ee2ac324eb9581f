"""OSC packets (Open Sound Control 1.0): encoded and decoded."""

import struct
from collections.abc import Callable, Iterator
from typing import Any

from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.parsing import osc_types

from perform.errors import MessageError

MAX_BUNDLE_DEPTH = 8
_READERS: dict[str, Callable[[bytes, int], tuple[Any, int]]] = {
    "i": osc_types.get_int,
    "h": osc_types.get_int64,
    "f": osc_types.get_float,
    "d": osc_types.get_double,
    "s": osc_types.get_string,
    "S": osc_types.get_string,
    "b": osc_types.get_blob,
    "r": osc_types.get_rgba,
    "m": osc_types.get_midi,
    "t": osc_types.get_uint64,
    "c": lambda data, start: (_character(osc_types.get_int(data, start)[0]), start + 4),
}
_CONSTANTS = {"T": True, "F": False, "N": None, "I": True}  # they have no data
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

    `now`: seconds since 1970, with which the time tags of bundles are compared. A moment in the
    past gives a negative wait, and a tag that says "immediately" none. The values of arrays come in
    their order, as if there were no arrays.
    """
    try:
        if OscBundle.dgram_is_bundle(data):
            if depth >= MAX_BUNDLE_DEPTH:
                raise MessageError(f"bundles in bundles deeper than {MAX_BUNDLE_DEPTH}")
            contents = list(_elements(data))
            own = _wait(data, now)
            wait = max(wait, own) if depth else own
        else:
            contents = []
            yield wait, *_message(data)
    except MessageError:
        raise
    except Exception:  # noqa: BLE001 - the codec raises its own, struct, index and unicode errors
        raise MessageError("not an OSC packet") from None
    for element in contents:
        yield from decode_timed(element, now, wait, depth + 1)


def _message(data: bytes) -> tuple[str, tuple[Any, ...]]:
    """The address and the values of a message (OSC 1.0 and 1.1, with all types)."""
    address, start = osc_types.get_string(data, 0)
    if start >= len(data):
        return address, ()  # an older program: it sends no types where there are no values
    types, start = osc_types.get_string(data, start)
    if not types.startswith(",") or types.count("[") != types.count("]"):
        raise MessageError("not an OSC packet")
    values: list[Any] = []
    for letter in types[1:]:
        if letter in _READERS:
            value, start = _READERS[letter](data, start)
            values.append(value)
        elif letter in _CONSTANTS:
            values.append(_CONSTANTS[letter])
        elif letter not in "[]":
            raise MessageError(f"an OSC value of the unknown type {letter!r}")
    return address, tuple(values)


def _character(code: int) -> str:
    """The character of a code point; MessageError for half of one, which no text can hold."""
    if 0xD800 <= code <= 0xDFFF:
        raise MessageError(f"{code:#x} is no character")
    return chr(code)


def _wait(bundle: bytes, now: float) -> float:
    """Seconds until a bundle's time tag (NTP, 64 bits); 0 for "immediately", which is 1."""
    whole, fraction = struct.unpack(">II", bundle[8:16])
    if whole == 0:
        return 0.0
    return float(whole - NTP_EPOCH + fraction / 2**32) - now


def _elements(data: bytes) -> Iterator[bytes]:
    start = 16  # after "#bundle\0" and the time tag
    while start < len(data):
        size, start = osc_types.get_int(data, start)
        if size <= 0 or start + size > len(data):
            raise MessageError("a bundle's element is longer than its packet")
        yield data[start : start + size]
        start += size
