"""An installation at its broker, without one: what a message, or a connection that ends, does to it."""

import asyncio
import contextlib

import aiomqtt
import virtual_loop

from perform.config.mqtt import MqttConfig
from perform.control import registry
from perform.mqtt.__main__ import Installation, _end

TABLE = [
    control.as_json() | {"address": address} for address, control in registry.addresses(["lead"])
]


class ParentConnection:
    """Keeps what goes to the daemon."""

    def __init__(self):
        self.said, self.refused = [], []

    def forward(self, _, address, *values):
        self.said.append((address, *values))

    def reject(self, _, about, why):
        self.refused.append((about, why))

    async def drain(self):
        pass


class Client:
    """A connection over which these messages came, and no more."""

    def __init__(self, *messages):
        self._came = messages

    @property
    async def messages(self):
        for topic, payload, retain in self._came:
            yield aiomqtt.Message(topic, payload, 0, retain=retain, mid=0, properties=None)


def installation():
    link = ParentConnection()
    return link, Installation(link, MqttConfig(broker="h:1", name="foyer"), TABLE, [])


def hears(one, *messages):
    """Everything that came over a connection is heard, and the connection lost."""
    virtual_loop.run(one._listen(Client(*messages)))


def test_a_message_that_nobody_foresaw_is_refused_and_the_next_is_heard(monkeypatch):
    link, one = installation()
    say = link.forward

    def burst(client, address, *values):
        if address == "/key":
            raise RecursionError
        say(client, address, *values)

    monkeypatch.setattr(link, "forward", burst)
    hears(one, ("sideman/all/key", b"C", True), ("sideman/all/chord", b"C7", True))
    assert link.refused == [
        ("sideman/all/key", "cannot be read (RecursionError); say it otherwise")
    ]
    assert link.said == [("/chord", "C7")]


def test_what_was_kept_while_we_were_away_counts_and_what_we_know_undoes_nothing():
    link, one = installation()

    def connects(came, *more):
        """The tempi that are wished for, of one that the broker kept and of those that are said then."""
        link.said.clear()
        kept = [("sideman/all/tempo", came, True)] if came else []
        hears(one, *kept, *(("sideman/all/tempo", it, False) for it in more))
        return [value for _, value in link.said]

    assert connects(b"100", b"110", b"120") == [100, 110, 120]
    assert connects(b"100", b"130") == [130]  # what was set up before all that
    assert connects(b"130", b"140") == [140]  # what was said last is kept
    assert (
        connects(b"130") == []
    )  # and does not undo what was said since, however often it is brought
    assert connects(b"150") == [150]
    assert connects(b"100") == [100]


def test_what_others_write_over_ours_is_told_again_and_our_own_late_words_are_not():
    async def scene():
        link, one = installation()
        tempo = "sideman/foyer/state/tempo"
        for bpm in (100.0, 101.0):
            one.tell("/state/tempo", [bpm])
        while list(one._outbox.rest()):
            await one._outbox.next()
        for payloads, again in (
            ((b"100", b"101"), []),
            ((b"100", b"101", b"55", b"56"), ["101"]),
        ):
            link.refused.clear()
            await one._listen(Client(*((tempo, it, False) for it in payloads)))
            await asyncio.sleep(5)
            assert [it.payload for it in one._outbox.rest()] == again
            assert link.refused == [
                (tempo, "we tell there where it stands; set it at sideman/foyer/tempo")
                for _ in again
            ]

    virtual_loop.run(scene())


def test_a_task_that_swallows_its_cancellation_ends_all_the_same():
    async def scene():
        async def publishing():
            for _ in range(3):
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(3600)

        task = asyncio.create_task(publishing())
        await asyncio.sleep(0)
        await asyncio.wait_for(_end(task), 60)
        assert task.done()

    virtual_loop.run(scene())
