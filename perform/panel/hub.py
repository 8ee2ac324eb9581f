"""The browsers of the panel: each gets every message; a new one first gets the current values."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

MAX_BROWSERS = 32
MAX_UNSENT = 500_000  # bytes; a browser that takes no more is disconnected
MAX_LOG_LINES = 60  # for a browser that comes later
LAST_VALUES = ("/stats", "/chord")  # besides /state/... and /hello


class Browser:
    """One browser, with the messages that wait for it. `slow`: it has not taken them in time."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._unsent: list[bytes] = []
        self._size = 0
        self._added = asyncio.Event()
        self.slow = False

    def add(self, message: bytes) -> None:
        """Send a message with the next frame."""
        self.slow = self.slow or self._size > MAX_UNSENT
        if not self.slow:
            self._unsent.append(message)
            self._size += len(message)
        self._added.set()

    async def next_frame(self) -> str:
        """All messages that wait, at least one, as a JSON list."""
        await self._added.wait()
        self._added.clear()
        unsent, self._unsent, self._size = self._unsent, [], 0
        return (b"[" + b",".join(unsent) + b"]").decode()


class Hub:
    """Passes the daemon's messages to all browsers or to one, and stores the current values."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._browsers: dict[int, Browser] = {}
        self._last_number = 0
        self._current: dict[str, bytes] = {}
        self._log: deque[bytes] = deque(maxlen=MAX_LOG_LINES)

    def __len__(self) -> int:
        return len(self._browsers)

    @property
    def full(self) -> bool:
        """Whether no more browsers can join."""
        return len(self._browsers) >= MAX_BROWSERS

    def join(self) -> Browser:
        """A new browser, which gets the current values and the log first."""
        self._last_number += 1
        browser = self._browsers[self._last_number] = Browser(self._last_number)
        self.send_to(browser, "/you", browser.number)
        for message in (*self._current.values(), *self._log):
            browser.add(message)
        self._publish_count()
        return browser

    def leave(self, browser: Browser) -> None:
        """Remove a browser that has disconnected."""
        self._browsers.pop(browser.number, None)
        self._publish_count()

    def publish(self, moment: float, address: str, values: list[Any]) -> None:
        """Pass a message of the daemon to every browser; one at /to goes to its browser only."""
        if address == "/to" and len(values) >= 2:
            browser = self._browsers.get(values[0])
            if browser is not None:
                browser.add(msgspec.json.encode([moment, *values[1:]]))
            return
        message = msgspec.json.encode([moment, address, *values])
        if address in LAST_VALUES or address.startswith(("/state/", "/hello")):
            self._current[address] = message
        elif address == "/log":
            self._log.append(message)
        self._send_to_all(message)

    def send_to(self, browser: Browser, address: str, *values: Any) -> None:
        """Send one browser a message of the panel itself."""
        browser.add(self._encode(address, *values))

    def _publish_count(self) -> None:
        self._send_to_all(self._encode("/browsers", len(self._browsers)))

    def _send_to_all(self, message: bytes) -> None:
        for browser in self._browsers.values():
            browser.add(message)

    def _encode(self, address: str, *values: Any) -> bytes:
        return msgspec.json.encode([self._now(), address, *values])
