"""Everybody who looks at the panel: each is told everything, and whoever comes later where it all stands."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

MOST_BROWSERS = 32
MOST_UNSENT = 500_000  # bytes; a browser that takes no more is not waited for
MOST_LINES = 60  # of the log, for whoever comes later
KEPT = ("/stats", "/chord")


class Browser:
    """One of them: what it is still to be told."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._unsent: list[bytes] = []
        self._size = 0
        self._news = asyncio.Event()
        self.slow = False  # whether it took less than it was told

    def tell(self, message: bytes) -> None:
        """One message, to go when the line is free."""
        self.slow = self.slow or self._size > MOST_UNSENT
        if not self.slow:
            self._unsent.append(message)
            self._size += len(message)
        self._news.set()

    async def frame(self) -> str:
        """All that is to be told by now, at least one message, as a list."""
        await self._news.wait()
        self._news.clear()
        unsent, self._unsent, self._size = self._unsent, [], 0
        return (b"[" + b",".join(unsent) + b"]").decode()


class Hub:
    """Passes messages from the daemon to browsers, by turns to all or to one; keeps what newcomers need."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._browsers: dict[int, Browser] = {}
        self._last = 0
        self._stands: dict[str, bytes] = {}
        self._log: deque[bytes] = deque(maxlen=MOST_LINES)

    def __len__(self) -> int:
        return len(self._browsers)

    @property
    def full(self) -> bool:
        """Whether nobody more can look."""
        return len(self._browsers) >= MOST_BROWSERS

    def join(self) -> Browser:
        """Somebody new, who is told where everything stands."""
        self._last += 1
        browser = self._browsers[self._last] = Browser(self._last)
        browser.tell(self._line("/you", browser.number))
        for message in (*self._stands.values(), *self._log):
            browser.tell(message)
        self.count()
        return browser

    def leave(self, browser: Browser) -> None:
        """They are gone."""
        self._browsers.pop(browser.number, None)
        self.count()

    def count(self) -> None:
        """Tell everybody how many look."""
        self._all(self._line("/browsers", len(self._browsers)))

    def pass_on(self, moment: float, address: str, values: list[Any]) -> None:
        """A message from the daemon, to whom it is for."""
        if address == "/to" and len(values) >= 2:
            browser = self._browsers.get(values[0])
            if browser is not None:
                browser.tell(msgspec.json.encode([moment, *values[1:]]))
            return
        message = msgspec.json.encode([moment, address, *values])
        if address in KEPT or address.startswith(("/state/", "/hello")):
            self._stands[address] = message
        elif address == "/log":
            self._log.append(message)
        self._all(message)

    def answer(self, browser: Browser, address: str, *values: Any) -> None:
        """Something for one of them, from here."""
        browser.tell(self._line(address, *values))

    def _all(self, message: bytes) -> None:
        for browser in self._browsers.values():
            browser.tell(message)

    def _line(self, address: str, *values: Any) -> bytes:
        return msgspec.json.encode([self._now(), address, *values])
