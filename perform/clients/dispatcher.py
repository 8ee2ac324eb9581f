"""The dispatcher: every client's messages arrive here, and are parsed, applied and counted."""

import ipaddress
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from perform.clients.subscriptions import Subscriptions
from perform.control import registry
from perform.control.midi_mapping import MidiMapping
from perform.control.parsers import LearnRequest, StatsRequest, SubscribeRequest, UnsubscribeRequest
from perform.errors import MessageError, OutputError
from perform.interfaces import Sender
from perform.net.client import Client
from perform.net.osc_patterns import is_pattern, matching
from perform.net.rate_limit import RateLimit
from perform.net.rejections import ErrorReplies, Rejections, printable
from perform.runtime.client_events import ClientEvents

MAX_STATS_RATE, MAX_STATS_BURST = 20, 100  # a second; each reply is sixty messages


class Dispatcher:
    """Handles the messages of all clients. No message can raise an error or stop the music.

    `stats`: the figures of the performance. `mapping`: of the MIDI controller. `open_sender`: opens
    a sender to a host and port. `is_listed`: whether the rig lists a host, so that a client on
    another host may subscribe it.
    """

    def __init__(
        self,
        events: ClientEvents,
        subscriptions: Subscriptions,
        stats: Callable[[], dict[str, float]],
        mapping: MidiMapping,
        open_sender: Callable[[str, int], Sender],
        is_listed: Callable[[str], bool],
    ) -> None:
        self._events = events
        self._subscriptions = subscriptions
        self._performance_stats = stats
        self._mapping = mapping
        self._open_sender = open_sender
        self._is_listed = is_listed
        self._rejections = Rejections()
        self._error_replies = ErrorReplies()
        self._stats_limit = RateLimit(MAX_STATS_RATE, MAX_STATS_BURST)
        self._received = 0

    def handle_message(self, address: str, values: tuple[Any, ...], client: Client) -> None:
        """Apply one message now; a message without meaning gets a reply at /error."""
        self._received += 1
        try:
            matched = self._matched(address)
        except MessageError as error:
            self.reject(address, str(error), client)
            return
        for one in matched:
            try:
                if self._subscriptions.accepts(client, one, values):
                    self._dispatch(one, values, client)
            except (MessageError, OutputError) as error:
                self.reject(one, str(error), client)

    def reject(self, address: str, reason: str, client: Client) -> None:
        """Count a message without meaning, log its reason once, and reply to its client."""
        about, reason = printable(address), printable(reason)
        self._error_replies.add(self._subscriptions.reply_client(client), about, reason)
        self._rejections.add(f"{about}: {reason}" if about else reason)

    def log_rejection(self, reason: str) -> None:
        """Count a message or client that gets no reply, and log the reason once."""
        self._rejections.add(printable(reason))

    def refresh(self, client: Client) -> None:
        """Send a subscribed client every value again, because it missed some."""
        self._subscriptions.refresh(client.key)

    def unsubscribe(self, client: Client) -> None:
        """End all subscriptions of a client that has disconnected."""
        self._subscriptions.remove_client(client.key)

    def close(self) -> None:
        """Send no more replies, and log the number of rejections."""
        self._error_replies.close()
        self._rejections.close()

    def stats(self) -> dict[str, float]:
        """The figures since the start-up: of the performance, and of the clients' messages."""
        return {
            **self._performance_stats(),
            "received": self._received,
            "refused": self._rejections.count,
            "subscribers": len(self._subscriptions),
        }

    def _matched(self, address: str) -> Sequence[str]:
        """The addresses that a pattern matches, without requests; any other address itself."""
        known = self._events.addresses
        if not is_pattern(address) or address in known:
            return (address,)
        found = matching(address, known)
        if not found:
            raise MessageError("no address matches this pattern")
        return found

    def _dispatch(self, address: str, values: tuple[Any, ...], client: Client) -> None:
        command = registry.parse(address, values)
        match command:
            case None:
                return
            case SubscribeRequest():
                self._subscribe(command, client)
            case UnsubscribeRequest(host, port):
                self._end_subscription(host, port, client)
            case LearnRequest():
                self._learn(command)
            case StatsRequest():
                self._reply_stats(self._subscriptions.reply_client(client))
            case _:
                self._events.handle_event(command)

    def _learn(self, request: LearnRequest) -> None:
        """Map the control that the player touches next on the MIDI controller to an address."""
        _, voice, _ = registry.parse_mapping(request.address)
        self._events.check_voice(voice or None)
        self._mapping.learn(*request)

    def _reply_stats(self, client: Client) -> None:
        if not self._stats_limit.allows():
            raise MessageError(f"no more than {MAX_STATS_RATE} a second; ask again later")
        for name, value in {**self.stats(), "done": 1}.items():
            client.send_message(f"{registry.STATS}/{name}", value)

    def _subscribe(self, request: SubscribeRequest, client: Client) -> None:
        add = partial(self._subscriptions.add, by=client.key, again=request.again)
        target = None if request.port is None else self._target(request.host, request.port, client)
        if target is None or target == client.key:
            add(client.key, open_sender=lambda: _ClientSender(client))
        else:
            add(target, open_sender=lambda: self._open_sender(*target))

    def _end_subscription(self, host: str | None, port: int | None, client: Client) -> None:
        if port is None:
            self._subscriptions.remove_client(client.key)
        else:
            self._subscriptions.remove(self._target(host, port, client))

    def _target(self, host: str | None, port: int, client: Client) -> tuple[str, int]:
        """The host and port to which a client's subscription is sent.

        A client may name its own host, or one in the rig's `allow` list. This stops a client from
        flooding a third machine.
        """
        target = _numeric(host) or client.host
        if target is None:
            raise MessageError("a port needs a host here")
        if target != client.host and not self._is_listed(target):
            raise MessageError(
                f"{target} is another machine than yours; "
                "name it in [inputs.osc] allow, or as an output"
            )
        return target, port


class _ClientSender:
    """A sender on a client's own connection, which stays open when the subscription ends."""

    def __init__(self, client: Client) -> None:
        self.send_message = client.send_message

    def close(self) -> None:
        """Nothing: the connection is the client's."""


def _numeric(host: str | None) -> str | None:
    """A host's address. A name is rejected: its look-up would take time while the music plays."""
    try:
        return host and str(ipaddress.ip_address("127.0.0.1" if host == "localhost" else host))
    except ValueError:
        raise MessageError(f"write host {host!r} as an address, like 192.168.1.20") from None
