"""The song of a set is there again after a restart, with what was changed since it began."""

import asyncio
import logging

from perform.config.load import parse_rig
from perform.config.set_file import parse_set
from perform.control import registry
from perform.daemon import app
from perform.daemon.saved_state import SavedState, read

RIG = """
[[voices]]
name = "lead"
[[voices]]
name = "bass"
role = "bass"
[clock]
tempo = 100
[inputs.osc]
listen = "127.0.0.1:0"
[outputs.o]
kind = "osc"
to = "127.0.0.1:9"
"""
SET = """
[[songs]]
name = "First"
tempo = 96
[[songs]]
name = "Second"
chart = "C7 | F7"
tempo = {tempo}
metre = "3/4"
voices.lead.program = 33
[[songs]]
name = "Third"
"""


def played(path, messages=(), tempo=150, *, text=SET, from_rig=False):
    """The values after a performance that got messages; its state is saved at `path`."""
    rig = parse_rig(RIG)
    song_set = parse_set(text.replace("{tempo}", str(tempo)), path, ["lead", "bass"])
    state = SavedState() if from_rig else read(path)

    async def play():
        daemon = app.Daemon(rig, saved=(path, state), song_set=song_set)
        async with daemon as performance:
            for address, *values in messages:
                performance.events.handle_event(registry.parse(address, tuple(values)))
            assert not performance.live.engine.running
            return dict(performance.live.state.values)

    return asyncio.run(play())


SECOND = (("/song", "Second"), ("/tempo", 160.0), ("/voice/lead/swing", 0.5))


def test_the_song_is_there_again_with_what_was_changed_in_it(tmp_path):
    before = played(tmp_path / "s", SECOND)
    assert before["/song/place"] == "2/3"
    assert {*read(tmp_path / "s").values} == {"/tempo", "/voice/lead/swing"}
    assert played(tmp_path / "s") == before
    assert (before["/tempo"], before["/metre"]) == (160, "3/4")


def test_what_is_mended_in_the_set_holds(tmp_path):
    played(tmp_path / "s", SECOND)
    after = played(tmp_path / "s", tempo=140)
    assert (after["/song"], after["/tempo"], after["/voice/lead/swing"]) == ("Second", 140, 0.5)


def test_from_the_rig_the_set_begins_with_its_first_song(tmp_path):
    played(tmp_path / "s", SECOND)
    after = played(tmp_path / "s", from_rig=True)
    assert (after["/song"], after["/tempo"], after["/metre"]) == ("First", 96, "4/4")


def test_a_song_that_is_gone_is_named_and_the_first_is_cued(tmp_path, caplog):
    played(tmp_path / "s", SECOND)
    with caplog.at_level(logging.WARNING):
        after = played(tmp_path / "s", text=SET.replace("Second", "Another"))
    assert after["/song"] == "First"
    told = [it.getMessage() for it in caplog.records]
    assert any("no song 'Second'" in line and "begins with its first song" in line for line in told)
