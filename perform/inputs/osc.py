"""OSC over UDP: packets -> events. Nothing that arrives can stop the music."""

import asyncio
import time
from typing import Any, Protocol, cast

from perform import controls
from perform.errors import WireError
from perform.events import Event
from perform.osc import encode, timed_messages

Address = tuple[str, int]
LONGEST_WAIT = 60.0  # a time tag farther off is a clock that is wrong


class House(Protocol):
    """Who is spoken to. Each may raise WireError, which is answered."""

    def deliver(self, event: Event) -> None:
        """An event, now."""

    def subscribe(self, address: Address) -> None:
        """Somebody wants to hear us."""

    def unsubscribe(self, address: Address) -> None:
        """Somebody does not any more."""

    def heard_from(self, address: Address) -> None:
        """Somebody is still there."""

    def learn(self, address: str) -> None:
        """What is touched next on a controller is to turn this."""

    def figures(self) -> dict[str, float]:
        """What `/stats` answers."""
        ...


class OscInput(asyncio.DatagramProtocol):
    """Reads datagrams. Bundles are applied at the time of their tags.

    What cannot be read is counted in `refused` and answered to its sender on `PREFIX/error`.
    """

    def __init__(self, prefix: str, house: House) -> None:
        self._prefix = prefix
        self._house = house
        self._transport: asyncio.DatagramTransport | None = None
        self.received = 0
        self.refused = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go out."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Every message in the packet, bundled or not."""
        self._house.heard_from(addr)
        try:
            for wait, address, values in timed_messages(data, time.time()):
                if wait <= 0:
                    self._read(address, values, addr)
                else:
                    loop = asyncio.get_running_loop()
                    loop.call_later(min(wait, LONGEST_WAIT), self._read, address, values, addr)
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
                self._house.subscribe(_subscriber(values, sender))
            elif below == "/unsubscribe":
                self._house.unsubscribe(_subscriber(values, sender))
            elif below == "/learn":
                self._house.learn(_address(values))
            elif below == "/stats":
                self._answer(sender)
            else:
                self._house.deliver(controls.read(below, values))
        except WireError as fault:
            self._refuse(address, str(fault), sender)

    def _answer(self, sender: Address) -> None:
        """What was counted so far, a message each, and at last one that says it was all."""
        if self._transport is not None:
            for name, value in {**self._house.figures(), "done": 1}.items():
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
