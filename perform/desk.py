"""Where the messages of every surface arrive: read by the one table, carried out, answered, counted."""

import ipaddress
import logging
import time
from collections.abc import Callable, Hashable
from typing import Any, Protocol

from perform import controls
from perform.errors import WireError
from perform.reading import Learning, StatsAsked, Subscribed, Unsubscribed
from perform.sinks.base import Outlet
from perform.stage import Stage

log = logging.getLogger(__name__)
MOST_ANSWERS = 200  # of errors, a second, to all together: a flood is no conversation
MOST_REASONS = 40  # that are logged, each once


class Peer(Protocol):
    """Somebody who says things and can be answered."""

    @property
    def key(self) -> Hashable:
        """Who they are, the same for every message of theirs."""
        ...

    def message(self, address: str, *values: Any) -> None:
        """Tell them something; the address is below the prefix."""
        ...


class Desk:
    """Hears messages and has them carried out on a stage. Nothing that is said here can stop the music.

    `reach`: a way to somebody at a host and port, for those who subscribe for another.
    """

    def __init__(self, stage: Stage, reach: Callable[[str, int], Outlet]) -> None:
        self._stage = stage
        self._reach = reach
        self._reasons: set[str] = set()
        self._second, self._answers = 0, 0
        self.received = 0
        self.refused = 0

    def hear(self, address: str, values: tuple[Any, ...], peer: Peer) -> None:
        """One message, now; what it cannot mean is answered at /error."""
        self.received += 1
        self._stage.subscribers.heard_from(peer.key)
        try:
            self._carry_out(address, values, peer)
        except WireError as fault:
            self.refuse(address, str(fault), peer)

    def refuse(self, address: str, why: str, peer: Peer) -> None:
        """Something was said that means nothing: counted, answered, and logged the first time."""
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._answers = second, 0
        self._answers += 1
        if self._answers <= MOST_ANSWERS:
            peer.message("/error", printable(address), printable(why))
        self.turn_away(f"{printable(address)}: {printable(why)}" if address else printable(why))

    def turn_away(self, fault: str) -> None:
        """Somebody was not heard, and is not answered: counted, and logged the first time."""
        self.refused += 1
        if fault not in self._reasons and len(self._reasons) < MOST_REASONS:
            self._reasons.add(fault)
            log.warning("%s (said once, counted in /stats)", fault)

    def catch_up(self, peer: Peer) -> None:
        """They did not read for a while: where everything stands is told anew."""
        self._stage.subscribers.renew(peer.key)

    def leave(self, peer: Peer) -> None:
        """Their connection is gone."""
        self._stage.subscribers.drop(peer.key)

    def figures(self) -> dict[str, float]:
        """What was counted since the start: of the music, and of what was said."""
        return {
            **self._stage.figures(),
            "received": self.received,
            "refused": self.refused,
            "subscribers": len(self._stage.subscribers),
        }

    def _carry_out(self, address: str, values: tuple[Any, ...], peer: Peer) -> None:
        meaning = controls.read(address, values)
        match meaning:
            case None:
                return
            case Subscribed(host, port):
                self._subscribe(host, port, peer)
            case Unsubscribed(host, port):
                self._stage.subscribers.drop(_listener(host, port, peer))
            case Learning(turned):
                self._stage.learn(turned)
            case StatsAsked():
                for name, value in {**self.figures(), "done": 1}.items():
                    peer.message(f"/stats/{name}", value)
            case _:
                self._stage.subscribers.moved(peer.key, address)
                self._stage.deliver(meaning)

    def _subscribe(self, host: str | None, port: int | None, peer: Peer) -> None:
        key = _listener(host, port, peer)
        if key == peer.key:
            self._stage.subscribers.add(key, peer.key, lambda: _Line(peer))
        else:
            self._stage.subscribers.add(key, peer.key, lambda: self._reach(*key))


class _Line:
    """A peer as an outlet: who wants to be told no more is not cut off."""

    def __init__(self, peer: Peer) -> None:
        self.message = peer.message

    def close(self) -> None:
        """The connection, where there is one, is theirs."""


def _listener(host: str | None, port: int | None, peer: Peer) -> Any:
    """Whom a subscription is about: (host, port), or whoever asks."""
    if port is None:
        return peer.key
    host = _numeric(host)
    match peer.key:
        case (str(own), int()):
            return host or own, port
    if host is None:
        raise WireError("a port needs a host here")
    return host, port


def _numeric(host: str | None) -> str | None:
    """A host that was written as an address; a name would have to be looked up while the music plays."""
    try:
        return host and str(ipaddress.ip_address("127.0.0.1" if host == "localhost" else host))
    except ValueError:
        raise WireError(f"write host {host!r} as an address, like 192.168.1.20") from None


def printable(text: str) -> str:
    """Any text as at most 200 characters that every log and OSC string can hold."""
    return text.encode("ascii", "backslashreplace").decode()[:200]
