"""The dispatcher applies messages, replies to those it rejects, counts them and logs them once."""

import asyncio
import logging
import re

import pytest
from dispatchers import TWO_VOICES, FakeClient, with_clients
from hypothesis import given
from hypothesis import strategies as st

from perform.control import published, registry
from perform.events import Beat, ChordChanged, ChordReleased, NoteMessage, PhraseMissed
from perform.music.chord import parse_chord


def test_unknown_names_get_a_reply_and_are_counted():
    async def scene(clients):
        clients.send(FakeClient("one"), "/snapshot/store", "chorus")
        for address, values, reason in (
            ("/snapshot/recall", ["verse"], "no snapshot 'verse'; there are: chorus"),
            ("/snapshot/store", ["a, b"], "takes one name without a comma, not 'a, b'"),
            ("/voice/tuba/swing", [0.5], "no voice 'tuba'; there are: lead, bass"),
            ("/voice/tuba/more", [], "no voice 'tuba'; there are: lead, bass"),
        ):
            client = FakeClient(address)
            clients.send(client, address, *values)
            assert client.at("/error") == [(address, reason)]
        assert clients.dispatcher.stats()["refused"] == 4

    with_clients(scene)


def test_a_recalled_snapshot_restores_every_value():
    async def scene(clients):
        surface = FakeClient("a surface")
        for address, value in (("/swing", 0.25), ("/voice/bass/swing", 0.75), ("/accent", 0.1)):
            clients.send(surface, address, value)
        clients.send(surface, "/voice/bass/feel", "funk")
        clients.send(surface, "/snapshot/store", "verse")
        before = dict(clients.state.values)
        assert before["/feel"] == "auto"
        assert before["/voice/bass/feel"] == "funk"
        clients.send(surface, "/feel", "swing")
        for address in ("/swing", "/accent"):
            clients.send(surface, address, 1.0)
        assert clients.state.values != before
        clients.send(surface, "/snapshot/recall", "verse")
        assert clients.state.values == before

    with_clients(scene)


def test_the_value_of_all_voices_is_that_of_the_first_voice():
    async def scene(clients):
        surface, listener = FakeClient(("10.0.0.1", 50000)), FakeClient("a connection")
        clients.send(listener, "/subscribe")
        await asyncio.sleep(0.05)
        for address, value in (
            ("/swing", 0.5),
            ("/snapshot/store", "a"),
            ("/voice/lead/swing", 0.8),
            ("/voice/bass/swing", 0.1),
            ("/voice/lead/mode", "hold"),
        ):
            clients.send(surface, address, value)
            await asyncio.sleep(0.05)
        assert listener.at("/state/swing") == [(0.0,), (0.5,), (0.8,)]
        assert listener.at("/state/voice/bass/swing") == [(0.0,), (0.5,), (0.1,)]
        assert listener.at("/state/mode")[-1] == ("hold",)
        clients.send(surface, "/snapshot/recall", "a")
        await asyncio.sleep(0.05)
        for address in ("/state/swing", "/state/voice/lead/swing", "/state/voice/bass/swing"):
            assert listener.at(address)[-1] == (0.5,)

    with_clients(scene)


def test_the_turn_length_is_set_with_the_mode_or_alone():
    async def scene(clients):
        surface, late = FakeClient(("10.0.0.1", 50000)), FakeClient("a connection")
        clients.send(surface, "/mode", "trade", 8)
        clients.send(surface, "/voice/bass/mode/bars", 2.2)
        clients.send(surface, "/voice/bass/mode", "answer")  # as many bars as before
        clients.send(surface, "/mode/bars", 0)
        assert surface.at("/error") == [("/mode/bars", "takes 1 to 64 bars")]
        clients.send(late, "/subscribe")
        await asyncio.sleep(0.05)
        assert late.at("/state/mode/bars") == late.at("/state/voice/lead/mode/bars") == [(8,)]
        assert late.at("/state/voice/bass/mode/bars") == [(2,)]
        assert late.at("/state/voice/bass/mode") == [("answer",)]

    with_clients(scene)


def test_a_feel_is_one_of_a_few_words():
    async def scene(clients):
        surface = FakeClient(("10.0.0.1", 50000))
        clients.send(surface, "/voice/lead/feel", "waltz")
        words = "auto, swing, shuffle, gospel, funk, straight, latin, ballad"
        assert surface.at("/error") == [("/voice/lead/feel", f"takes one of {words}")]

    with_clients(scene)


def test_a_flood_without_meaning_is_counted_and_logged_once(caplog):
    async def scene(clients):
        client = FakeClient(("10.0.0.3", 1))
        with caplog.at_level(logging.WARNING):
            for number in range(1000):
                clients.send(client, "/nonsense", number)
            await asyncio.sleep(0.05)
        stats = clients.dispatcher.stats()
        assert (stats["refused"], stats["received"]) == (1000, 1000)
        # the first and the last
        assert client.at("/error") == [("/nonsense", "no such address")] * 2
        logged = [record.message.split(" (")[0] for record in caplog.records]
        assert logged == ["/nonsense: no such address"]

    with_clients(scene)


def test_control_characters_reach_neither_the_log_nor_a_client(caplog):
    async def scene(clients):
        client = FakeClient(("10.0.0.3", 1))
        with caplog.at_level(logging.WARNING):
            clients.send(client, "/\x1b]0;mine\x07\n")
            clients.dispatcher.reject("", "x" * 70000, client)
            clients.dispatcher.log_rejection("\x9b31m\u2028\ud800é")
        assert [record.message.split(" (")[0] for record in caplog.records] == [
            r"/\x1b]0;mine\x07\n: no such address",
            "x" * 197 + "...",
            r"\x9b31m\u2028\ud800\xe9",
        ]
        assert client.at("/error")[0][0] == r"/\x1b]0;mine\x07\n"

    with_clients(scene)


@pytest.mark.parametrize(
    ("address", "values", "reason"),
    [
        ("/subscribe", (70000,), "takes nothing, a port"),
        ("/subscribe", (9001,), "a port needs a host here"),
        ("/subscribe", ("studio.local", 9001), "as an address, like 192.168.1.20"),
        ("/learn", ("/swing",), "no controller to learn from"),
        ("/voice/unknown/mute", (1,), "there are: lead, bass"),
        ("/model", ("../x",), "not a path"),
        ("/model", ("bluse",), "did you mean 'blues'"),
        ("/other", ("x" * 5000,), "the name of a bundle"),
    ],
)
def test_a_rejected_message_gets_its_reason_as_one_line(address, values, reason):
    async def scene(clients):
        client = FakeClient("a connection")
        clients.send(client, address, *values)
        assert reason in client.at("/error")[0][1]

    with_clients(scene)


def test_a_button_acts_when_pressed_and_not_when_released():
    async def scene(clients):
        phone = FakeClient("a phone")
        clients.send(phone, "/subscribe")
        clients.send(phone, "/tap", 0.0)
        clients.send(phone, "/panic", 1.0)
        clients.send(phone, "/stats")
        assert not phone.at("/error")
        assert phone.at("/stats/done") == [(1,)]
        assert phone.at("/stats/refused") == [(0,)]

    with_clients(scene)


def test_learn_checks_the_voice_and_reaches_the_mapping():
    async def scene(clients):
        client = FakeClient("a connection")
        clients.mapping.has_controller = True
        clients.send(client, "/learn", "/voice/tuba/swing")
        assert client.at("/error") == [("/learn", "no voice 'tuba'; there are: lead, bass")]
        clients.send(client, "/learn", "/voice/bass/swing")
        clients.mapping.handle([0xB0, 7, 127])
        assert clients.mapping.addresses == {"7": "/voice/bass/swing"}

    with_clients(scene)


def test_every_published_message_is_in_the_table_with_its_types():
    types = {row.address: row.types for row in published.FEEDBACK}
    seen = set()

    class CheckingClient(FakeClient):
        def send_message(self, address, *values):
            row = re.sub(r"^/state/voice/[^/]+", f"/state{registry.ONE_VOICE}", address)
            row = re.sub(r"^/stats/under/[\d.]+$", f"/stats/under/{published.MS}", row)
            seen.add(row)
            assert types[row] == "".join(type(value).__name__[0] for value in values), address

    async def scene(clients):
        client = CheckingClient("a surface")
        clients.send(client, "/subscribe")
        for address, control in registry.addresses(["lead", "bass"]):
            if control.kind in ("number", "switch"):
                clients.send(FakeClient("a fader"), address, int(control.high))
        clients.live.conductor.lateness.add(0.001)
        for event in (
            NoteMessage(0, "lead", 60, 90),
            Beat(0, 0, 0),
            PhraseMissed(0, "lead", 0, "canned"),
        ):
            for listener in clients.live.conductor._listeners:
                listener.send(event)
        clients.send(client, "/chord", "C7")
        clients.send(client, "/nonsense")
        clients.send(client, "/stats")
        await asyncio.sleep(0.05)
        assert seen == set(types)

    with_clients(scene)


def test_a_released_pad_ends_its_own_chord_and_not_that_of_a_keyboard():
    async def scene(clients):
        pad, conductor = FakeClient("a surface"), clients.live.conductor
        clients.send(pad, "/chord", "C7")
        clients.send(pad, "/chord/release")
        assert clients.state.values["/chord"] == "N.C."
        clients.send(pad, "/chord", "C7")
        conductor.handle_event(ChordChanged(parse_chord("F7")))  # from a keyboard
        clients.send(pad, "/chord/release")
        clients.send(pad, "/chord/release")
        conductor.handle_event(ChordReleased())
        assert clients.state.values["/chord"] == "F7"  # the rig keeps the chord of released keys

    with_clients(scene)


VALUES = st.one_of(
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
    it.address_of(voice) for it in registry.CONTROLS for voice in ("lead", "bass", "no\x1bbody", "")
]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*ADDRESSES, "", "/", "/voice//x"]), st.lists(VALUES, max_size=3)
        ),
        max_size=12,
    )
)
def test_any_message_is_applied_or_rejected_and_the_music_goes_on(messages):
    async def scene(clients):
        client = FakeClient(("10.0.0.1", 50000))
        for address, values in messages:
            clients.send(client, address, *values)
        assert not clients.live.conductor.failed.done()
        assert clients.dispatcher.stats()["received"] == len(messages)

    with_clients(scene)


def test_a_pattern_reaches_what_it_matches_and_no_request():
    async def scene(clients):
        client = FakeClient(("127.0.0.1", 9))
        clients.send(client, "/voice/*/mute", 1)
        values = clients.state.values
        assert [values[f"/voice/{it.name}/mute"] for it in TWO_VOICES] == [1, 1]
        clients.send(client, f"/voice/{{{TWO_VOICES[0].name},unknown}}/mute", 0)
        assert [values[f"/voice/{it.name}/mute"] for it in TWO_VOICES] == [0, 1]
        clients.send(client, "/subscrib?", 9)
        assert not len(clients.subscriptions)
        assert clients.dispatcher.stats()["refused"] == 1
        clients.send(client, "/voice/lead/{mode,mute,swing}", 1)  # 1 is no mode
        assert (values["/voice/lead/mute"], values["/voice/lead/swing"]) == (1, 1)
        await asyncio.sleep(1)  # replies have a rate
        assert client.at("/error")[-1][0] == "/voice/lead/mode"
        assert clients.dispatcher.stats()["refused"] == 2

    with_clients(scene)
