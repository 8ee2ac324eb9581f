"""What waits on its way from and to a broker: both boxes are bounded, and whoever puts something in never waits."""

import asyncio
from collections import deque
from typing import Any, NamedTuple

MOST_WISHES = 256
MOST_PASSING = 256
PANIC = ("/panic", "")
Wish = tuple[str, tuple[Any, ...], str]


class Letter(NamedTuple):
    """Something to publish."""

    topic: str
    payload: str | bytes
    qos: int = 0
    retain: bool = False


class Inbox:
    """What was wished for and is not passed on yet: (address, values, ""), or (address, (), why it means nothing).
    Of one address the newest is kept, so that a flood ends where its last message says; panic comes before
    everything.
    """

    def __init__(self) -> None:
        self._waiting: dict[tuple[Any, ...], Wish] = {}
        self._there = asyncio.Event()

    def put(self, address: str, values: tuple[Any, ...], why: str = "") -> None:
        """Pass this on when it is its turn; where there are too many, the oldest makes way."""
        key = (address, *values[:1], why) if address == "/note" else (address, why)
        self._waiting.pop(key, None)
        self._waiting[key] = (address, values, why)
        if len(self._waiting) > MOST_WISHES:
            del self._waiting[next(iter(self._waiting))]
        self._there.set()

    async def next(self) -> Wish:
        """The one that is to be passed on next, as soon as there is one."""
        await self._there.wait()
        key = PANIC if PANIC in self._waiting else next(iter(self._waiting))
        wish = self._waiting.pop(key)
        if not self._waiting:
            self._there.clear()
        return wish


class Outbox:
    """What is to be published. Of what is retained the newest is kept for as long as we run, so that a broker that
    forgot everything is told again; of what passes, the oldest makes way.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Letter] = {}
        self._due: dict[str, None] = {}
        self._passing: deque[Letter] = deque(maxlen=MOST_PASSING)
        self._there = asyncio.Event()

    def put(self, letter: Letter) -> None:
        """Publish this when it is its turn."""
        if letter.retain:
            self._kept[letter.topic] = letter
            self._due[letter.topic] = None
        else:
            self._passing.append(letter)
        self._there.set()

    def renew(self) -> None:
        """Publish again all that is retained, and nothing that was of a moment."""
        self._passing.clear()
        self._due = dict.fromkeys(self._kept)
        self._there.set()

    async def next(self) -> Letter:
        """The one that is to be published next, as soon as there is one."""
        while not self._passing and not self._due:
            self._there.clear()
            await self._there.wait()
        if self._passing:
            return self._passing.popleft()
        topic = next(iter(self._due))
        del self._due[topic]
        return self._kept[topic]
