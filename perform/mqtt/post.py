"""What waits on its way from and to a broker: both boxes are bounded, and whoever puts something in never waits."""

import asyncio
from collections import OrderedDict, deque
from typing import NamedTuple

import aiomqtt

MOST_WAITING = 256  # topics; more than there are of panic
PANIC = "/panic"
MOST_PASSING = 256


class Letter(NamedTuple):
    """Something to publish."""

    topic: str
    payload: str | bytes
    qos: int = 0
    retain: bool = False


class Inbox(asyncio.Queue[aiomqtt.Message]):
    """What came and was not looked at yet. Of one topic the newest is kept, so that a flood ends where its last
    message says; notes are kept one by one. Panic comes before everything, and where there is too much the
    oldest makes way.
    """

    _queue: OrderedDict[tuple[str, bytes], aiomqtt.Message]

    def _init(self, maxsize: int) -> None:  # noqa: ARG002 - it is never full
        self._queue = OrderedDict()

    def _put(self, item: aiomqtt.Message) -> None:
        topic = item.topic.value
        key = topic, bytes(item.payload or b"") if topic.endswith("/note") else b""
        if key not in self._queue and len(self._queue) >= MOST_WAITING:
            del self._queue[next(old for old in self._queue if not old[0].endswith(PANIC))]
        self._queue[key] = item
        self._queue.move_to_end(key, last=not topic.endswith(PANIC))

    def _get(self) -> aiomqtt.Message:
        return self._queue.popitem(last=False)[1]


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
