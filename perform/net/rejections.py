"""Rejected messages: error replies to their clients, and lines in the log. Both are bounded."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Hashable

from perform.net.client import Client

log = logging.getLogger(__name__)
MAX_LINE_LENGTH = 200
MAX_LINES = 20  # new reasons logged in a minute
MAX_KNOWN = 500  # reasons remembered, so that none is logged twice
SUMMARY_SECONDS = 60.0
REPLY_SECONDS = 1 / 60  # between two replies to one client
MAX_REPLIES = 200  # a second, to all clients together
MAX_WAITING = 200  # clients with a reply that waits


def printable(text: str, longest: int = MAX_LINE_LENGTH) -> str:
    """Any text as one line of ASCII, which every terminal, log and OSC string can hold.

    Other characters are escaped. A text longer than `longest` characters is cut.
    """
    start = text[: longest + 1]
    line = "".join(it if " " <= it <= "~" else it.encode("unicode_escape").decode() for it in start)
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


class Rejections:
    """The log of rejected messages: each reason once, and at most 20 new reasons a minute.

    The log gets one line a minute with the number of the others. `count`: all rejections so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._known: OrderedDict[str, None] = OrderedDict()
        self._lines = 0
        self._unlogged, self._last = 0, ""
        self._timer: asyncio.TimerHandle | None = None

    def add(self, reason: str) -> None:
        """Count a rejection, and log its reason if that is new."""
        self.count += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SUMMARY_SECONDS, self._summarise)
        if reason in self._known:
            self._known.move_to_end(reason)
        elif self._lines < MAX_LINES:
            self._lines += 1
            self._remember(reason)
            log.warning("%s (logged once, counted in /stats)", reason)
            return
        self._unlogged, self._last = self._unlogged + 1, reason

    def close(self) -> None:
        """Log the number of the rejections that have no line of their own."""
        if self._timer is not None:
            self._timer.cancel()
            self._summarise()

    def _remember(self, reason: str) -> None:
        self._known[reason] = None
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)

    def _summarise(self) -> None:
        if self._unlogged:
            log.warning("%d more messages were rejected; the last: %s", self._unlogged, self._last)
        self._timer = None
        self._lines = self._unlogged = 0


class ErrorReplies:
    """Error replies at /error: each client gets at most sixty a second, and always the last one."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, tuple[Client, str, str]] = {}
        self._replied: dict[Hashable, float] = {}
        self._second, self._left = 0.0, MAX_REPLIES

    def add(self, client: Client, address: str, reason: str) -> None:
        """Reply to a client, now or soon; dropped when replies to too many clients wait."""
        waits = client.key in self._waiting
        if waits or len(self._waiting) < MAX_WAITING:
            self._waiting[client.key] = client, address, reason
        if not waits:
            self._reply(client.key)

    def close(self) -> None:
        """Drop all replies that wait."""
        self._waiting.clear()

    def _reply(self, key: Hashable) -> None:
        if key not in self._waiting:
            return
        now = time.monotonic()
        if now >= self._second + 1:
            self._second, self._left = now, MAX_REPLIES
            self._replied = {it: at for it, at in self._replied.items() if at + REPLY_SECONDS > now}
        due = self._replied.get(key, 0.0) + REPLY_SECONDS if self._left else self._second + 1
        if due > now:
            asyncio.get_running_loop().call_later(due - now, self._reply, key)
            return
        client, address, reason = self._waiting.pop(key)
        self._replied[key], self._left = now, self._left - 1
        client.send_message("/error", address, reason)
