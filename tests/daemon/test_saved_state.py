"""The saved state: what is there again after a restart, and what is not."""

import asyncio
import logging
import os

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.config.load import parse_rig
from perform.control import registry
from perform.control.midi_mapping import Mapped, MidiMapping
from perform.daemon import app, saved_state
from perform.daemon.saved_state import SavedState, SavedValue, StateKeeper, read, state_path

RIG = """
[[voices]]
name = "lead"
[[voices]]
name = "bass"
role = "bass"
[clock]
tempo = {tempo}
[inputs.osc]
listen = "127.0.0.1:0"
[outputs.o]
kind = "osc"
to = "127.0.0.1:9"
"""
MESSAGES = (
    ("/tempo", 132.0), ("/metre", "3/4"), ("/key", "F"), ("/chart", "Ebmaj7 | F7"),
    ("/voice/lead/mode", "trade"), ("/voice/lead/mode/bars", 2), ("/voice/bass/mute", 1),
    ("/voice/lead/swing", 0.25), ("/voice/bass/model", "blues-bars"), ("/chord", "Ebmaj7"),
)  # fmt: skip


def played(path, then, messages=(), tempo=100, state=None):
    """What `then` gives of a performance that got messages; its state is saved at `path`."""
    rig = parse_rig(RIG.format(tempo=tempo))
    state = read(path) if state is None else state

    async def play():
        async with app.Daemon(rig, saved=(path, state)) as performance:
            for address, *values in messages:
                performance.events.handle_event(registry.parse(address, tuple(values)))
            return then(performance)

    return asyncio.run(play())


def values(performance):
    return dict(performance.live.state.values)


def lasting(values):
    """The values without those of the bar that plays: a slow machine may have begun one."""
    return {
        address: value
        for address, value in values.items()
        if "/turn" not in address and address not in {"/chart/bar", "/chords/expected"}
    }


def test_values_are_there_again_and_the_music_waits(tmp_path):
    path = tmp_path / "sideman" / "state.json"
    before = played(path, values, MESSAGES)
    after, running = played(path, lambda it: (values(it), it.live.engine.running))
    assert {address: after[address] for address, *_ in MESSAGES} == {
        address: value for address, value, *_ in MESSAGES
    }
    assert lasting(after) == lasting(before) | {"/transport": "stop"}
    assert not running


def test_the_first_chord_starts_the_music_as_before(tmp_path):
    played(tmp_path / "s", values, MESSAGES)
    started = played(tmp_path / "s", lambda it: it.live.engine.running, [("/chord", "C7")])
    assert started


def test_a_value_that_the_rig_changes_is_the_rigs(tmp_path):
    played(tmp_path / "s", values, MESSAGES)
    after = played(tmp_path / "s", values, tempo=90)
    assert after["/tempo"] == 90
    assert after["/metre"] == "3/4"


def test_what_is_as_the_rig_says_is_not_saved(tmp_path):
    played(tmp_path / "s", values)
    assert not (tmp_path / "s").exists()
    played(tmp_path / "s", values, [("/tempo", 132.0), ("/tempo", 100.0), ("/key", "F")])
    assert [*read(tmp_path / "s").values] == ["/key"]


def test_snapshots_are_there_again(tmp_path):
    stored = [("/voice/lead/swing", 0.25), ("/snapshot/store", "a"), ("/voice/lead/swing", 0.75)]
    played(tmp_path / "s", values, stored)
    after = played(tmp_path / "s", values, [("/snapshot/recall", "a")])
    assert (after["/voice/lead/swing"], after["/snapshot"]) == (0.25, "a")


def test_what_no_longer_fits_is_named_once_and_the_rest_holds(tmp_path, caplog):
    state = SavedState(
        values={
            "/voice/gone/swing": SavedValue(0.5, 0.0),
            "/voice/lead/model": SavedValue("gone", "sideman"),
            "/voice/lead/swing": SavedValue(0.25, 1.0),
            "/no/such": SavedValue(1, 0),
        },
        snapshots={"a": {"gone": ({}, "auto"), "lead": ({"swing": 0.5, "old": 3.0}, "auto")}},
        controllers={"21": Mapped("/voice/lead/swing"), "22": Mapped("/no/such")},
    )
    (tmp_path / "s").write_bytes(msgspec.json.encode(state))
    (line,) = [it for it in _warnings(caplog, tmp_path / "s") if "no longer fits" in it]
    for part in ("/voice/gone/swing (", "/voice/lead/model (", "/no/such (", "controller 22 ("):
        assert part in line


def _warnings(caplog, path):
    with caplog.at_level(logging.WARNING):
        after = played(path, values, [("/snapshot/recall", "a")])
    assert after["/voice/lead/swing"] == 0.5
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "truncated"), (b"[1]", "object"), (b'{"version": 7}', "version"), (b"\xff", "")],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named(content, reason, tmp_path, caplog):
    path = tmp_path / "s"
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert read(path) == SavedState()
    (line,) = [it.getMessage() for it in caplog.records]
    assert line.startswith(str(path))
    assert "everything begins as the rig says" in line
    assert reason in line


def test_a_file_that_cannot_be_read_is_replaced(tmp_path):
    (tmp_path / "s").write_text("[")
    played(tmp_path / "s", values, [("/key", "F")])
    assert [*read(tmp_path / "s").values] == ["/key"]


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_no_file_raises_an_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzzed.json"
    path.write_bytes(content)
    assert isinstance(read(path), SavedState)


def written_while_it_plays(path, monkeypatch, times):
    """Play with a changed key until the state was written, or tried to be, so many times."""
    monkeypatch.setattr(saved_state, "WRITE_SECONDS", 0.01)
    write = StateKeeper._write

    async def play():
        loop, tried = asyncio.get_running_loop(), asyncio.Semaphore(0)

        def write_and_tell(*arguments):
            write(*arguments)
            loop.call_soon_threadsafe(tried.release)

        monkeypatch.setattr(StateKeeper, "_write", write_and_tell)
        rig = parse_rig(RIG.format(tempo=100))
        async with app.Daemon(rig, saved=(path, SavedState())) as performance:
            performance.events.handle_event(registry.parse("/key", ("F",)))
            async with asyncio.timeout(20):
                for _ in range(times):
                    await tried.acquire()
            return read(path)

    return asyncio.run(play())


def test_changes_are_written_while_the_music_plays(tmp_path, monkeypatch):
    state = written_while_it_plays(tmp_path / "s", monkeypatch, 1)
    assert state.values["/key"].value == "F"


def test_a_folder_that_takes_nothing_is_named_once(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("no folder")
    with caplog.at_level(logging.WARNING):
        written_while_it_plays(tmp_path / "file" / "s", monkeypatch, 3)
    assert sum("the state is not kept" in it.getMessage() for it in caplog.records) == 1


def test_a_controller_that_was_learnt_is_mapped_again():
    mapping = MidiMapping({"7": "/weight/steps"})
    mapping.has_controller = True
    mapping.learn("/swing", "jump")
    mapping.handle([0xB0, 21, 100])
    assert mapping.learnt == {"21": Mapped("/swing", "jump")}
    state = msgspec.json.decode(
        msgspec.json.encode(SavedState(controllers=mapping.learnt)), type=SavedState
    )
    again = MidiMapping({"7": "/weight/steps"})
    again.assign(*next(iter(state.controllers.items())))
    assert again.addresses == {"7": "/weight/steps", "21": "/swing"}


def test_each_rig_has_a_file_of_its_own(tmp_path):
    names = {state_path(each) for each in (None, tmp_path / "a.toml", tmp_path / "b" / "a.toml")}
    assert len(names) == 3
    assert all(os.environ["XDG_STATE_HOME"] in str(name) for name in names)
