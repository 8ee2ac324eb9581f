"""What is said at the dispatcher: carried out, answered, counted, and logged once."""

import asyncio
import logging
import re

import pytest
from dispatchers import Client, with_dispatcher
from hypothesis import given
from hypothesis import strategies as st

from perform.control import published, registry
from perform.events import Beat, ChordChanged, ChordReleased, NoteMessage, PhraseMissed
from perform.music.chord import parse_chord


def test_what_is_not_there_is_answered_and_counted():
    async def scene(dispatcher, _):
        dispatcher.handle_message("/snapshot/store", ("chorus",), Client("somebody"))
        for address, values, why in (
            ("/snapshot/recall", ("verse",), "no snapshot 'verse'; there are: chorus"),
            ("/snapshot/store", ("a, b",), "takes one name without a comma, not 'a, b'"),
            ("/voice/tuba/swing", (0.5,), "no voice 'tuba'; there are: lead, bass"),
            ("/voice/tuba/more", (), "no voice 'tuba'; there are: lead, bass"),
        ):
            peer = Client(address)
            dispatcher.handle_message(address, values, peer)
            assert peer.of("/error") == [(address, why)]
        assert dispatcher.stats()["refused"] == 4

    with_dispatcher(scene)


def test_a_snapshot_that_is_recalled_moves_every_fader_back():
    async def scene(dispatcher, _):
        fader = Client("a surface")
        for address, value in (("/swing", 0.25), ("/voice/bass/swing", 0.75), ("/accent", 0.1)):
            dispatcher.handle_message(address, (value,), fader)
        dispatcher.handle_message("/snapshot/store", ("verse",), fader)
        before = dict(dispatcher._performance.state.values)
        for address in ("/swing", "/accent"):
            dispatcher.handle_message(address, (1.0,), fader)
        assert dispatcher._performance.state.values != before
        dispatcher.handle_message("/snapshot/recall", ("verse",), fader)
        assert dispatcher._performance.state.values == before

    with_dispatcher(scene)


def test_an_all_voices_value_stands_where_the_first_voice_does():
    async def scene(dispatcher, reached):
        hand, line = Client(("10.0.0.1", 50000)), Client("a connection")
        dispatcher.handle_message("/subscribe", (), line)
        await asyncio.sleep(0.05)
        for address, values in (
            ("/swing", (0.5,)),
            ("/snapshot/store", ("a",)),
            ("/voice/lead/swing", (0.8,)),
            ("/voice/bass/swing", (0.1,)),
            ("/voice/lead/mode", ("hold",)),
        ):
            dispatcher.handle_message(address, values, hand)
            await asyncio.sleep(0.05)
        assert line.of("/state/swing") == [(0.0,), (0.5,), (0.8,)]
        assert line.of("/state/voice/bass/swing") == [(0.0,), (0.5,), (0.1,)]
        assert line.of("/state/mode")[-1] == ("hold",)
        dispatcher.handle_message("/snapshot/recall", ("a",), hand)
        await asyncio.sleep(0.05)
        for address in ("/state/swing", "/state/voice/lead/swing", "/state/voice/bass/swing"):
            assert line.of(address)[-1] == (0.5,)

    with_dispatcher(scene)


def test_the_bars_of_a_turn_are_set_with_the_mode_or_alone_and_told_to_whoever_joins():
    async def scene(dispatcher, _):
        hand, late = Client(("10.0.0.1", 50000)), Client("a connection")
        dispatcher.handle_message("/mode", ("trade", 8), hand)
        dispatcher.handle_message("/voice/bass/mode/bars", (2.2,), hand)
        dispatcher.handle_message("/voice/bass/mode", ("answer",), hand)  # as many bars as before
        dispatcher.handle_message("/mode/bars", (0,), hand)
        assert hand.of("/error") == [("/mode/bars", "takes 1 to 64 bars")]
        dispatcher.handle_message("/subscribe", (), late)
        await asyncio.sleep(0.05)
        assert late.of("/state/mode/bars") == late.of("/state/voice/lead/mode/bars") == [(8,)]
        assert late.of("/state/voice/bass/mode/bars") == [(2,)]
        assert late.of("/state/voice/bass/mode") == [("answer",)]

    with_dispatcher(scene)


def test_nonsense_is_answered_counted_and_logged_once(caplog):
    async def scene(dispatcher, _):
        stranger = Client(("10.0.0.3", 1))
        with caplog.at_level(logging.WARNING):
            for number in range(1000):
                dispatcher.handle_message("/nonsense", (number,), stranger)
            await asyncio.sleep(0.05)
        assert dispatcher.stats()["refused"] == 1000
        assert dispatcher.stats()["received"] == 1000
        assert (
            stranger.of("/error") == [("/nonsense", "no such address")] * 2
        )  # the first, the last
        assert [it.message.split(" (")[0] for it in caplog.records] == [
            "/nonsense: no such address"
        ]

    with_dispatcher(scene)


def test_what_strangers_write_cannot_speak_to_the_terminal(caplog):
    async def scene(dispatcher, _):
        stranger = Client(("10.0.0.3", 1))
        with caplog.at_level(logging.WARNING):
            dispatcher.handle_message("/\x1b]0;mine\x07\n", (), stranger)
            dispatcher.reject("", "x" * 70000, stranger)
            dispatcher.log_rejection("\x9b31m\u2028\ud800é")
        assert [it.message.split(" (")[0] for it in caplog.records] == [
            r"/\x1b]0;mine\x07\n: no such address",
            "x" * 197 + "...",
            r"\x9b31m\u2028\ud800\xe9",
        ]
        assert stranger.of("/error")[0][0] == r"/\x1b]0;mine\x07\n"

    with_dispatcher(scene)


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
    async def scene(dispatcher, _):
        peer = Client("a connection")
        dispatcher.handle_message(address, values, peer)
        assert why in peer.of("/error")[0][1]

    with_dispatcher(scene)


def test_a_button_acts_when_it_goes_down_and_not_when_it_comes_up():
    async def scene(dispatcher, _):
        peer = Client("a phone")
        dispatcher.handle_message("/subscribe", (), peer)
        dispatcher.handle_message("/tap", (0.0,), peer)
        dispatcher.handle_message("/panic", (1.0,), peer)
        dispatcher.handle_message("/stats", (), peer)
        assert not peer.of("/error")
        assert peer.of("/stats/done") == [(1,)]
        assert peer.of("/stats/refused") == [(0,)]

    with_dispatcher(scene)


def test_all_that_is_told_is_in_the_table_by_the_types_that_are_sent():
    says = {row.address: row.says for row in published.FEEDBACK}
    seen = set()

    class Checked(Client):
        def send_message(self, address, *values):
            row = re.sub(r"^/state/voice/[^/]+", f"/state{registry.ONE_VOICE}", address)
            row = re.sub(r"^/stats/under/[\d.]+$", f"/stats/under/{published.MS}", row)
            seen.add(row)
            assert says[row] == "".join(type(value).__name__[0] for value in values), address

    async def scene(dispatcher, _):
        ours = Checked("a surface")
        dispatcher.handle_message("/subscribe", (), ours)
        for address, control in registry.addresses(["lead", "bass"]):
            if control.kind in ("number", "switch"):
                dispatcher.handle_message(address, (int(control.high),), Client("a fader"))
        dispatcher._performance.conductor.lateness.add(0.001)
        for output in (
            NoteMessage(0, "lead", 60, 90),
            Beat(0, 0, 0),
            PhraseMissed(0, "lead", 0, "canned"),
        ):
            for sink in dispatcher._performance.conductor._listeners:
                sink.send(output)
        dispatcher.handle_message("/chord", ("C7",), ours)
        dispatcher.handle_message("/nonsense", (), ours)
        dispatcher.handle_message("/stats", (), ours)
        await asyncio.sleep(0.05)
        assert seen == set(says)

    with_dispatcher(scene)


def test_a_pad_that_is_let_go_ends_its_own_chord_and_none_of_keys():
    async def scene(dispatcher, _):
        pad, keys = Client("a surface"), dispatcher._performance.conductor
        chord = lambda: dispatcher._performance.state.values["/chord"]  # noqa: E731
        dispatcher.handle_message("/chord", ("C7",), pad)
        dispatcher.handle_message("/chord/release", (), pad)
        assert chord() == "N.C."
        dispatcher.handle_message("/chord", ("C7",), pad)
        keys.handle_event(ChordChanged(parse_chord("F7")))
        dispatcher.handle_message("/chord/release", (), pad)
        dispatcher.handle_message("/chord/release", (), pad)
        keys.handle_event(ChordReleased())
        assert chord() == "F7"  # whose release the rig has: keep

    with_dispatcher(scene)


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
    it.address_of(voice) for it in registry.CONTROLS for voice in ("lead", "bass", "no\x1bbody", "")
]


@given(
    st.lists(
        st.tuples(st.sampled_from([*ADDRESSES, "", "/", "/voice//x"]), st.lists(SAID, max_size=3)),
        max_size=12,
    )
)
def test_whatever_is_said_is_carried_out_or_answered_and_the_music_goes_on(said):
    async def scene(dispatcher, _):
        somebody = Client(("10.0.0.1", 50000))
        for address, values in said:
            dispatcher.handle_message(address, tuple(values), somebody)
        assert not dispatcher._performance.conductor.failed.done()
        assert dispatcher.stats()["received"] == len(said)

    with_dispatcher(scene)
