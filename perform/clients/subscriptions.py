"""Subscriptions: the clients that get every event and value, each once, until they leave."""

import asyncio
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from perform.control.feedback import Feedback
from perform.control.state import State
from perform.engine.settings import Counts
from perform.errors import MessageError
from perform.events import OutputEvent
from perform.interfaces import Sender
from perform.net.access import is_loopback
from perform.net.client import Client
from perform.net.rate_limit import RateLimit
from perform.outputs.delay import delayed
from perform.runtime.conductor import Conductor

HostPort = tuple[str, int]
MAX_SUBSCRIPTIONS = 32
# new or renewed subscriptions a second, for which all values are sent: a client that forges its
# address must not be able to flood another machine
MAX_RATE = 4
SILENT_SECONDS = 600.0
CHECK_SECONDS = 30.0


class _Subscription:
    """One subscription; also a client, to which replies can be sent.

    `by`: the key of the client that asked for it. `is_output`: it is an output of the rig, which
    gets everything in any case.
    """

    host = None  # it sends no messages

    def __init__(self, key: Hashable, feedback: Feedback, by: Hashable, *, is_output: bool) -> None:
        self.key = key
        self.feedback = feedback
        self.send_message = feedback.send_message
        self.by = by
        self.is_output = is_output
        self.last_message = time.monotonic()


class _Publisher:
    """All subscriptions as one output."""

    def __init__(self, subscriptions: Mapping[Hashable, _Subscription]) -> None:
        self._subscriptions = subscriptions

    def send(self, output: OutputEvent) -> None:
        """Send one event to each, except to the outputs of the rig: the conductor does that."""
        for subscription in tuple(self._subscriptions.values()):
            if not subscription.is_output:
                subscription.feedback.send(output)

    def close(self) -> None:
        """Nothing: each subscription is closed by itself."""


class Subscriptions:
    """The subscriptions by `key`, which says where they are sent.

    A subscription's key may differ from the key of its client: a patch may send from one port and
    listen at another. `outputs`: the rig's outputs that are sent values, by host and port.
    `ahead`: how many seconds before its moment the conductor sends an event. `counts`: see
    `DelayedOutput`.
    """

    def __init__(
        self,
        conductor: Conductor,
        state: State,
        outputs: Mapping[HostPort, Feedback],
        ahead: float = 0.0,
        counts: Counts | None = None,
    ) -> None:
        self._state = state
        self._outputs = outputs
        self._subscriptions: dict[Hashable, _Subscription] = {}
        self._limit = RateLimit(MAX_RATE, MAX_SUBSCRIPTIONS)
        self._publisher = delayed(_Publisher(self._subscriptions), ahead, 0.0, counts)
        conductor.add_listener(self._publisher)
        self._timer = asyncio.get_running_loop().call_later(CHECK_SECONDS, self._check)

    def __len__(self) -> int:
        return len(self._subscriptions)

    def add(
        self, key: Hashable, by: Hashable, open_sender: Callable[[], Sender], *, again: bool = False
    ) -> None:
        """Add or renew a subscription, and send it every value.

        `again`: send the values only if there was no subscription. A subscription at a host and
        port ends when its client sends nothing for ten minutes; renewing counts as sending.
        MessageError when there are too many, or when clients subscribe too often.
        """
        self._remove_silent()
        known = self._subscriptions.get(key)
        has_values = again and known is not None
        if known is None and len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            raise MessageError(f"{MAX_SUBSCRIPTIONS} subscribers are the most")
        if not has_values and not self._limit.allows():
            raise MessageError(f"no more than {MAX_RATE} a second; ask again later")
        if known is None:
            known = self._subscriptions[key] = self._subscription(key, by, open_sender)
        known.by, known.last_message = by, time.monotonic()
        if not has_values:
            self.refresh(key)

    def _subscription(
        self, key: Hashable, by: Hashable, open_sender: Callable[[], Sender]
    ) -> _Subscription:
        output = next((it for place, it in self._outputs.items() if place == key), None)
        feedback = output or Feedback(open_sender())
        return _Subscription(key, feedback, by, is_output=output is not None)

    def refresh(self, key: Hashable) -> None:
        """Send every value again to the subscription with this key, if there is one."""
        subscription = self._subscriptions.get(key)
        if subscription is not None:
            subscription.feedback.refresh(self._state.values)

    def remove_client(self, client_key: Hashable) -> None:
        """End all subscriptions of a client, wherever they are sent."""
        for key, subscription in list(self._subscriptions.items()):
            if client_key in (key, subscription.by):
                self.remove(key)

    def remove(self, key: Hashable) -> None:
        """End the subscription with this key."""
        removed = self._subscriptions.pop(key, None)
        if removed is not None and not removed.is_output:
            removed.feedback.close()

    def accepts(self, client: Client, address: str, values: tuple[Any, ...]) -> bool:
        """Whether a client's message is to be applied: False for an echo of what the client got.

        A client without a subscription may be the program behind an output on its host. Another
        computer or a phone counts as one program. On this machine there are many programs, so there
        echoes are dropped, but no fader counts as being moved.
        """
        own = self._of(client)
        for subscription in own:
            subscription.last_message = time.monotonic()
        feedbacks = {subscription.key: subscription.feedback for subscription in own}
        feedbacks |= {place: it for place, it in self._outputs.items() if client.key == place}
        accepted = [it.accepts(address, values, client.key) for it in feedbacks.values()]
        if not feedbacks:
            accepted = [
                it.accepts(address, values, client.key, own=not is_loopback(place[0]))
                for place, it in self._outputs.items()
                if client.host == place[0]
            ]
        return all(accepted)

    def reply_client(self, client: Client) -> Client:
        """Where replies to a client go: its newest subscription elsewhere, or the client itself."""
        return next((it for it in reversed(self._of(client)) if it.key != client.key), client)

    def _of(self, client: Client) -> list[_Subscription]:
        return [it for key, it in self._subscriptions.items() if client.key in (key, it.by)]

    def close(self) -> None:
        """End all subscriptions."""
        self._timer.cancel()
        self._publisher.close()  # sends the delayed events
        for key in list(self._subscriptions):
            self.remove(key)

    def _check(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(CHECK_SECONDS, self._check)
        self._remove_silent()

    def _remove_silent(self) -> None:
        """End the subscriptions over UDP whose clients are silent; a connection reports its end."""
        long_ago = time.monotonic() - SILENT_SECONDS
        for key, subscription in list(self._subscriptions.items()):
            match key:
                case (str(), int()) if subscription.last_message < long_ago:
                    self.remove(key)
