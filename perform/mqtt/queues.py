"""What waits on its way from and to a broker: both boxes are bounded, and whoever puts something in never waits."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import aiomqtt

from perform.mqtt.topics import PANIC

MOST_WAITING = 1024  # more than sixteen voices have controls
MOST_PASSING = 256
MOST_TOPICS = 1000  # that are remembered


class QueuedMessage(NamedTuple):
    """Something to publish."""

    topic: str
    payload: str | bytes
    qos: int = 0
    retain: bool = False

    @property
    def spelled(self) -> bytes:
        """The payload as it comes back."""
        return self.payload.encode() if isinstance(self.payload, str) else self.payload


class Inbox(asyncio.Queue[aiomqtt.Message]):
    """What came and was not looked at yet. Of a topic where something `stands` the newest is kept, so that a flood
    ends where its last message says; what is of a moment is kept one by one. Panic comes before everything, and
    where there is too much the oldest makes way, of moments first.
    """

    _queue: OrderedDict[tuple[str, int], aiomqtt.Message]

    def __init__(self, stands: Callable[[str], bool]) -> None:
        super().__init__()
        self._stands = stands
        self._moments = 0

    def _init(self, maxsize: int) -> None:  # noqa: ARG002 - it is never full
        self._queue = OrderedDict()

    def _put(self, item: aiomqtt.Message) -> None:
        topic = item.topic.value
        number = 0
        if not self._stands(topic):
            number = self._moments = self._moments + 1
        if (topic, number) not in self._queue and len(self._queue) >= MOST_WAITING:
            self._make_way()
        self._queue[topic, number] = item
        self._queue.move_to_end((topic, number), last=not topic.endswith(PANIC))

    def _make_way(self) -> None:
        others = [key for key in self._queue if not key[0].endswith(PANIC)]
        del self._queue[next((key for key in others if key[1]), others[0])]

    def _get(self) -> aiomqtt.Message:
        return self._queue.popitem(last=False)[1]


class Memory:
    """What was said last, by topic: a broker that is found again brings what it kept once more.

    That is no news where it was said there last, or where it is what it had kept when it found us before. What is said
    while we are there does not tell whether it is kept (MQTT 3.1.1, 3.3.1.3): so what was set up once does not undo what
    was said after it, and what was kept anew while we were away counts.
    """

    def __init__(self) -> None:
        self._said: OrderedDict[str, tuple[int | None, int | None]] = OrderedDict()

    def hears(self, topic: str, payload: bytes, *, kept: bool) -> bool:
        """Whether this is news. `kept`: the broker had it already when it found us."""
        said = hash(payload)
        last, before = self._said.pop(topic, (None, None))
        news = not kept or said not in (last, before)
        self._said[topic] = (said if news else last), (said if kept else before)
        if len(self._said) > MOST_TOPICS:
            self._said.popitem(last=False)
        return news


class Outbox:
    """What is to be published. Of what is retained the newest is kept for as long as we run, so that a broker that
    forgot everything is told again; of what passes, the oldest makes way.
    """

    def __init__(self) -> None:
        self._kept: dict[str, QueuedMessage] = {}
        self._due: dict[str, None] = {}
        self._passing: deque[QueuedMessage] = deque(maxlen=MOST_PASSING)
        self._there = asyncio.Event()

    def put(self, letter: QueuedMessage) -> None:
        """Publish this when it is its turn."""
        if letter.retain:
            self._kept[letter.topic] = letter
            self._due[letter.topic] = None
        else:
            self._passing.append(letter)
        self._there.set()

    def kept(self, topic: str) -> QueuedMessage | None:
        """What is retained there, as far as we know."""
        return self._kept.get(topic)

    def rest(self) -> Iterator[QueuedMessage]:
        """All that is retained and was not published yet; who goes says that before."""
        return (self._kept[topic] for topic in self._due)

    def renew(self) -> None:
        """Publish again all that is retained, and nothing that was of a moment."""
        self._passing.clear()
        self._due = dict.fromkeys(self._kept)
        self._there.set()

    async def next(self) -> QueuedMessage:
        """The one that is to be published next, as soon as there is one."""
        while not self._passing and not self._due:
            self._there.clear()
            await self._there.wait()
        if self._passing:
            return self._passing.popleft()
        topic = next(iter(self._due))
        del self._due[topic]
        return self._kept[topic]
