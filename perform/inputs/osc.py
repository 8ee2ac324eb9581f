"""OSC over UDP: packets -> events. Nothing that arrives can stop the music."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from perform import controls
from perform.errors import WireError
from perform.events import Event
from perform.osc import encode, messages

Address = tuple[str, int]


class OscInput(asyncio.DatagramProtocol):
    """Reads datagrams. `deliver` takes events; `subscribe` takes who wants to hear us; `learn` takes the
    address that a controller is to turn; `figures` gives what `/stats` answers.

    What cannot be read is counted in `refused` and answered to its sender on `PREFIX/error`.
    """

    def __init__(
        self,
        prefix: str,
        deliver: Callable[[Event], None],
        subscribe: Callable[[Address], None],
        learn: Callable[[str], None],
        figures: Callable[[], dict[str, float]],
    ) -> None:
        self._prefix = prefix
        self._deliver = deliver
        self._subscribe = subscribe
        self._learn = learn
        self._figures = figures
        self._transport: asyncio.DatagramTransport | None = None
        self.received = 0
        self.refused = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go out."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Every message in the packet, bundled or not."""
        try:
            for address, values in messages(data):
                self._read(address, values, addr)
        except WireError as fault:
            self._refuse("", str(fault), addr)

    def error_received(self, exc: Exception) -> None:
        """A peer that is gone (ICMP); the next packet may come all the same."""

    def _read(self, address: str, values: tuple[Any, ...], sender: Address) -> None:
        self.received += 1
        try:
            if not address.startswith(self._prefix + "/"):
                raise WireError(f"no such address; ours begin with {self._prefix}/")
            below = address[len(self._prefix) :]
            if below == "/subscribe":
                self._subscribe(_subscriber(values, sender))
            elif below == "/learn":
                self._learn(_address(values))
            elif below == "/stats":
                self._answer(sender)
            else:
                self._deliver(controls.read(below, values))
        except WireError as fault:
            self._refuse(address, str(fault), sender)

    def _answer(self, sender: Address) -> None:
        """What was counted so far, a message each, and at last one that says it was all."""
        if self._transport is not None:
            for name, value in {**self._figures(), "done": 1}.items():
                packet = encode(f"{self._prefix}/stats/{name}", value)
                self._transport.sendto(packet, sender)

    def _refuse(self, address: str, why: str, sender: Address) -> None:
        self.refused += 1
        if self._transport is not None:
            answer = encode(self._prefix + "/error", _printable(address), _printable(why))
            self._transport.sendto(answer, sender)


def _subscriber(values: tuple[Any, ...], sender: Address) -> Address:
    match values:
        case ():
            return sender[0], sender[1]
        case (int(port),) if 0 < port < 65536:
            return sender[0], port
        case (str(host), int(port)) if 0 < port < 65536 and host:
            return host, port
        case _:
            raise WireError("takes nothing, a port, or a host and a port")


def _address(values: tuple[Any, ...]) -> str:
    if len(values) != 1 or not isinstance(values[0], str):
        raise WireError("takes one address, like /weight/steps")
    return values[0]


def _printable(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()[:200]
