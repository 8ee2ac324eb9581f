"""The queues of messages from a broker and to it; both are bounded, and adding never waits."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import aiomqtt

from perform.mqtt.topics import PANIC

MAX_INBOX = 1024  # more than sixteen voices have controls
MAX_PASSING = 256
MAX_TOPICS = 1000  # remembered


class QueuedMessage(NamedTuple):
    """A message to publish. `until`: the monotonic second after which it is too late for it."""

    topic: str
    payload: str | bytes
    qos: int = 0
    retain: bool = False
    until: float | None = None

    @property
    def encoded(self) -> bytes:
        """The payload as the broker sends it."""
        return self.payload.encode() if isinstance(self.payload, str) else self.payload


class Inbox(asyncio.Queue[aiomqtt.Message]):
    """The messages from the broker that are not handled yet.

    `is_value`: whether a topic sets a value, so that only its newest message counts; a flood then
    ends at its last value. Other messages (a note, a tap) are all kept. Panic comes before all
    others. In a full inbox the oldest message is dropped, first of those that set no value.
    """

    _queue: OrderedDict[tuple[str, int], aiomqtt.Message]

    def __init__(self, is_value: Callable[[str], bool]) -> None:
        super().__init__()
        self._is_value = is_value
        self._last_number = 0

    def _init(self, maxsize: int) -> None:  # noqa: ARG002 - it is never full
        self._queue = OrderedDict()

    def _put(self, item: aiomqtt.Message) -> None:
        topic = item.topic.value
        number = 0
        if not self._is_value(topic):
            number = self._last_number = self._last_number + 1
        if (topic, number) not in self._queue and len(self._queue) >= MAX_INBOX:
            self._drop_oldest()
        self._queue[topic, number] = item
        self._queue.move_to_end((topic, number), last=not topic.endswith(PANIC))

    def _drop_oldest(self) -> None:
        others = [key for key in self._queue if not key[0].endswith(PANIC)]
        del self._queue[next((key for key in others if key[1]), others[0])]

    def _get(self) -> aiomqtt.Message:
        return self._queue.popitem(last=False)[1]


class RetainedFilter:
    """Finds the retained messages that are old news, when a connection brings them again.

    A retained message is old when it was the last one on its topic, or when it was the retained one
    at the last connection. While we are connected the broker does not say whether a message is
    retained (MQTT 3.1.1, 3.3.1.3). So an old setting does not undo later messages, and what was
    retained anew while we were away counts.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[int | None, int | None]] = OrderedDict()

    def is_new(self, topic: str, payload: bytes, *, retained: bool) -> bool:
        """Whether a message is to be applied. `retained`: the broker had it before we connected."""
        digest = hash(payload)
        last, last_retained = self._seen.pop(topic, (None, None))
        new = not retained or digest not in (last, last_retained)
        self._seen[topic] = (digest if new else last), (digest if retained else last_retained)
        if len(self._seen) > MAX_TOPICS:
            self._seen.popitem(last=False)
        return new


class Outbox:
    """The messages to publish.

    The newest retained message of each topic is stored until the process ends, for a broker that
    has lost its memory. Of the others the oldest is dropped when too many wait, and what is too
    late.
    """

    def __init__(self) -> None:
        self._retained: dict[str, QueuedMessage] = {}
        self._due: dict[str, None] = {}
        self._passing: deque[QueuedMessage] = deque(maxlen=MAX_PASSING)
        self._added = asyncio.Event()

    def add(self, message: QueuedMessage) -> None:
        """Publish a message after those that wait."""
        if message.retain:
            self._retained[message.topic] = message
            self._due[message.topic] = None
        else:
            self._passing.append(message)
        self._added.set()

    def retained(self, topic: str) -> QueuedMessage | None:
        """The retained message of a topic; None if there is none."""
        return self._retained.get(topic)

    def unpublished(self) -> Iterator[QueuedMessage]:
        """The retained messages that still wait."""
        return (self._retained[topic] for topic in self._due)

    def add_all_retained(self) -> None:
        """Publish all retained messages again, and none of the others that wait."""
        self._passing.clear()
        self._due = dict.fromkeys(self._retained)
        self._added.set()

    async def next(self) -> QueuedMessage:
        """The next message to publish, as soon as there is one."""
        while True:
            while self._passing:
                message = self._passing.popleft()
                if message.until is None or time.monotonic() <= message.until:
                    return message
            if self._due:
                break
            self._added.clear()
            await self._added.wait()
        topic = next(iter(self._due))
        del self._due[topic]
        return self._retained[topic]
