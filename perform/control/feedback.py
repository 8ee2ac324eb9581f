"""Feedback: the messages to one client that follows the performance.

Notes and beats are sent at once, chords and values at a limited rate, and no value twice in a row.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from perform.control.absences import ABSENT_ADDRESS
from perform.control.registry import STATE
from perform.events import Beat, ChordSounds, NoteMessage, OutputEvent, PhraseMissed, StateChanged
from perform.interfaces import Sender

SHORTEST_SECONDS = 1 / 60  # between two messages about one value
MOVING_SECONDS = 0.25  # after a client's last change its fader is at rest
ECHO_SECONDS = 0.25  # there and back again, over a slow network
AT_ONCE = 16
CHORD = "/chord"
ABSENT = STATE + ABSENT_ADDRESS
Value = str | float


class Feedback:
    """An output that sends to one client by address.

    Of a value that changes faster than sixty times a second the last is sent; a value that the
    client knows is not sent again. A client that changes a value itself gets it when its fader is
    at rest: a message that arrives while a finger is on the fader would pull it back. A value that
    a client sends back as it got it is an echo and changes nothing: otherwise a patch that sends
    values back would undo later changes, without end.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.send_message = sender.send_message
        # all by the address at which a value is published
        self._values: dict[str, Value] = {}
        self._sent: dict[str, tuple[Value, float]] = {}  # what the client knows, and since when
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._recent: dict[str, deque[tuple[Value, float]]] = {}
        self._changed: dict[str, tuple[Hashable, float]] = {}  # by which client last, and when
        self._unsent: deque[str] = deque()

    def send(self, event: OutputEvent) -> None:
        """Send an event, or take note of a value to send."""
        match event:
            case NoteMessage():
                self.send_message("/note", event.voice, event.pitch, event.velocity)
            case ChordSounds():
                self._update(CHORD, event.symbol)
                self._update(STATE + CHORD, event.symbol)
            case Beat():
                self.send_message("/beat", event.bar, event.beat)
            case PhraseMissed():
                self.send_message("/missed", event.voice, event.bar)
            case StateChanged():
                self._update(STATE + event.address, event.value)
            case _:
                pass

    def refresh(self, values: Mapping[str, Value], at_once: int = AT_ONCE) -> None:
        """Send all these values, whatever the client got before: it may have restarted.

        `at_once`: how many values in a row; notes may go out between the rows.
        """
        published = {STATE + address: value for address, value in values.items()}
        self._values |= published
        self._send_again(published, at_once)

    def resend(self) -> None:
        """Send all values that are known here again: none has arrived yet."""
        self._send_again(self._values, AT_ONCE)

    def _send_again(self, addresses: Iterable[str], at_once: int) -> None:
        self._sent.clear()
        self._unsent = deque(addresses)
        self._send_rest(at_once)

    def accepts(
        self, address: str, values: tuple[Any, ...], client: Hashable = None, *, own: bool = True
    ) -> bool:
        """Whether a message from a client is meant, and is no echo of what was sent to it just now.

        `own`: this is certainly the client that follows here. Where its fader shows another value
        than it got, because the value is rejected for example, it gets the true value when the
        fader is at rest.
        """
        at = STATE + address
        if at not in self._values:
            # /chord/release is about /chord: the same chord may be pressed again
            self._recent.pop(address.rpartition("/")[0], None)
            return True
        value = values[0] if len(values) == 1 else None
        echo = self._is_echo(address, value, client)
        known = self._sent.get(at)
        if own and (known is None or not _same(known[0], value)):
            self._sent.pop(at, None)
            self._send_later(at, MOVING_SECONDS)
        if not echo:
            self._changed[address] = client, time.monotonic()
        return not echo

    def close(self) -> None:
        """Send the values that wait, and close the sender."""
        self._unsent.clear()
        for at, timer in list(self._timers.items()):
            timer.cancel()
            self._send_value(at)
        self._sender.close()

    def _is_echo(self, address: str, value: Any, client: Hashable) -> bool:
        since = time.monotonic() - ECHO_SECONDS
        changed_by, moment = self._changed.get(address, (None, 0.0))
        if changed_by == client:  # after a change of its own, a client means what it sends
            since = max(since, moment)
        return any(at >= since and _same(sent, value) for sent, at in self._recent.get(address, ()))

    def _update(self, at: str, value: Value) -> None:
        """Send a new value now, or at the earliest moment that the rate allows."""
        self._values[at] = value
        known, moment = self._sent.get(at, (None, 0.0))
        if at in self._timers or known == value:
            return
        wait = moment + SHORTEST_SECONDS - time.monotonic()
        if wait <= 0:
            self._send_value(at)
        else:
            self._send_later(at, wait)

    def _send_rest(self, at_once: int) -> None:
        for _ in range(min(at_once, len(self._unsent))):
            at = self._unsent.popleft()
            self._update(at, self._values[at])
        if self._unsent:
            asyncio.get_running_loop().call_soon(self._send_rest, at_once)

    def _send_later(self, at: str, seconds: float) -> None:
        if at in self._timers:
            self._timers[at].cancel()
        self._timers[at] = asyncio.get_running_loop().call_later(seconds, self._send_value, at)

    def _send_value(self, at: str) -> None:
        self._timers.pop(at, None)
        value = self._values[at]
        known = self._sent.get(at, (None, 0.0))[0]
        if known != value:
            sent = value, time.monotonic()
            self._sent[at] = sent
            self._recent.setdefault(at.removeprefix(STATE), deque(maxlen=AT_ONCE)).append(sent)
            self.send_message(at, value)
            if at == ABSENT and (value or known is not None):
                # surfaces show the last error reply
                self.send_message("/error", ABSENT, value or "all is there")


def _same(sent: Value, received: Any) -> bool:
    """Whether two values are equal, as far as the single precision of OSC tells."""
    if isinstance(sent, str) or not isinstance(received, int | float):
        return bool(sent == received)
    return math.isclose(sent, received, rel_tol=1e-6)
