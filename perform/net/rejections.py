"""What was said and means nothing, however much of it comes: why, to whoever said it, and for the log."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Protocol

log = logging.getLogger(__name__)
LONGEST_LINE = 200
MOST_LINES = 20  # of the log, in a minute
MOST_KNOWN = 500  # reasons that are not logged again
SUM_UP_SECONDS = 60.0
SHORTEST_SECONDS = 1 / 60
MOST_ANSWERS = 200  # a second, to all together: a flood is no conversation
MOST_WAITING = 200  # who are still to be told


class Client(Protocol):
    """Somebody who says things and can be answered."""

    @property
    def key(self) -> Hashable:
        """Who they are, the same for every message of theirs."""
        ...

    @property
    def host(self) -> str | None:
        """The address of their machine; None where they have none of their own."""
        ...

    def message(self, address: str, *values: Any) -> None:
        """Tell them something; the address is below the prefix."""
        ...


def printable(text: str, longest: int = LONGEST_LINE) -> str:
    """Any text in ASCII on one line, as every terminal, log and OSC string can hold it: what is neither letter nor
    sign is escaped, and what is longer than `longest` characters cut.
    """
    begun = text[: longest + 1]
    line = "".join(it if " " <= it <= "~" else it.encode("unicode_escape").decode() for it in begun)
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


class Rejections:
    """The log of what was refused: each reason once, when it comes first, and of many new ones some; the others are
    logged once a minute as a number.
    """

    def __init__(self) -> None:
        self.count = 0
        self._known: OrderedDict[str, None] = OrderedDict()
        self._lines = 0
        self._others, self._last = 0, ""
        self._timer: asyncio.TimerHandle | None = None

    def add(self, reason: str) -> None:
        """Something was refused."""
        self.count += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SUM_UP_SECONDS, self._sum_up)
        if reason in self._known:
            self._known.move_to_end(reason)
        elif self._lines < MOST_LINES:
            self._lines += 1
            self._remember(reason)
            log.warning("%s (said once, counted in /stats)", reason)
            return
        self._others, self._last = self._others + 1, reason

    def close(self) -> None:
        """Log what was not logged yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._sum_up()

    def _remember(self, reason: str) -> None:
        self._known[reason] = None
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def _sum_up(self) -> None:
        if self._others:
            log.warning("%d messages more were refused; the last: %s", self._others, self._last)
        self._timer = None
        self._lines = self._others = 0


class ErrorReplies:
    """Tells whoever was refused why, at /error: each at most sixty times a second, and always the last."""

    def __init__(self) -> None:
        self._due: dict[Hashable, tuple[Client, str, str]] = {}
        self._said: dict[Hashable, float] = {}
        self._since, self._left = 0.0, MOST_ANSWERS

    def send(self, peer: Client, address: str, why: str) -> None:
        """Tell them this; where too many are still to be told, it is dropped."""
        waits = peer.key in self._due
        if waits or len(self._due) < MOST_WAITING:
            self._due[peer.key] = peer, address, why
        if not waits:
            self._tell(peer.key)

    def close(self) -> None:
        """Tell nobody any more."""
        self._due.clear()

    def _tell(self, key: Hashable) -> None:
        if key not in self._due:
            return
        now = time.monotonic()
        if now >= self._since + 1:
            self._since, self._left = now, MOST_ANSWERS
            self._said = {it: at for it, at in self._said.items() if at + SHORTEST_SECONDS > now}
        due = self._said.get(key, 0.0) + SHORTEST_SECONDS if self._left else self._since + 1
        if due > now:
            asyncio.get_running_loop().call_later(due - now, self._tell, key)
            return
        peer, address, why = self._due.pop(key)
        self._said[key], self._left = now, self._left - 1
        peer.message("/error", address, why)
