"""An installation at its broker, without one: what messages and lost connections do to it."""

import asyncio

import aiomqtt
import virtual_loop

from perform.config.mqtt import MqttConfig
from perform.control import registry
from perform.mqtt.installation import Installation

CONTROLS = [
    control.as_json() | {"address": address} for address, control in registry.addresses(["lead"])
]


class RecordingLink:
    """A connection to the daemon that records what it is given."""

    def __init__(self):
        self.forwarded, self.rejected = [], []

    def forward(self, _, address, *values):
        self.forwarded.append((address, *values))

    def reject(self, _, address, reason):
        self.rejected.append((address, reason))

    async def drain(self):
        pass


class FakeBroker:
    """A connection that brings these (topic, payload, retain), and then ends."""

    def __init__(self, *messages):
        self._messages = messages

    @property
    async def messages(self):
        for topic, payload, retain in self._messages:
            yield aiomqtt.Message(topic, payload, 0, retain=retain, mid=0, properties=None)


def new_installation():
    link = RecordingLink()
    return link, Installation(link, MqttConfig(broker="h:1", name="foyer"), CONTROLS, [])


def receive(installation, *messages):
    virtual_loop.run(installation._receive(FakeBroker(*messages)))


def test_a_message_that_raises_is_rejected_and_the_next_is_handled(monkeypatch):
    link, installation = new_installation()
    forward = link.forward

    def forward_or_raise(client, address, *values):
        if address == "/key":
            raise RecursionError
        forward(client, address, *values)

    monkeypatch.setattr(link, "forward", forward_or_raise)
    receive(installation, ("sideman/all/key", b"C", True), ("sideman/all/chord", b"C7", True))
    assert link.rejected == [
        ("sideman/all/key", "cannot be read (RecursionError); write it in another way")
    ]
    assert link.forwarded == [("/chord", "C7")]


def test_a_retained_message_counts_once_and_undoes_no_later_one():
    link, installation = new_installation()

    def tempos(retained, *later):
        """The tempos that a connection sets, with one retained message and with later ones."""
        link.forwarded.clear()
        messages = [("sideman/all/tempo", retained, True)] if retained else []
        messages += [("sideman/all/tempo", payload, False) for payload in later]
        receive(installation, *messages)
        return [value for _, value in link.forwarded]

    assert tempos(b"100", b"110", b"120") == [100, 110, 120]
    assert tempos(b"100", b"130") == [130]  # the retained one is the oldest
    assert tempos(b"130", b"140") == [140]  # the retained one is the last of the connection before
    assert tempos(b"130") == []  # and undoes nothing, however often it comes
    assert tempos(b"150") == [150]
    assert tempos(b"100") == [100]


def test_a_state_that_another_program_overwrites_is_published_again():
    async def scene():
        link, installation = new_installation()
        tempo = "sideman/foyer/state/tempo"
        for bpm in (100.0, 101.0):
            installation.handle_daemon_message("/state/tempo", [bpm])
        while list(installation._outbox.unpublished()):
            await installation._outbox.next()
        for payloads, again in (
            ((b"100", b"101"), []),  # our own messages, which come back late
            ((b"100", b"101", b"55", b"56"), ["101"]),
        ):
            link.rejected.clear()
            broker = FakeBroker(*((tempo, payload, False) for payload in payloads))
            await installation._receive(broker)
            await asyncio.sleep(5)
            assert [it.payload for it in installation._outbox.unpublished()] == again
            reason = "this topic is for our state; set it at sideman/foyer/tempo"
            assert link.rejected == [(tempo, reason) for _ in again]

    virtual_loop.run(scene())


def test_the_message_for_home_assistant_of_an_earlier_start_is_read():
    mqtt = MqttConfig(broker="h:1", name="foyer", discovery="homeassistant")
    installation = Installation(RecordingLink(), mqtt, CONTROLS, [])
    topic = "homeassistant/device/sideman_sideman_foyer/config"
    assert b"gone" not in installation._outbox.retained(topic).encoded
    receive(installation, (topic, b'{"components": {"gone": {"platform": "switch"}}}', True))
    assert b'"gone":{"platform":"switch"}' in installation._outbox.retained(topic).encoded
