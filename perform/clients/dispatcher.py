"""Where the messages of every surface arrive: read by the one table, carried out, answered, counted."""

import ipaddress
from collections.abc import Callable
from functools import partial
from typing import Any

from perform.control import registry
from perform.control.parsers import LearnRequest, StatsRequest, SubscribeRequest, UnsubscribeRequest
from perform.errors import MessageError, OutputError
from perform.interfaces import Sender
from perform.net.client import Client
from perform.net.rate_limit import RateLimit
from perform.net.rejections import ErrorReplies, Rejections, printable
from perform.runtime.performance import Performance

STATS_A_SECOND, STATS_AT_ONCE = 20, 100  # each is sixty messages, to whoever seems to ask


class Dispatcher:
    """Hears messages and has them carried out on a stage. Nothing that is said here can stop the music.

    `reach`: a way to a host and port, for those who want to be told elsewhere than where they speak.
    `named`: whether the rig names a host, so that others may have things told there.
    """

    def __init__(
        self,
        performance: Performance,
        reach: Callable[[str, int], Sender],
        named: Callable[[str], bool],
    ) -> None:
        self._performance = performance
        self._reach = reach
        self._named = named
        self._refusals = Rejections()
        self._answers = ErrorReplies()
        self._stats_limit = RateLimit(STATS_A_SECOND, STATS_AT_ONCE)
        self.received = 0

    def handle_message(self, address: str, values: tuple[Any, ...], client: Client) -> None:
        """One message, now; what it cannot mean is answered at /error."""
        self.received += 1
        if not self._performance.subscribers.heard(client, address, values):
            return
        try:
            self._carry_out(address, values, client)
        except (MessageError, OutputError) as fault:
            self.reject(address, str(fault), client)

    def reject(self, address: str, why: str, client: Client) -> None:
        """Something was said that means nothing: counted, answered, and logged the first time."""
        about, reason = printable(address), printable(why)
        self._answers.add(self._performance.subscribers.ear(client), about, reason)
        self._refusals.add(f"{about}: {reason}" if about else reason)

    def log_rejection(self, fault: str) -> None:
        """Somebody was not heard, and is not answered: counted, and logged the first time."""
        self._refusals.add(printable(fault))

    def refresh(self, client: Client) -> None:
        """They did not read for a while: where everything stands is told anew."""
        self._performance.subscribers.renew(client.key)

    def unsubscribe(self, client: Client) -> None:
        """Their connection is gone: they are told no more, wherever they listen."""
        self._performance.subscribers.leave(client.key)

    def close(self) -> None:
        """Nobody is answered any more, and what was refused is summed up."""
        self._answers.close()
        self._refusals.close()

    def stats(self) -> dict[str, float]:
        """What was counted since the start: of the music, and of what was said."""
        return {
            **self._performance.stats(),
            "received": self.received,
            "refused": self._refusals.count,
            "subscribers": len(self._performance.subscribers),
        }

    def _carry_out(self, address: str, values: tuple[Any, ...], client: Client) -> None:
        meaning = registry.parse(address, values)
        match meaning:
            case None:
                return
            case SubscribeRequest():
                self._subscribe(meaning, client)
            case UnsubscribeRequest(host, port):
                self._unsubscribe(host, port, client)
            case LearnRequest(turned):
                self._performance.learn(turned)
            case StatsRequest():
                self._tell_figures(self._performance.subscribers.ear(client))
            case _:
                self._performance.handle_event(meaning)

    def _tell_figures(self, ear: Client) -> None:
        if not self._stats_limit.allows():
            raise MessageError(f"no more than {STATS_A_SECOND} a second; ask again later")
        for name, value in {**self.stats(), "done": 1}.items():
            ear.send_message(f"{registry.STATS}/{name}", value)

    def _subscribe(self, wish: SubscribeRequest, client: Client) -> None:
        add = partial(self._performance.subscribers.add, by=client.key, again=wish.again)
        place = None if wish.port is None else self._place(wish.host, wish.port, client)
        if place is None or place == client.key:
            add(client.key, outlet=lambda: _Line(client))
        else:
            add(place, outlet=lambda: self._reach(*place))

    def _unsubscribe(self, host: str | None, port: int | None, client: Client) -> None:
        if port is None:
            self._performance.subscribers.leave(client.key)
        else:
            self._performance.subscribers.drop(self._place(host, port, client))

    def _place(self, host: str | None, port: int, client: Client) -> tuple[str, int]:
        """Where somebody wants things told: on their own machine, or on one that the rig names, lest anybody can
        have others pelted.
        """
        place = _numeric(host) or client.host
        if place is None:
            raise MessageError("a port needs a host here")
        if place != client.host and not self._named(place):
            raise MessageError(
                f"{place} is another machine than yours; name it in [inputs.osc] allow, or as an output"
            )
        return place, port


class _Line:
    """A client as an outlet: who wants to be told no more is not cut off."""

    def __init__(self, client: Client) -> None:
        self.send_message = client.send_message

    def close(self) -> None:
        """The connection, where there is one, is theirs."""


def _numeric(host: str | None) -> str | None:
    """A host that was written as an address; a name would have to be looked up while the music plays."""
    try:
        return host and str(ipaddress.ip_address("127.0.0.1" if host == "localhost" else host))
    except ValueError:
        raise MessageError(f"write host {host!r} as an address, like 192.168.1.20") from None
