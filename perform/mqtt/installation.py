"""An installation at its broker: publishes what the daemon sends, and forwards commands to it."""

import asyncio
import contextlib
import random
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import aiomqtt
import msgspec

from perform.clock.realtime import TOO_LATE_SECONDS
from perform.config.mqtt import MqttConfig
from perform.errors import InputError, MessageError
from perform.ipc.child import ParentConnection
from perform.ipc.tasks import end_tasks
from perform.mqtt.connection import ERRORS, NOT_LISTENING, BrokerConnection
from perform.mqtt.homeassistant import discovery, with_removed
from perform.mqtt.queues import Outbox, QueuedMessage, RetainedFilter
from perform.mqtt.topics import STATE_QOS, Topics, format_value, parse_payload

COMMAND_SECONDS = 0.002  # between two messages to the daemon: a flood must not make notes late
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
STABLE_SECONDS = 10.0  # a connection that lasts so long is tried again at once
NEWS_SECONDS = 60.0  # after so long a lost connection is logged again
# for the broker's answer, which comes behind a flood that is read first; the keepalive notices a
# dead broker sooner
PUBLISHED_SECONDS = 60.0
FAREWELL_SECONDS = 1.0
# the time in which our own messages come back; another payload after it is another program's
OVERWRITTEN_SECONDS = 2.0
MAX_REPUBLISHED = 16  # in that time: two installations of one name must not flood the broker
ONLINE, OFFLINE = "online", "offline"
NOT_GRANTED = 128  # and above: the broker rejects a subscription


class Installation:
    """One installation at its broker. `controls`: the registry's, spelled out for the rig's voices.

    `mqtt`: the rig's table, with the password. `link`: the connection to the daemon.
    """

    def __init__(
        self,
        link: ParentConnection,
        mqtt: MqttConfig,
        controls: list[dict[str, Any]],
        models: list[str],
    ) -> None:
        self._link = link
        self._mqtt = mqtt
        self._topics = Topics(mqtt, {control["address"]: control for control in controls})
        self._outbox = Outbox()
        self._retained_filter = RetainedFilter()
        self._requested_stats: dict[str, float] = {}
        self._next_stats = 0.0
        self._overwritten: dict[str, float] = {}  # our topics with another payload, and since when
        self._republishing: asyncio.TimerHandle | None = None
        self._logged: set[str] = set()
        self._connected = self._was_connected = False
        self._connection = BrokerConnection(mqtt, self._topics, self._availability(OFFLINE))
        self._state = self._topics.topic("state") + "/"
        self._outbox.add(self._availability(ONLINE))
        self._discovery = ""  # the topic of the message for Home Assistant
        if mqtt.discovery is not None:
            config = discovery(mqtt, self._topics, controls, models, version("sideman"))
            self._discovery = config.topic
            self._outbox.add(config)

    # --- from the daemon -------------------------------------------------------------------------

    def handle_daemon_message(self, address: str, values: list[Any]) -> None:
        """Publish a message of the daemon, as soon as there is a connection."""
        first, _, rest = address[1:].partition("/")
        match first, values:
            case "state", [value]:
                self._publish_retained(f"/{rest}", format_value(value))
            case "note", [voice, pitch, velocity] if self._mqtt.notes:
                self._publish(f"{pitch} {velocity}", "notes", voice, timed=velocity > 0)
            case "beat", [bar, beat] if self._mqtt.notes:
                self._publish(f"{bar} {beat}", "beat", timed=True)
            case "stats", [stats]:
                self._publish_stats(stats)
            case "to", [_, "/error", about, reason]:
                self._publish(msgspec.json.encode({"address": about, "why": reason}), "error")
            case "to", [_, str(name), value] if name.startswith("/stats/"):
                self._collect_stats(name.removeprefix("/stats/"), value)

    def _publish_stats(self, stats: Mapping[str, float]) -> None:
        every, now = self._mqtt.stats_seconds, time.monotonic()
        if every and now >= self._next_stats:
            self._next_stats = now + every
            self._publish_retained("/stats", msgspec.json.encode(stats))

    def _collect_stats(self, name: str, value: float) -> None:
        """Requested stats come one by one; publish them together after the last one."""
        if name != "done":
            self._requested_stats[name] = value
            return
        self._publish_retained("/stats", msgspec.json.encode(self._requested_stats))
        self._requested_stats = {}

    def _publish_retained(self, address: str, payload: str | bytes) -> None:
        topic = self._topics.topic("state", address)
        self._overwritten.pop(topic, None)
        qos = self._topics.qos(f"state{address}", STATE_QOS)
        self._outbox.add(QueuedMessage(topic, payload, qos, retain=True))

    def _publish(self, payload: str | bytes, *words: str, timed: bool = False) -> None:
        """Publish a message that is not retained. `timed`: only while it is not too late."""
        qos = self._topics.qos(words[0], STATE_QOS)
        until = time.monotonic() + TOO_LATE_SECONDS if timed else None
        self._outbox.add(QueuedMessage(self._topics.topic(*words), payload, qos, until=until))

    def _availability(self, payload: str) -> QueuedMessage:
        return QueuedMessage(self._topics.topic("availability"), payload, 1, retain=True)

    # --- from the broker -------------------------------------------------------------------------

    def _handle_command(self, message: aiomqtt.Message) -> None:
        topic, payload = message.topic.value, bytes(message.payload or b"")
        address = self._topics.address(topic)
        if address is None:
            own = self._topics.topic()
            self._link.reject(0, topic, f"no installation has this topic; publish at {own}...")
            return
        control = self._topics.control(address)
        if message.retain and control is not None and not control["told"]:
            return  # an action from an earlier time
        if not self._retained_filter.is_new(topic, payload, retained=message.retain):
            return
        if address.startswith(("/subscribe", "/unsubscribe")):
            reason = f"everything is published at {self._topics.topic('state')}/#"
            self._link.reject(0, address, reason)
            return
        try:
            values = parse_payload(payload, control)
        except MessageError as error:
            self._link.reject(0, address, str(error))
            return
        if values is not None:
            self._link.forward(0, address, *values)

    def _handle_own_topic(self, message: aiomqtt.Message) -> None:
        """Our own message that comes back, or an older one: a will, the state of a former voice."""
        topic, payload = message.topic.value, bytes(message.payload or b"")
        if topic == self._topics.topic("availability") and payload != ONLINE.encode():
            self._outbox.add(self._availability(ONLINE))
        elif message.retain:
            if payload and self._outbox.retained(topic) is None:
                self._outbox.add(QueuedMessage(topic, b"", retain=True))
        else:
            self._compare(topic, payload)

    def _handle_discovery(self, former: bytes) -> None:
        """Home Assistant's message of an earlier start: the entities of former voices go."""
        ours = self._outbox.retained(self._discovery)
        if ours is not None and (config := with_removed(ours, former)) != ours:
            self._outbox.add(config)

    def _compare(self, topic: str, payload: bytes) -> None:
        """Compare what the broker has now with what we published last.

        An older message of ours is followed by our last one. A payload that is still another one
        after a while comes from another program.
        """
        ours = self._outbox.retained(topic)
        if ours is None or payload == ours.encoded:
            self._overwritten.pop(topic, None)
            return
        loop = asyncio.get_running_loop()
        self._overwritten.setdefault(topic, loop.time())
        if self._republishing is None:
            self._republishing = loop.call_later(OVERWRITTEN_SECONDS, self._republish)

    def _republish(self) -> None:
        """Publish again what other programs have overwritten."""
        loop = asyncio.get_running_loop()
        long_ago = loop.time() - OVERWRITTEN_SECONDS
        topics = [topic for topic, since in self._overwritten.items() if since <= long_ago]
        for topic in topics[:MAX_REPUBLISHED]:
            del self._overwritten[topic]
            ours = self._outbox.retained(topic)
            if ours is not None:
                self._outbox.add(ours)
            command = self._topics.topic(topic.removeprefix(self._state))
            self._link.reject(0, topic, f"this topic is for our state; set it at {command}")
        again = loop.call_later(OVERWRITTEN_SECONDS, self._republish) if self._overwritten else None
        self._republishing = again

    # --- the connection --------------------------------------------------------------------------

    async def run(self) -> None:
        """Stay connected until cancelled; publish at the end that we are offline."""
        wait = FIRST_WAIT
        while True:
            started = time.monotonic()
            try:
                await self._connect()
            except ERRORS as error:
                self._log_lost(error, time.monotonic() - started)
            stable = time.monotonic() - started > STABLE_SECONDS
            wait = FIRST_WAIT if stable else min(2 * wait, LONGEST_WAIT)
            # a random wait, so that many installations do not come back at one moment
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - no secret

    async def _connect(self) -> None:
        async with self._connection.client() as client:
            granted = await client.subscribe(self._topics.filters())
            if self._discovery:  # an access list may reject this
                await client.subscribe(self._discovery, 1)
            if any(getattr(code, "value", code) >= NOT_GRANTED for code in granted):
                raise InputError("it rejects our subscriptions; correct its access list")
            self._log_connected()
            self._outbox.add_all_retained()
            self._overwritten.clear()
            publishing = asyncio.create_task(self._publish_queued(client), name="publishing")
            receiving = asyncio.create_task(self._receive(client), name="receiving")
            try:
                done, _ = await asyncio.wait(
                    (publishing, receiving), return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    task.result()
            except asyncio.CancelledError:
                await end_tasks(publishing, receiving)
                client.timeout = FAREWELL_SECONDS
                await self._publish_farewell(client)
                raise
            finally:
                await end_tasks(publishing, receiving)

    async def _publish_queued(self, client: aiomqtt.Client) -> None:
        while True:
            message = await self._outbox.next()
            await client.publish(
                message.topic,
                message.payload,
                message.qos,
                message.retain,
                timeout=PUBLISHED_SECONDS,
            )

    async def _receive(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            if message.topic.value == self._discovery:
                self._handle_discovery(bytes(message.payload or b""))
                continue
            if self._topics.is_own(message.topic.value):
                self._handle_own_topic(message)
                continue
            try:
                self._handle_command(message)
            # A retained message would otherwise end each new connection.
            except Exception as error:  # noqa: BLE001
                reason = f"cannot be read ({type(error).__name__}); write it in another way"
                self._link.reject(0, message.topic.value, reason)
            await asyncio.sleep(COMMAND_SECONDS)
            # while the daemon has much to read, messages wait in the bounded inbox
            await self._link.drain()

    async def _publish_farewell(self, client: aiomqtt.Client) -> None:
        """Publish the last values, and that we are offline."""
        with contextlib.suppress(*ERRORS, TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                for last in (*self._outbox.unpublished(), self._availability(OFFLINE)):
                    await client.publish(last.topic, last.payload, last.qos, last.retain)

    def _log_lost(self, error: Exception, lasted: float) -> None:
        """Log each reason once, until a connection has lasted for a minute."""
        if lasted > NEWS_SECONDS:
            self._logged.clear()
        if self._connected and not isinstance(error, InputError):
            line = "the connection is lost"
            if lasted < STABLE_SECONDS:
                line += f"; is another installation called {self._mqtt.name!r}?"
            self._logged.add(NOT_LISTENING)  # the same reason once more
        else:
            line = self._connection.explain(error)
        self._connected = False
        broker = f"MQTT broker {self._mqtt.broker}"
        self._link.report_absent(broker, f"{broker}: {line}")
        self._log("warning", line, " (trying again, the music goes on)")

    def _log_connected(self) -> None:
        self._link.report_present()
        own = f"{self._mqtt.prefix}/{self._mqtt.name}"
        self._log("info", f"connected{' again' if self._was_connected else ''}, as {own}")
        self._connected = self._was_connected = True

    def _log(self, level: str, line: str, more: str = "") -> None:
        if line not in self._logged:
            self._logged.add(line)
            self._link.log(level, f"MQTT broker {self._mqtt.broker}: {line}{more}")
