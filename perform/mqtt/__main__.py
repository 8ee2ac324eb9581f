"""The process that speaks to an MQTT broker: `python -m perform.mqtt LINK`, started by the daemon.

It is a window (`perform.window`): what the daemon tells goes to the broker, what the broker brings goes to the
daemon's desk. The broker is waited for here, where no note waits.
"""

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import aiomqtt
import msgspec

from perform.errors import InputError, WireError
from perform.link import Link, connect
from perform.mqtt.config import MqttConfig
from perform.mqtt.connection import FAULTS, NOBODY, Connection
from perform.mqtt.homeassistant import discovery
from perform.mqtt.post import Letter, Memory, Outbox
from perform.mqtt.topics import STATE_QOS, Topics, spell, values

PACE_SECONDS = 0.002  # between two messages to the daemon: a flood is not to keep notes waiting
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
HELD_SECONDS = 10.0  # a connection that holds so long is tried again at once
NEWS_SECONDS = 60.0  # and one that holds so long is news when it is lost: two of one name never have it so long
FAREWELL_SECONDS = 1.0
MEND_SECONDS = 2.0  # in which what we told comes back; what is another then is somebody else's
MOST_MENDED = 16  # in that time: two of one name are not to outshout each other
CANCEL_SECONDS = 0.1  # until a task that goes on is cancelled once more
ONLINE, OFFLINE = "online", "offline"
REFUSED = 128  # and above: a subscription that was not granted


class Installation:
    """One installation at its broker. `mqtt`: as the rig has it, with the password. `controls`: the table, spelled
    out for the voices of the rig.
    """

    def __init__(
        self, link: Link, mqtt: MqttConfig, controls: list[dict[str, Any]], models: list[str]
    ) -> None:
        self._link = link
        self._mqtt = mqtt
        self._topics = Topics(mqtt, {control["address"]: control for control in controls})
        self._outbox = Outbox()
        self._memory = Memory()
        self._figures: dict[str, float] = {}
        self._stats_at = 0.0
        self._overwritten: dict[str, float] = {}  # topics of ours, and since when
        self._mending: asyncio.TimerHandle | None = None
        self._said: set[str] = set()
        self._up = self._been_up = False
        self._connection = Connection(mqtt, self._topics, self._availability(OFFLINE))
        self._state = self._topics.of("state") + "/"
        self._outbox.put(self._availability(ONLINE))
        if mqtt.discovery is not None:
            self._outbox.put(discovery(mqtt, self._topics, controls, models, version("sideman")))

    # --- from the daemon --------------------------------------------------------------------------

    def tell(self, address: str, told: list[Any]) -> None:
        """Something that the daemon says, to the broker when it can be."""
        first, _, rest = address[1:].partition("/")
        match first, told:
            case "state", [value]:
                self._keep(f"/{rest}", spell(value))
            case "note", [voice, pitch, velocity] if self._mqtt.notes:
                self._pass(f"{pitch} {velocity}", "notes", voice)
            case "beat", [bar, beat] if self._mqtt.notes:
                self._pass(f"{bar} {beat}", "beat")
            case "stats", [figures]:
                self._tell_figures(figures)
            case "to", [_, "/error", about, why]:
                self._pass(msgspec.json.encode({"address": about, "why": why}), "error")
            case "to", [_, str(figure), value] if figure.startswith("/stats/"):
                self._answer(figure.removeprefix("/stats/"), value)

    def _tell_figures(self, figures: Mapping[str, float]) -> None:
        every, now = self._mqtt.stats_seconds, time.monotonic()
        if every and now >= self._stats_at:
            self._stats_at = now + every
            self._keep("/stats", msgspec.json.encode(figures))

    def _answer(self, figure: str, value: float) -> None:
        """The figures that were asked for come one by one."""
        if figure != "done":
            self._figures[figure] = value
            return
        self._keep("/stats", msgspec.json.encode(self._figures))
        self._figures = {}

    def _keep(self, address: str, payload: str | bytes) -> None:
        topic = self._topics.of("state", address)
        self._overwritten.pop(topic, None)
        qos = self._topics.qos(f"state{address}", STATE_QOS)
        self._outbox.put(Letter(topic, payload, qos, retain=True))

    def _pass(self, payload: str | bytes, *words: str) -> None:
        qos = self._topics.qos(words[0], STATE_QOS)
        self._outbox.put(Letter(self._topics.of(*words), payload, qos))

    def _availability(self, there: str) -> Letter:
        return Letter(self._topics.of("availability"), there, 1, retain=True)

    # --- from the broker --------------------------------------------------------------------------

    def _hear(self, message: aiomqtt.Message) -> None:
        topic, payload = message.topic.value, bytes(message.payload or b"")
        address = self._topics.address(topic)
        if address is None:
            self._link.refuse(0, topic, f"nobody is meant; say it at {self._topics.of()}...")
            return
        control = self._topics.control(address)
        if message.retain and control is not None and not control["told"]:
            return  # what is of a moment was of another one
        if not self._memory.hears(topic, payload, kept=message.retain):
            return
        if address.startswith(("/subscribe", "/unsubscribe")):
            self._link.refuse(0, address, f"everything is told at {self._topics.of('state')}/#")
            return
        try:
            said = values(payload, control)
        except WireError as fault:
            self._link.refuse(0, address, str(fault))
            return
        if said is not None:
            self._link.say(0, address, *said)

    def _hear_ourselves(self, message: aiomqtt.Message) -> None:
        """What we told comes back, or what one who was us told before: a will, the state of a voice that is gone."""
        topic, payload = message.topic.value, bytes(message.payload or b"")
        if topic == self._topics.of("availability") and payload != ONLINE.encode():
            self._outbox.put(self._availability(ONLINE))
        elif message.retain:
            if payload and self._outbox.kept(topic) is None:
                self._outbox.put(Letter(topic, b"", retain=True))
        else:
            self._compare(topic, payload)

    def _compare(self, topic: str, payload: bytes) -> None:
        """What stands at the broker now, and what we told last: an older word of ours is followed by the last one, and
        what is still another after a while was written by somebody else.
        """
        kept = self._outbox.kept(topic)
        if kept is None or payload == kept.spelled:
            self._overwritten.pop(topic, None)
            return
        loop = asyncio.get_running_loop()
        self._overwritten.setdefault(topic, loop.time())
        if self._mending is None:
            self._mending = loop.call_later(MEND_SECONDS, self._mend)

    def _mend(self) -> None:
        """Publish again what others wrote over."""
        loop = asyncio.get_running_loop()
        long_ago = loop.time() - MEND_SECONDS
        theirs = [topic for topic, since in self._overwritten.items() if since <= long_ago]
        for topic in theirs[:MOST_MENDED]:
            del self._overwritten[topic]
            kept = self._outbox.kept(topic)
            if kept is not None:
                self._outbox.put(kept)
            there = self._topics.of(topic.removeprefix(self._state))
            self._link.refuse(0, topic, f"we tell there where it stands; set it at {there}")
        self._mending = loop.call_later(MEND_SECONDS, self._mend) if self._overwritten else None

    # --- the connection ---------------------------------------------------------------------------

    async def stay(self) -> None:
        """Keep a connection, for ever; on the way out say goodbye."""
        wait = FIRST_WAIT
        while True:
            began = time.monotonic()
            try:
                await self._connected()
            except FAULTS as fault:
                self._say_lost(fault, time.monotonic() - began)
            held = time.monotonic() - began > HELD_SECONDS
            wait = FIRST_WAIT if held else min(2 * wait, LONGEST_WAIT)
            # jitter, so that a hall full of installations does not come back at one moment
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - no secret

    async def _connected(self) -> None:
        async with self._connection.client() as client:
            granted = await client.subscribe(self._topics.filters())
            if any(getattr(code, "value", code) >= REFUSED for code in granted):
                raise InputError("it does not let us hear our topics; mend its access list")
            self._say_there()
            self._outbox.renew()
            self._overwritten.clear()
            publishing = asyncio.create_task(self._publish(client), name="publishing")
            listening = asyncio.create_task(self._listen(client), name="listening")
            try:
                done, _ = await asyncio.wait(
                    (publishing, listening), return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    task.result()
            except asyncio.CancelledError:
                await _end(publishing, listening)
                client.timeout = FAREWELL_SECONDS
                await self._say_goodbye(client)
                raise
            finally:
                await _end(publishing, listening)

    async def _publish(self, client: aiomqtt.Client) -> None:
        while True:
            letter = await self._outbox.next()
            await client.publish(letter.topic, letter.payload, letter.qos, letter.retain)

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            if self._topics.ours(message.topic.value):
                self._hear_ourselves(message)
                continue
            try:
                self._hear(message)
            except Exception as fault:  # noqa: BLE001 - a retained one would end every connection
                why = f"cannot be read ({type(fault).__name__}); say it otherwise"
                self._link.refuse(0, message.topic.value, why)
            await asyncio.sleep(PACE_SECONDS)
            # while the daemon has much to read, messages wait where their number is bounded
            await self._link.drain()

    async def _say_goodbye(self, client: aiomqtt.Client) -> None:
        """That we are gone, after all that stands otherwise since."""
        with contextlib.suppress(*FAULTS, TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                for last in (*self._outbox.rest(), self._availability(OFFLINE)):
                    await client.publish(last.topic, last.payload, last.qos, last.retain)

    def _say_lost(self, fault: Exception, held: float) -> None:
        """One line for each thing that is wrong, until a connection has held for long."""
        if held > NEWS_SECONDS:
            self._said.clear()
        if self._up and not isinstance(fault, InputError):
            line = "the connection is lost"
            if held < HELD_SECONDS:
                line += f"; is another installation called {self._mqtt.name!r}?"
            self._said.add(NOBODY)  # which is the same once more
        else:
            line = self._connection.explain(fault)
        self._up = False
        self._log("warning", line, " (trying again, the music goes on)")

    def _say_there(self) -> None:
        place = f"{self._mqtt.prefix}/{self._mqtt.name}"
        self._log("info", f"connected{' again' if self._been_up else ''}, as {place}")
        self._up = self._been_up = True

    def _log(self, level: str, line: str, more: str = "") -> None:
        if line not in self._said:
            self._said.add(line)
            self._link.log(level, f"MQTT broker {self._mqtt.broker}: {line}{more}")


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Cancel these until they are done: in Python 3.11 `asyncio.wait_for` swallows a cancellation where what it
    waits for comes at that very moment.
    """
    while going := [task for task in tasks if not task.done()]:
        for task in going:
            task.cancel()
        await asyncio.wait(going, timeout=CANCEL_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)  # how they ended is said elsewhere


async def serve(descriptor: int) -> None:
    """Carry messages both ways until the daemon hangs up."""
    link = await connect(descriptor)
    greeting = await link.greeting()
    if greeting is None:
        return
    mqtt = msgspec.convert(greeting["mqtt"], MqttConfig)
    here = Installation(link, mqtt, greeting["controls"], greeting["models"])
    async with asyncio.TaskGroup() as tasks:  # a fault ends the process, which is opened anew
        staying = tasks.create_task(here.stay(), name="broker")
        link.ready()
        async for _, address, told in link.messages():
            here.tell(address, told)
        staying.cancel()
    os._exit(0)  # a connection that is being tried holds a thread that nobody can call back


def main() -> None:
    """The process; whoever ends the daemon ends it: a terminal's Ctrl-C or its end, or a service's stop, is the
    daemon's.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has not all
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    with contextlib.suppress(ConnectionError):
        asyncio.run(serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
