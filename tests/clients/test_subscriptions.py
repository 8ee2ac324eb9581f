"""Subscriptions get all values, every change and every event, until they end."""

import asyncio
import time
from collections import defaultdict

from dispatchers import OUTPUT, FakeClient, with_clients

from perform.clients import subscriptions
from perform.control.feedback import MOVING_SECONDS


def test_a_subscription_gets_all_values_and_then_each_change():
    async def scene(clients):
        patch, fader = FakeClient(("10.0.0.1", 50000)), FakeClient(("10.0.0.2", 60000))
        clients.send(patch, "/subscribe", 9001)
        listener = clients.senders["10.0.0.1", 9001]
        await asyncio.sleep(0.02)  # the values come in several rounds of the loop
        assert listener.at("/state/voice/bass/swing") == [(0.0,)]
        assert listener.at("/state/key") == [("auto",)]
        for address, value in (
            ("/metre", "6/8"),
            ("/key", "F#m"),
            ("/chart", "Dm7 | G7 "),
            ("/swing", 0.5),
        ):
            clients.send(fader, address, value)
        await asyncio.sleep(0.05)  # a value is sent sixty times a second at most
        assert listener.at("/state/metre")[-1] == ("6/8",)
        assert listener.at("/state/key")[-1] == ("F#m",)
        assert listener.at("/state/chart")[-1] == ("Dm7 | G7",)
        clients.send(patch, "/unsubscribe", 9001)
        before = list(listener.messages)
        clients.send(fader, "/key", "C")
        assert listener.messages == before
        assert before[-1] == "closed"

    with_clients(scene)


def test_subscribe_again_sends_the_values_only_to_an_unknown_client():
    async def scene(clients):
        patch = FakeClient(("10.0.0.1", 50000))
        clients.send(patch, "/subscribe/again", 9001)  # it subscribed to an earlier daemon
        listener = clients.senders["10.0.0.1", 9001]
        await asyncio.sleep(0.02)
        assert listener.at("/state/voice/bass/swing") == [(0.0,)]
        before = list(listener.messages)
        for _ in range(10):
            clients.send(patch, "/subscribe/again", 9001)
        await asyncio.sleep(0.02)
        assert listener.messages == before
        assert clients.dispatcher.stats()["subscribers"] == 1
        clients.send(patch, "/subscribe", 9001)
        await asyncio.sleep(0.02)
        assert len(listener.messages) == 2 * len(before)

    with_clients(scene)


def test_a_client_that_moves_a_fader_gets_its_value_at_the_end_and_others_at_once():
    async def scene(clients):
        one, other = FakeClient(("10.0.0.1", 50000)), FakeClient("a connection")
        clients.send(one, "/subscribe", 9001)
        clients.send(other, "/subscribe")
        moving = clients.senders["10.0.0.1", 9001]
        await asyncio.sleep(0.02)
        for step in range(10):
            clients.send(one, "/voice/lead/swing", step / 10)
            await asyncio.sleep(0.02)
        assert moving.at("/state/voice/lead/swing") == [(0.0,)]
        assert len(other.at("/state/voice/lead/swing")) >= 5
        await asyncio.sleep(MOVING_SECONDS + 0.1)
        assert moving.at("/state/voice/lead/swing") == [(0.0,), (0.9,)]
        # a patch that sends a value back does not get it again: the loop ends
        clients.send(one, "/voice/lead/swing", 0.9)
        await asyncio.sleep(MOVING_SECONDS + 0.1)
        assert len(moving.at("/state/voice/lead/swing")) == 2
        # two clients move the same fader: both get the last value at the end
        for step in range(10):
            clients.send(one, "/voice/lead/swing", step / 20)
            clients.send(other, "/voice/lead/swing", 1.0)
        await asyncio.sleep(MOVING_SECONDS + 0.1)
        assert moving.at("/state/voice/lead/swing")[-1] == (1.0,)
        assert other.at("/state/voice/lead/swing")[-1] == (1.0,)

    with_clients(scene)


def test_events_come_when_they_sound_and_values_at_once():
    ahead = 0.04

    class WaitingClient(FakeClient):
        def send_message(self, address, *values):
            super().send_message(address, *values)
            came[address].set()

    async def scene(clients):
        clients.send(client, "/subscribe")
        await asyncio.wait_for(came["/state/swing"].wait(), 10)
        await asyncio.sleep(0.02)  # a value is sent sixty times a second at most
        started = time.monotonic()
        clients.send(client, "/chord", "C7")
        clients.send(FakeClient("another"), "/swing", 0.5)
        assert client.at("/state/swing")[-1] == (0.5,)
        await asyncio.wait_for(came["/chord"].wait(), 10)
        assert time.monotonic() - started >= ahead
        assert client.at("/chord") == [("C7",)]
        clients.send(client, "/chord", "F7")

    came, client = defaultdict(asyncio.Event), WaitingClient("a surface")
    with_clients(scene, ahead=ahead, real_time=True)
    assert client.at("/chord") == [("C7",), ("F7",)]  # at the end at once


def test_a_client_that_did_not_read_gets_all_values_again():
    async def scene(clients):
        connection = FakeClient("a connection")
        clients.dispatcher.refresh(connection)
        assert not connection.messages
        clients.send(connection, "/subscribe")
        await asyncio.sleep(0.02)
        clients.dispatcher.refresh(connection)
        await asyncio.sleep(0.02)
        assert connection.at("/state/key") == [("auto",), ("auto",)]

    with_clients(scene)


def test_unsubscribe_ends_all_subscriptions_of_its_client_only():
    async def scene(clients):
        one, other = FakeClient(("10.0.0.1", 50000)), FakeClient(("10.0.0.1", 50001))
        clients.send(one, "/subscribe", 9001)
        clients.send(one, "/subscribe")
        clients.send(other, "/subscribe", 9002)
        clients.send(one, "/unsubscribe")
        assert clients.senders["10.0.0.1", 9001].messages[-1] == "closed"
        await asyncio.sleep(0.02)
        before = len(one.messages)
        clients.send(FakeClient(("10.0.0.2", 1)), "/swing", 0.5)
        await asyncio.sleep(0.02)
        assert len(one.messages) == before
        assert clients.senders["10.0.0.1", 9002].at("/state/swing")[-1] == (0.5,)
        assert clients.dispatcher.stats()["subscribers"] == 1

    with_clients(scene)


def test_a_closed_connection_ends_all_subscriptions_of_its_client():
    async def scene(clients):
        connection = FakeClient("a connection")
        connection.host = "10.0.0.1"
        clients.send(connection, "/subscribe")
        clients.send(connection, "/subscribe", 9001)
        clients.dispatcher.unsubscribe(connection)
        assert clients.senders["10.0.0.1", 9001].messages[-1] == "closed"
        assert clients.dispatcher.stats()["subscribers"] == 0

    with_clients(scene)


def test_a_client_subscribes_another_machine_only_if_the_rig_lists_it():
    async def scene(clients):
        client = FakeClient(("10.0.0.1", 50000))
        clients.send(client, "/subscribe", "10.0.9.9", 9001)
        clients.send(client, "/subscribe", "localhost", 9001)
        assert list(clients.senders) == [OUTPUT]
        assert "name it in [inputs.osc] allow" in client.at("/error")[0][1]
        clients.send(client, "/subscribe", "10.0.7.9", 9001)
        clients.send(client, "/subscribe", "10.0.0.1", 9001)
        assert list(clients.senders)[1:] == [("10.0.7.9", 9001), ("10.0.0.1", 9001)]
        clients.send(client, "/unsubscribe", "10.0.7.9", 9001)
        assert clients.dispatcher.stats()["subscribers"] == 1

    with_clients(scene)


def test_replies_go_to_the_port_at_which_a_client_listens():
    async def scene(clients):
        patch, other = FakeClient(("10.0.0.1", 50000)), FakeClient(("10.0.0.1", 50001))
        clients.send(patch, "/subscribe", 9001.0)  # some programs send every number as a float
        listener = clients.senders["10.0.0.1", 9001]
        clients.send(patch, "/nonsense")
        clients.send(patch, "/stats")
        assert listener.at("/error") == [("/nonsense", "no such address")]
        assert listener.messages[-1] == ("/stats/done", 1)
        assert patch.messages == []
        clients.send(other, "/nonsense")  # another program on the same machine
        clients.send(patch, "/unsubscribe")
        await asyncio.sleep(0.02)
        clients.send(patch, "/stats")
        assert other.at("/error") == [("/nonsense", "no such address")]
        assert len(listener.at("/error")) == 1
        assert patch.messages[-1] == ("/stats/done", 1)

    with_clients(scene)


def test_a_client_with_a_forged_address_cannot_flood_another_machine():
    async def scene(clients):
        victim, later = FakeClient(("10.0.0.1", 50000)), FakeClient(("10.0.0.2", 50000))
        for _ in range(200):
            clients.send(victim, "/stats")
            clients.send(victim, "/subscribe")
            clients.send(victim, "/subscribe/again")  # sends no values again
        await asyncio.sleep(0.05)
        assert len(victim.at("/stats/done")) == 100
        assert len(victim.at("/state/tempo")) == 32
        await asyncio.sleep(0.6)
        clients.send(later, "/stats")
        clients.send(later, "/subscribe")
        await asyncio.sleep(0.05)
        assert later.at("/stats/done")
        assert later.at("/state/tempo")

    with_clients(scene)


def test_a_subscription_at_an_output_gets_each_message_once_and_its_replies():
    async def scene(clients):
        patch, output = FakeClient((OUTPUT[0], 50000)), clients.senders[OUTPUT]
        clients.send(patch, "/subscribe", OUTPUT[1])
        await asyncio.sleep(0.02)
        assert output.at("/state/voice/bass/swing") == [(0.0,)]
        clients.send(FakeClient("a keyboard"), "/chord", "C7")
        clients.send(patch, "/nonsense")
        assert output.at("/chord") == [("C7",)]
        assert output.at("/error") == [("/nonsense", "no such address")]
        clients.send(patch, "/unsubscribe", OUTPUT[1])
        clients.send(FakeClient("a keyboard"), "/key", "C")
        assert output.messages[-1] == ("/state/key", "C")  # still an output of the rig

    with_clients(scene)


def test_too_many_subscriptions_are_rejected_and_the_others_stay():
    async def scene(clients):
        client = FakeClient(("10.0.0.9", 1))
        for port in range(2, 41):
            clients.send(client, "/subscribe", port)
        assert len(clients.senders) == 32 + 1
        assert "the most" in clients.senders["10.0.0.9", 33].at("/error")[0][1]
        assert clients.dispatcher.stats()["subscribers"] == 32

    with_clients(scene)


def test_a_silent_client_over_udp_loses_its_subscription_and_a_connection_does_not(monkeypatch):
    monkeypatch.setattr(subscriptions, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr(subscriptions, "CHECK_SECONDS", 0.02)

    async def scene(clients):
        silent, active = FakeClient(("10.0.0.1", 1)), FakeClient(("10.0.0.2", 1))
        for client in (silent, active):
            clients.send(client, "/subscribe", 9001)
        clients.send(FakeClient("a connection"), "/subscribe")
        for _ in range(20):
            await asyncio.sleep(0.02)
            clients.send(active, "/tap", 0)
        assert clients.senders["10.0.0.1", 9001].messages[-1] == "closed"
        assert clients.senders["10.0.0.2", 9001].messages[-1] != "closed"
        assert clients.dispatcher.stats()["subscribers"] == 2

    with_clients(scene)
