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


def test_the_song_is_there_again_as_far_as_the_set_is_the_same(tmp_path, caplog):
    path = tmp_path / "s"
    before = played(path, SECOND)
    assert (before["/song/place"], before["/tempo"], before["/metre"]) == ("2/3", 160, "3/4")
    assert {*read(path).values} == {"/tempo", "/voice/lead/swing"}
    state = path.read_bytes()
    assert played(path) == before
    mended = played(path, tempo=140)  # what was changed in the file holds
    assert mended == before | {"/tempo": 140}
    path.write_bytes(state)
    with caplog.at_level(logging.WARNING):
        after = played(path, text=SET.replace("Second", "Another"))
    assert after["/song"] == "First"
    told = [it.getMessage() for it in caplog.records]
    assert any("no song 'Second'" in line and "begins with its first song" in line for line in told)


def test_from_the_rig_the_set_begins_with_its_first_song(tmp_path):
    played(tmp_path / "s", SECOND)
    after = played(tmp_path / "s", from_rig=True)
    assert (after["/song"], after["/tempo"], after["/metre"]) == ("First", 96, "4/4")
