"""Who subscribes: told where all stands, what moves and what sounds, where they listen, until they leave."""

import asyncio
import time
from collections import defaultdict

from dispatchers import OUTPUT, Client, with_dispatcher

from perform.clients import subscriptions
from perform.control.feedback import MOVING_SECONDS


def test_a_surface_hears_where_all_stands_and_then_what_moves():
    async def scene(dispatcher, reached):
        patch, fader = Client(("10.0.0.1", 50000)), Client(("10.0.0.2", 60000))
        dispatcher.handle_message("/subscribe", (9001,), patch)
        listener = reached["10.0.0.1", 9001]
        await asyncio.sleep(0.02)  # so much is not told in one breath
        assert listener.of("/state/voice/bass/swing") == [(0.0,)]
        assert listener.of("/state/key") == [("auto",)]
        for address, values in (
            ("/metre", ("6/8",)),
            ("/key", ("F#m",)),
            ("/chart", ("Dm7 | G7 ",)),
            ("/swing", (0.5,)),
        ):
            dispatcher.handle_message(address, values, fader)
        await asyncio.sleep(0.05)  # sixty times a second is the most
        assert listener.of("/state/metre")[-1] == ("6/8",)
        assert listener.of("/state/key")[-1] == ("F#m",)
        assert listener.of("/state/chart")[-1] == ("Dm7 | G7",)
        dispatcher.handle_message("/unsubscribe", (9001,), patch)
        before = list(listener.heard)
        dispatcher.handle_message("/key", ("C",), fader)
        assert listener.heard == before
        assert before[-1] == "closed"

    with_dispatcher(scene)


def test_who_still_listens_is_told_anew_only_where_nobody_knows_them():
    async def scene(dispatcher, reached):
        patch = Client(("10.0.0.1", 50000))
        dispatcher.handle_message("/subscribe/again", (9001,), patch)  # of a daemon before this one
        listener = reached["10.0.0.1", 9001]
        await asyncio.sleep(0.02)
        assert listener.of("/state/voice/bass/swing") == [(0.0,)]
        before = list(listener.heard)
        for _ in range(10):
            dispatcher.handle_message("/subscribe/again", (9001,), patch)
        await asyncio.sleep(0.02)
        assert listener.heard == before
        assert dispatcher.stats()["subscribers"] == 1
        dispatcher.handle_message("/subscribe", (9001,), patch)
        await asyncio.sleep(0.02)
        assert len(listener.heard) == 2 * len(before)

    with_dispatcher(scene)


def test_who_moves_a_fader_hears_of_it_when_it_is_still_and_others_at_once():
    async def scene(dispatcher, reached):
        one, other = Client(("10.0.0.1", 50000)), Client("a connection")
        dispatcher.handle_message("/subscribe", (9001,), one)
        dispatcher.handle_message("/subscribe", (), other)
        hand = reached["10.0.0.1", 9001]
        await asyncio.sleep(0.02)
        for step in range(10):
            dispatcher.handle_message("/voice/lead/swing", (step / 10,), one)
            await asyncio.sleep(0.02)
        assert hand.of("/state/voice/lead/swing") == [(0.0,)]
        assert len(other.of("/state/voice/lead/swing")) >= 5
        await asyncio.sleep(MOVING_SECONDS + 0.1)
        assert hand.of("/state/voice/lead/swing") == [(0.0,), (0.9,)]
        # a patch that sends back what it is told is not told again: the loop ends
        dispatcher.handle_message("/voice/lead/swing", (0.9,), one)
        await asyncio.sleep(MOVING_SECONDS + 0.1)
        assert len(hand.of("/state/voice/lead/swing")) == 2
        # two who fight over it: neither is pulled while moving, both end where it ends
        for step in range(10):
            dispatcher.handle_message("/voice/lead/swing", (step / 20,), one)
            dispatcher.handle_message("/voice/lead/swing", (1.0,), other)
        await asyncio.sleep(MOVING_SECONDS + 0.1)
        assert hand.of("/state/voice/lead/swing")[-1] == (1.0,)
        assert other.of("/state/voice/lead/swing")[-1] == (1.0,)

    with_dispatcher(scene)


def test_subscribers_are_told_what_sounds_when_it_sounds_and_faders_at_once():
    ahead = 0.04

    class Waiting(Client):
        def send_message(self, address, *values):
            super().send_message(address, *values)
            told[address].set()

    async def scene(dispatcher, _):
        dispatcher.handle_message("/subscribe", (), peer)
        await asyncio.wait_for(told["/state/swing"].wait(), 10)
        await asyncio.sleep(0.02)  # sixty times a second is the most
        begun = time.monotonic()
        dispatcher.handle_message("/chord", ("C7",), peer)
        dispatcher.handle_message("/swing", (0.5,), Client("another"))
        assert peer.of("/state/swing")[-1] == (0.5,)
        await asyncio.wait_for(told["/chord"].wait(), 10)
        assert time.monotonic() - begun >= ahead
        assert peer.of("/chord") == [("C7",)]
        dispatcher.handle_message("/chord", ("F7",), peer)

    told, peer = defaultdict(asyncio.Event), Waiting("a surface")
    with_dispatcher(scene, 1000 * ahead, live=True)
    assert peer.of("/chord") == [("C7",), ("F7",)]  # at the end at once


def test_who_did_not_read_for_a_while_is_told_anew():
    async def scene(dispatcher, _):
        line = Client("a connection")
        dispatcher.refresh(line)
        assert not line.heard
        dispatcher.handle_message("/subscribe", (), line)
        await asyncio.sleep(0.02)
        dispatcher.refresh(line)
        await asyncio.sleep(0.02)
        assert line.of("/state/key") == [("auto",), ("auto",)]

    with_dispatcher(scene)


def test_who_leaves_is_told_no_more_wherever_they_listen_and_others_are():
    async def scene(dispatcher, reached):
        one, other = Client(("10.0.0.1", 50000)), Client(("10.0.0.1", 50001))
        dispatcher.handle_message("/subscribe", (9001,), one)
        dispatcher.handle_message("/subscribe", (), one)
        dispatcher.handle_message("/subscribe", (9002,), other)
        dispatcher.handle_message("/unsubscribe", (), one)
        assert reached["10.0.0.1", 9001].heard[-1] == "closed"
        await asyncio.sleep(0.02)
        before = len(one.heard)
        dispatcher.handle_message("/swing", (0.5,), Client(("10.0.0.2", 1)))
        await asyncio.sleep(0.02)
        assert len(one.heard) == before
        assert reached["10.0.0.1", 9002].of("/state/swing")[-1] == (0.5,)
        assert dispatcher.stats()["subscribers"] == 1

    with_dispatcher(scene)


def test_who_hangs_up_is_told_no_more_wherever_they_listen():
    async def scene(dispatcher, reached):
        line = Client("a connection")
        line.host = "10.0.0.1"
        dispatcher.handle_message("/subscribe", (), line)
        dispatcher.handle_message("/subscribe", (9001,), line)
        dispatcher.unsubscribe(line)
        assert reached["10.0.0.1", 9001].heard[-1] == "closed"
        assert dispatcher.stats()["subscribers"] == 0

    with_dispatcher(scene)


def test_nobody_has_others_told_but_where_the_rig_names_them():
    async def scene(dispatcher, reached):
        stranger = Client(("10.0.0.1", 50000))
        dispatcher.handle_message("/subscribe", ("10.0.9.9", 9001), stranger)
        dispatcher.handle_message("/subscribe", ("localhost", 9001), stranger)
        assert list(reached) == [OUTPUT]
        assert "name it in [inputs.osc] allow" in stranger.of("/error")[0][1]
        dispatcher.handle_message("/subscribe", ("10.0.7.9", 9001), stranger)
        dispatcher.handle_message("/subscribe", ("10.0.0.1", 9001), stranger)
        assert list(reached)[1:] == [("10.0.7.9", 9001), ("10.0.0.1", 9001)]
        dispatcher.handle_message("/unsubscribe", ("10.0.7.9", 9001), stranger)
        assert dispatcher.stats()["subscribers"] == 1

    with_dispatcher(scene)


def test_who_listens_at_another_port_than_they_speak_from_is_answered_there():
    async def scene(dispatcher, reached):
        patch, other = Client(("10.0.0.1", 50000)), Client(("10.0.0.1", 50001))
        dispatcher.handle_message(
            "/subscribe", (9001.0,), patch
        )  # as some programs send every number
        there = reached["10.0.0.1", 9001]
        dispatcher.handle_message("/nonsense", (), patch)
        dispatcher.handle_message("/stats", (), patch)
        assert there.of("/error") == [("/nonsense", "no such address")]
        assert there.heard[-1] == ("/stats/done", 1)
        assert patch.heard == []
        dispatcher.handle_message("/nonsense", (), other)  # of the same machine, and none of theirs
        dispatcher.handle_message("/unsubscribe", (), patch)
        await asyncio.sleep(0.02)
        dispatcher.handle_message("/stats", (), patch)
        assert other.of("/error") == [("/nonsense", "no such address")]
        assert len(there.of("/error")) == 1
        assert patch.heard[-1] == ("/stats/done", 1)

    with_dispatcher(scene)


def test_whoever_forges_a_sender_cannot_have_others_pelted_with_long_answers():
    async def scene(dispatcher, _):
        victim, later = Client(("10.0.0.1", 50000)), Client(("10.0.0.2", 50000))
        for _ in range(200):
            dispatcher.handle_message("/stats", (), victim)
            dispatcher.handle_message("/subscribe", (), victim)
            dispatcher.handle_message("/subscribe/again", (), victim)  # tells nothing anew
        await asyncio.sleep(0.05)
        assert 100 <= len(victim.of("/stats/done")) <= 120
        assert 32 <= len(victim.of("/state/tempo")) <= 36
        await asyncio.sleep(0.6)
        dispatcher.handle_message("/stats", (), later)
        dispatcher.handle_message("/subscribe", (), later)
        await asyncio.sleep(0.05)
        assert later.of("/stats/done")
        assert later.of("/state/tempo")

    with_dispatcher(scene, live=True)


def test_who_subscribes_at_an_output_is_told_all_once_and_answered_there():
    async def scene(dispatcher, reached):
        patch, there = Client((OUTPUT[0], 50000)), reached[OUTPUT]
        dispatcher.handle_message("/subscribe", (OUTPUT[1],), patch)
        await asyncio.sleep(0.02)
        assert there.of("/state/voice/bass/swing") == [(0.0,)]
        dispatcher.handle_message("/chord", ("C7",), Client("a keyboard"))
        dispatcher.handle_message("/nonsense", (), patch)
        assert there.of("/chord") == [("C7",)]
        assert there.of("/error") == [("/nonsense", "no such address")]
        dispatcher.handle_message("/unsubscribe", (OUTPUT[1],), patch)
        dispatcher.handle_message("/key", ("C",), Client("a keyboard"))
        assert there.heard[-1] == ("/state/key", "C")  # as the rig has it

    with_dispatcher(scene)


def test_too_many_subscribers_are_refused_and_those_there_stay():
    async def scene(dispatcher, reached):
        crowd = Client(("10.0.0.9", 1))
        for port in range(2, 41):
            dispatcher.handle_message("/subscribe", (port,), crowd)
        assert len(reached) == 32 + 1
        assert "the most" in reached["10.0.0.9", 33].of("/error")[0][1]
        assert dispatcher.stats()["subscribers"] == 32

    with_dispatcher(scene)


def test_a_listener_that_is_silent_for_long_is_forgotten_and_a_connection_is_not(monkeypatch):
    monkeypatch.setattr(subscriptions, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr(subscriptions, "LOOK_SECONDS", 0.02)

    async def scene(dispatcher, reached):
        gone, there, line = Client(("10.0.0.1", 1)), Client(("10.0.0.2", 1)), Client("a connection")
        for one in (gone, there):
            dispatcher.handle_message("/subscribe", (9001,), one)
        dispatcher.handle_message("/subscribe", (), line)
        for _ in range(20):
            await asyncio.sleep(0.02)
            dispatcher.handle_message("/tap", (0,), there)
        assert reached["10.0.0.1", 9001].heard[-1] == "closed"
        assert reached["10.0.0.2", 9001].heard[-1] != "closed"
        assert dispatcher.stats()["subscribers"] == 2

    with_dispatcher(scene)
