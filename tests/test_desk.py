"""What is said at the desk: carried out, answered, counted, and logged once."""

import asyncio
import contextlib
import logging
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform import controls, subscribers
from perform.allow import Allowed
from perform.clock.transport import Transport
from perform.clock.virtual import VirtualClock
from perform.desk import Desk
from perform.engine.engine import Engine
from perform.engine.voice import VoiceSettings
from perform.live import Conductor
from perform.rig import MidiOutput, Rig, VoiceConfig
from perform.sinks.feedback import MOVING_SECONDS, Feedback
from perform.stage import Stage


class Peer:
    """Somebody who keeps what they are told."""

    def __init__(self, key):
        self.key, self.heard = key, []
        self.host = key[0] if isinstance(key, tuple) else None

    def message(self, address, *values):
        self.heard.append((address, *values))

    def close(self):
        self.heard.append("closed")

    def of(self, address):
        return [one[1:] for one in self.heard if one[0] == address]


OUTPUT = ("10.0.5.5", 9001)  # of the rig, told in any case


class Source:
    restarts = 0


def at_a_desk(scene, ahead_ms=0.0):
    """Run a scene with a desk and a dict of everybody who was reached at a host and port. `ahead_ms`: of an output."""

    async def play():
        voices = [VoiceSettings(name="lead"), VoiceSettings(name="bass")]
        reached = {}
        engine, transport = Engine(voices), Transport()
        sinks = {"lead": [], "bass": []}
        conductor = Conductor(engine, transport, VirtualClock(), lambda _wanted, _due: None, sinks)
        rig = Rig(
            outputs={"synth": MidiOutput(virtual="synth", ahead_ms=ahead_ms)},
            voices=(VoiceConfig(name="lead"), VoiceConfig(name="bass")),
        )
        output = Feedback(reached.setdefault(OUTPUT, Peer(OUTPUT)))
        conductor.listen(output)
        stage = Stage(rig, engine, transport, conductor, Source(), {OUTPUT: output})
        named = Allowed(["10.0.7.0/24"]).names
        desk = Desk(stage, lambda *place: reached.setdefault(place, Peer(place)), named)
        try:
            await scene(desk, reached)
        finally:
            stage.subscribers.close()
            desk.close()
            output.close()
            conductor.close()

    asyncio.run(play())


def test_a_surface_hears_where_all_stands_and_then_what_moves():
    async def scene(desk, reached):
        patch, fader = Peer(("10.0.0.1", 50000)), Peer(("10.0.0.2", 60000))
        desk.hear("/subscribe", (9001,), patch)
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
            desk.hear(address, values, fader)
        await asyncio.sleep(0.05)  # sixty times a second is the most
        assert listener.of("/state/metre")[-1] == ("6/8",)
        assert listener.of("/state/key")[-1] == ("F#m",)
        assert listener.of("/state/chart")[-1] == ("Dm7 | G7",)
        desk.hear("/unsubscribe", (9001,), patch)
        before = list(listener.heard)
        desk.hear("/key", ("C",), fader)
        assert listener.heard == before
        assert before[-1] == "closed"

    at_a_desk(scene)


def test_who_still_listens_is_told_anew_only_where_nobody_knows_them():
    async def scene(desk, reached):
        patch = Peer(("10.0.0.1", 50000))
        desk.hear("/subscribe/again", (9001,), patch)  # of a daemon before this one
        listener = reached["10.0.0.1", 9001]
        await asyncio.sleep(0.02)
        assert listener.of("/state/voice/bass/swing") == [(0.0,)]
        before = list(listener.heard)
        for _ in range(10):
            desk.hear("/subscribe/again", (9001,), patch)
        await asyncio.sleep(0.02)
        assert listener.heard == before
        assert desk.figures()["subscribers"] == 1
        desk.hear("/subscribe", (9001,), patch)
        await asyncio.sleep(0.02)
        assert len(listener.heard) == 2 * len(before)

    at_a_desk(scene)


def test_who_moves_a_fader_hears_of_it_when_it_is_still_and_others_at_once():
    async def scene(desk, reached):
        one, other = Peer(("10.0.0.1", 50000)), Peer("a connection")
        desk.hear("/subscribe", (9001,), one)
        desk.hear("/subscribe", (), other)
        hand = reached["10.0.0.1", 9001]
        await asyncio.sleep(0.02)
        for step in range(10):
            desk.hear("/voice/lead/swing", (step / 10,), one)
            await asyncio.sleep(0.02)
        assert hand.of("/state/voice/lead/swing") == [(0.0,)]
        assert len(other.of("/state/voice/lead/swing")) >= 5
        await asyncio.sleep(MOVING_SECONDS + 0.1)
        assert hand.of("/state/voice/lead/swing") == [(0.0,), (0.9,)]
        # a patch that sends back what it is told is not told again: the loop ends
        desk.hear("/voice/lead/swing", (0.9,), one)
        await asyncio.sleep(MOVING_SECONDS + 0.1)
        assert len(hand.of("/state/voice/lead/swing")) == 2
        # two who fight over it: neither is pulled while moving, both end where it ends
        for step in range(10):
            desk.hear("/voice/lead/swing", (step / 20,), one)
            desk.hear("/voice/lead/swing", (1.0,), other)
        await asyncio.sleep(MOVING_SECONDS + 0.1)
        assert hand.of("/state/voice/lead/swing")[-1] == (1.0,)
        assert other.of("/state/voice/lead/swing")[-1] == (1.0,)

    at_a_desk(scene)


def test_subscribers_are_told_what_sounds_when_it_sounds_and_faders_at_once():
    ahead = 0.04

    class Waiting(Peer):
        def message(self, address, *values):
            super().message(address, *values)
            if address == "/chord":
                told.set()

    async def scene(desk, _):
        desk.hear("/subscribe", (), peer)
        await asyncio.sleep(0.02)
        begun = time.monotonic()
        desk.hear("/chord", ("C7",), peer)
        desk.hear("/swing", (0.5,), Peer("another"))
        assert peer.of("/state/swing")[-1] == (0.5,)
        await asyncio.wait_for(told.wait(), 10)
        assert time.monotonic() - begun >= ahead
        assert peer.of("/chord") == [("C7",)]
        desk.hear("/chord", ("F7",), peer)

    told, peer = asyncio.Event(), Waiting("a surface")
    at_a_desk(scene, 1000 * ahead)
    assert peer.of("/chord") == [("C7",), ("F7",)]  # at the end at once


def test_what_is_not_there_is_answered_and_counted():
    async def scene(desk, _):
        desk.hear("/snapshot/store", ("chorus",), Peer("somebody"))
        for address, values, why in (
            ("/snapshot/recall", ("verse",), "no snapshot 'verse'; there are: chorus"),
            ("/voice/tuba/swing", (0.5,), "no voice 'tuba'; there are: lead, bass"),
            ("/voice/tuba/more", (), "no voice 'tuba'; there are: lead, bass"),
        ):
            peer = Peer(address)
            desk.hear(address, values, peer)
            assert peer.of("/error") == [(address, why)]
        assert desk.figures()["refused"] == 3

    at_a_desk(scene)


def test_a_snapshot_that_is_recalled_moves_every_fader_back():
    async def scene(desk, _):
        fader = Peer("a surface")
        for address, value in (("/swing", 0.25), ("/voice/bass/swing", 0.75), ("/accent", 0.1)):
            desk.hear(address, (value,), fader)
        desk.hear("/snapshot/store", ("verse",), fader)
        before = dict(desk._stage.state.values)
        for address in ("/swing", "/accent"):
            desk.hear(address, (1.0,), fader)
        assert desk._stage.state.values != before
        desk.hear("/snapshot/recall", ("verse",), fader)
        assert desk._stage.state.values == before

    at_a_desk(scene)


def test_an_all_voices_value_stands_where_the_first_voice_does():
    async def scene(desk, reached):
        hand, line = Peer(("10.0.0.1", 50000)), Peer("a connection")
        desk.hear("/subscribe", (), line)
        await asyncio.sleep(0.05)
        for address, values in (
            ("/swing", (0.5,)),
            ("/snapshot/store", ("a",)),
            ("/voice/lead/swing", (0.8,)),
            ("/voice/bass/swing", (0.1,)),
            ("/voice/lead/mode", ("hold",)),
        ):
            desk.hear(address, values, hand)
            await asyncio.sleep(0.05)
        assert line.of("/state/swing") == [(0.0,), (0.5,), (0.8,)]
        assert line.of("/state/voice/bass/swing") == [(0.0,), (0.5,), (0.1,)]
        assert line.of("/state/mode")[-1] == ("hold",)
        desk.hear("/snapshot/recall", ("a",), hand)
        await asyncio.sleep(0.05)
        for address in ("/state/swing", "/state/voice/lead/swing", "/state/voice/bass/swing"):
            assert line.of(address)[-1] == (0.5,)

    at_a_desk(scene)


def test_the_bars_of_a_turn_are_set_with_the_mode_or_alone_and_told_to_whoever_joins():
    async def scene(desk, _):
        hand, late = Peer(("10.0.0.1", 50000)), Peer("a connection")
        desk.hear("/mode", ("trade", 8), hand)
        desk.hear("/voice/bass/mode/bars", (2.2,), hand)
        desk.hear("/voice/bass/mode", ("answer",), hand)  # as many bars as before
        desk.hear("/mode/bars", (0,), hand)
        assert hand.of("/error") == [("/mode/bars", "takes 1 to 64 bars")]
        desk.hear("/subscribe", (), late)
        await asyncio.sleep(0.05)
        assert late.of("/state/mode/bars") == late.of("/state/voice/lead/mode/bars") == [(8,)]
        assert late.of("/state/voice/bass/mode/bars") == [(2,)]
        assert late.of("/state/voice/bass/mode") == [("answer",)]

    at_a_desk(scene)


def test_who_did_not_read_for_a_while_is_told_anew():
    async def scene(desk, _):
        line = Peer("a connection")
        desk.catch_up(line)
        assert not line.heard
        desk.hear("/subscribe", (), line)
        await asyncio.sleep(0.02)
        desk.catch_up(line)
        await asyncio.sleep(0.02)
        assert line.of("/state/key") == [("auto",), ("auto",)]

    at_a_desk(scene)


def test_nonsense_is_answered_counted_and_logged_once(caplog):
    async def scene(desk, _):
        stranger = Peer(("10.0.0.3", 1))
        with caplog.at_level(logging.WARNING):
            for number in range(1000):
                desk.hear("/nonsense", (number,), stranger)
            await asyncio.sleep(0.05)
        assert desk.figures()["refused"] == 1000
        assert desk.figures()["received"] == 1000
        assert (
            stranger.of("/error") == [("/nonsense", "no such address")] * 2
        )  # the first, the last
        assert [it.message.split(" (")[0] for it in caplog.records] == [
            "/nonsense: no such address"
        ]

    at_a_desk(scene)


def test_what_strangers_write_cannot_speak_to_the_terminal(caplog):
    async def scene(desk, _):
        stranger = Peer(("10.0.0.3", 1))
        with caplog.at_level(logging.WARNING):
            desk.hear("/\x1b]0;mine\x07\n", (), stranger)
            desk.refuse("", "x" * 70000, stranger)
            desk.turn_away("\x9b31m\u2028\ud800é")
        assert [it.message.split(" (")[0] for it in caplog.records] == [
            r"/\x1b]0;mine\x07\n: no such address",
            "x" * 197 + "...",
            r"\x9b31m\u2028\ud800\xe9",
        ]
        assert stranger.of("/error")[0][0] == r"/\x1b]0;mine\x07\n"

    at_a_desk(scene)


def test_who_leaves_is_told_no_more_wherever_they_listen_and_others_are():
    async def scene(desk, reached):
        one, other = Peer(("10.0.0.1", 50000)), Peer(("10.0.0.1", 50001))
        desk.hear("/subscribe", (9001,), one)
        desk.hear("/subscribe", (), one)
        desk.hear("/subscribe", (9002,), other)
        desk.hear("/unsubscribe", (), one)
        assert reached["10.0.0.1", 9001].heard[-1] == "closed"
        await asyncio.sleep(0.02)
        before = len(one.heard)
        desk.hear("/swing", (0.5,), Peer(("10.0.0.2", 1)))
        await asyncio.sleep(0.02)
        assert len(one.heard) == before
        assert reached["10.0.0.1", 9002].of("/state/swing")[-1] == (0.5,)
        assert desk.figures()["subscribers"] == 1

    at_a_desk(scene)


def test_nobody_has_others_told_but_where_the_rig_names_them():
    async def scene(desk, reached):
        stranger = Peer(("10.0.0.1", 50000))
        desk.hear("/subscribe", ("10.0.9.9", 9001), stranger)
        desk.hear("/subscribe", ("localhost", 9001), stranger)
        assert list(reached) == [OUTPUT]
        assert "name it in [inputs.osc] allow" in stranger.of("/error")[0][1]
        desk.hear("/subscribe", ("10.0.7.9", 9001), stranger)
        desk.hear("/subscribe", ("10.0.0.1", 9001), stranger)
        assert list(reached)[1:] == [("10.0.7.9", 9001), ("10.0.0.1", 9001)]
        desk.hear("/unsubscribe", ("10.0.7.9", 9001), stranger)
        assert desk.figures()["subscribers"] == 1

    at_a_desk(scene)


@pytest.mark.parametrize(
    ("address", "values", "why"),
    [
        ("/subscribe", (70000,), "takes nothing, a port"),
        ("/subscribe", (9001,), "a port needs a host here"),
        ("/subscribe", ("studio.local", 9001), "as an address, like 192.168.1.20"),
        ("/learn", ("/swing",), "no controller to learn from"),
        ("/voice/nobody/mute", (1,), "there are: lead, bass"),
        ("/model", ("../x",), "not a path"),
        ("/model", ("bluse",), "did you mean 'blues'"),
        ("/other", ("x" * 5000,), "the name of a bundle"),
    ],
)
def test_what_cannot_be_done_is_one_line(address, values, why):
    async def scene(desk, _):
        peer = Peer("a connection")
        desk.hear(address, values, peer)
        assert why in peer.of("/error")[0][1]

    at_a_desk(scene)


def test_who_listens_at_another_port_than_they_speak_from_is_answered_there():
    async def scene(desk, reached):
        patch, other = Peer(("10.0.0.1", 50000)), Peer(("10.0.0.1", 50001))
        desk.hear("/subscribe", (9001.0,), patch)  # as some programs send every number
        there = reached["10.0.0.1", 9001]
        desk.hear("/nonsense", (), patch)
        desk.hear("/stats", (), patch)
        assert there.of("/error") == [("/nonsense", "no such address")]
        assert there.heard[-1] == ("/stats/done", 1)
        assert patch.heard == []
        desk.hear("/nonsense", (), other)  # of the same machine, and none of theirs
        desk.hear("/unsubscribe", (), patch)
        await asyncio.sleep(0.02)
        desk.hear("/stats", (), patch)
        assert other.of("/error") == [("/nonsense", "no such address")]
        assert len(there.of("/error")) == 1
        assert patch.heard[-1] == ("/stats/done", 1)

    at_a_desk(scene)


def test_whoever_forges_a_sender_cannot_have_others_pelted_with_long_answers():
    async def scene(desk, _):
        victim, later = Peer(("10.0.0.1", 50000)), Peer(("10.0.0.2", 50000))
        for _ in range(200):
            desk.hear("/stats", (), victim)
            desk.hear("/subscribe", (), victim)
            desk.hear("/subscribe/again", (), victim)  # tells nothing anew
        await asyncio.sleep(0.05)
        assert 100 <= len(victim.of("/stats/done")) <= 120
        assert 32 <= len(victim.of("/state/tempo")) <= 36
        await asyncio.sleep(0.6)
        desk.hear("/stats", (), later)
        desk.hear("/subscribe", (), later)
        await asyncio.sleep(0.05)
        assert later.of("/stats/done")
        assert later.of("/state/tempo")

    at_a_desk(scene)


def test_a_button_acts_when_it_goes_down_and_not_when_it_comes_up():
    async def scene(desk, _):
        peer = Peer("a phone")
        desk.hear("/subscribe", (), peer)
        desk.hear("/tap", (0.0,), peer)
        desk.hear("/panic", (1.0,), peer)
        desk.hear("/stats", (), peer)
        assert not peer.of("/error")
        assert peer.of("/stats/done") == [(1,)]
        assert peer.of("/stats/refused") == [(0,)]

    at_a_desk(scene)


def test_too_many_subscribers_are_refused_and_those_there_stay():
    async def scene(desk, reached):
        crowd = Peer(("10.0.0.9", 1))
        for port in range(2, 41):
            desk.hear("/subscribe", (port,), crowd)
        assert len(reached) == 32 + 1
        assert "the most" in reached["10.0.0.9", 33].of("/error")[0][1]
        with contextlib.suppress(KeyError):
            desk.leave(crowd)
        assert desk.figures()["subscribers"] == 32

    at_a_desk(scene)


def test_a_listener_that_is_silent_for_long_is_forgotten_and_a_connection_is_not(monkeypatch):
    monkeypatch.setattr(subscribers, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr(subscribers, "LOOK_SECONDS", 0.02)

    async def scene(desk, reached):
        gone, there, line = Peer(("10.0.0.1", 1)), Peer(("10.0.0.2", 1)), Peer("a connection")
        for one in (gone, there):
            desk.hear("/subscribe", (9001,), one)
        desk.hear("/subscribe", (), line)
        for _ in range(20):
            await asyncio.sleep(0.02)
            desk.hear("/tap", (0,), there)
        assert reached["10.0.0.1", 9001].heard[-1] == "closed"
        assert reached["10.0.0.2", 9001].heard[-1] != "closed"
        assert desk.figures()["subscribers"] == 2

    at_a_desk(scene)


SAID = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.binary(max_size=9),
    st.text(max_size=80),
    st.sampled_from(
        ["Cm7", "N.C.", "start", "continue", "stop", "C | F", "|: Dm7 :|", "trade", "7/8", "F#m"]
    ),
    st.sampled_from(
        ["A" * 5000, "127.0.0.1", "../x", "blues", "verse", "/swing", 0.5, 1, 64, 9001]
    ),
)
ADDRESSES = [
    it.of(voice) for it in controls.CONTROLS for voice in ("lead", "bass", "no\x1bbody", "")
]


@given(
    st.lists(
        st.tuples(st.sampled_from([*ADDRESSES, "", "/", "/voice//x"]), st.lists(SAID, max_size=3)),
        max_size=12,
    )
)
def test_whatever_is_said_is_carried_out_or_answered_and_the_music_goes_on(said):
    async def scene(desk, _):
        somebody = Peer(("10.0.0.1", 50000))
        for address, values in said:
            desk.hear(address, tuple(values), somebody)
        assert not desk._stage.conductor.failed.done()
        assert desk.figures()["received"] == len(said)

    at_a_desk(scene)
