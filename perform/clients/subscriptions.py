"""Who is told what happens: everybody who subscribed, each once, until they leave or are silent for long."""

import asyncio
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from perform.control.feedback import Feedback
from perform.control.state import State
from perform.errors import MessageError
from perform.events import OutputEvent
from perform.interfaces import Sender
from perform.net.access import is_loopback
from perform.net.client import Client
from perform.net.rate_limit import RateLimit
from perform.outputs.delay import held_back
from perform.runtime.conductor import Conductor

HostPort = tuple[str, int]
MOST_SUBSCRIBERS = 32
# who are told where all stands: whoever forges a sender is not to have others pelted
MOST_A_SECOND = 4
SILENT_SECONDS = 600.0
LOOK_SECONDS = 30.0


class _Subscription:
    """Somebody who listens; a peer, in that they can be answered. `fixed`: at an output, told in any case."""

    host = None  # they say nothing themselves

    def __init__(self, key: Hashable, feedback: Feedback, by: Hashable, *, fixed: bool) -> None:
        self.key = key
        self.feedback = feedback
        self.send_message = feedback.send_message
        self.by = by
        self.fixed = fixed
        self.heard = time.monotonic()


class _All:
    """Everybody as one sink."""

    def __init__(self, there: Mapping[Hashable, _Subscription]) -> None:
        self._there = there

    def send(self, output: OutputEvent) -> None:
        """Tell each."""
        for one in tuple(self._there.values()):
            if not one.fixed:
                one.feedback.send(output)

    def close(self) -> None:
        """They leave one by one."""


class Subscriptions:
    """Subscriptions by `key`, where things are told, each with `by`, who speaks for it: a patch sends from one
    port and listens at another.

    `outputs`: who is told things in any case, by host and port. `ahead`: how many seconds before it sounds the
    conductor tells what happens.
    """

    def __init__(
        self,
        conductor: Conductor,
        state: State,
        outputs: Mapping[HostPort, Feedback],
        ahead: float = 0.0,
    ) -> None:
        self._state = state
        self._outputs = outputs
        self._there: dict[Hashable, _Subscription] = {}
        self._pace = RateLimit(MOST_A_SECOND, MOST_SUBSCRIBERS)
        self._all = held_back(_All(self._there), ahead, spin=0.0)
        conductor.add_listener(self._all)
        self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def __len__(self) -> int:
        return len(self._there)

    def add(
        self, key: Hashable, by: Hashable, outlet: Callable[[], Sender], *, again: bool = False
    ) -> None:
        """Tell this one everything, beginning with where all values stand; `again`: unless they were told. Who listens
        at a host and port, and says nothing more for ten minutes, is forgotten; subscribing again is saying
        something. WireError when there are too many, or when it is asked too often.
        """
        self._forget_the_silent()
        known = self._there.get(key)
        told = again and known is not None
        if known is None and len(self._there) >= MOST_SUBSCRIBERS:
            raise MessageError(f"{MOST_SUBSCRIBERS} subscribers are the most")
        if not told and not self._pace.allows():
            raise MessageError(f"no more than {MOST_A_SECOND} a second; ask again later")
        if known is None:
            known = self._there[key] = self._subscription(key, by, outlet)
        known.by, known.heard = by, time.monotonic()
        if not told:
            self.renew(key)

    def _subscription(
        self, key: Hashable, by: Hashable, outlet: Callable[[], Sender]
    ) -> _Subscription:
        fixed = next((it for place, it in self._outputs.items() if place == key), None)
        return _Subscription(key, fixed or Feedback(outlet()), by, fixed=fixed is not None)

    def renew(self, key: Hashable) -> None:
        """Tell this one, where it is told anything, where all values stand."""
        known = self._there.get(key)
        if known is not None:
            known.feedback.refresh(self._state.values)

    def leave(self, speaker: Hashable) -> None:
        """Tell them no more, wherever they listen."""
        for key, one in list(self._there.items()):
            if speaker in (key, one.by):
                self.drop(key)

    def drop(self, key: Hashable) -> None:
        """Tell this one no more."""
        gone = self._there.pop(key, None)
        if gone is not None and not gone.fixed:
            gone.feedback.close()

    def heard(self, peer: Client, address: str, values: tuple[Any, ...]) -> bool:
        """Whether what somebody says is a wish, and no echo of what they were told. Whoever they speak for is
        still there.

        Who follows nowhere may be the program at an output of their machine. A phone or another computer is one
        program; on this machine there are many, so there nobody's fader is waited for, and echoes alone are dropped.
        """
        for one in self._of(peer):
            one.heard = time.monotonic()
        followed = {one.key: one.feedback for one in self._of(peer)}
        followed |= {place: it for place, it in self._outputs.items() if peer.key == place}
        wished = [it.accepts(address, values, peer.key) for it in followed.values()]
        if not followed:
            wished = [
                it.accepts(address, values, peer.key, own=not is_loopback(place[0]))
                for place, it in self._outputs.items()
                if peer.host == place[0]
            ]
        return all(wished)

    def ear(self, peer: Client) -> Client:
        """Where a peer hears answers: where it last had things told, or else where it speaks."""
        return next((one for one in reversed(self._of(peer)) if one.key != peer.key), peer)

    def _of(self, peer: Client) -> list[_Subscription]:
        return [one for key, one in self._there.items() if peer.key in (key, one.by)]

    def close(self) -> None:
        """Nobody is told anything any more."""
        self._timer.cancel()
        self._all.close()  # what waits is still told
        for key in list(self._there):
            self.drop(key)

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)
        self._forget_the_silent()

    def _forget_the_silent(self) -> None:
        """A datagram's listener may be gone without a word; a connection says so itself."""
        long_ago = time.monotonic() - SILENT_SECONDS
        for key, one in list(self._there.items()):
            match key:
                case (str(), int()) if one.heard < long_ago:
                    self.drop(key)
