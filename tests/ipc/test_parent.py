"""A window's process for real: what it is told first, what is heard from it, and that it is started again."""

import asyncio
import logging
import os
import textwrap
import threading

import pytest
from handlers import RecordingHandler

from perform.config.load import parse_rig
from perform.daemon import app
from perform.events import Beat, NoteMessage, PlayerNoteOn, StateChanged
from perform.ipc import parent as module
from perform.ipc.parent import ChildProcess
from perform.net import time_slice
from perform.recording import session

GREETING = {"voices": ["lead"]}
VALUES = {"/tempo": 120.0, "/key": "auto"}
CHILD = """
import asyncio, sys, time
from perform.ipc.child import connect

async def main():
    link = await connect(int(sys.argv[1]))
    link.ready()
    async for moment, address, values in link.messages():
        link.say(7, "/heard", moment, address, *values)
        if address == "/state/flood":
            for number in range(2000):
                link.say(7, "/number", number, "x" * 500)
        if address == "/state/doze":
            time.sleep(0.3)
        if address == "/state/die":
            await asyncio.sleep(0.05)
            sys.exit(1)

asyncio.run(main())
"""


class ChildHandler(RecordingHandler):
    """Records the messages of the child process, as JSON gives them."""

    @property
    def heard(self):
        return [(address, list(values)) for address, values, _ in self.messages]

    def told(self, address):
        return [values for name, values in self.heard if name == "/heard" and values[1] == address]


def run(monkeypatch, tmp_path, play):
    (tmp_path / "some_window.py").write_text(textwrap.dedent(CHILD))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(module, "RESTART_SECONDS", 0.02)
    monkeypatch.setattr(module, "STATS_SECONDS", 0.1)
    table = ChildHandler({"notes": 1.0})

    async def main():
        values = dict(VALUES)
        async with ChildProcess(
            "some_window", table, GREETING, values, lambda tick: 1000.0 + tick
        ) as one:
            one.values = values
            await asyncio.wait_for(one.ready.wait(), 20)
            await play(one, table)

    asyncio.run(main())
    return table


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - a real process is waited for
            await asyncio.sleep(0.005)


def test_it_is_greeted_told_where_all_stands_and_then_what_happens(monkeypatch, tmp_path):
    async def play(window, table):
        window.send(NoteMessage(5, "lead", 60, 90))
        window.send(Beat(6, 0, 1))
        window.send(StateChanged("/tempo", 140.0))
        await until(lambda: table.told("/state/tempo")[1:] and table.told("/stats"))

    table = run(monkeypatch, tmp_path, play)
    assert [values[1:] for _, values in table.heard[:3]] == [
        ["/hello", GREETING], ["/state/tempo", 120.0], ["/state/key", "auto"],
    ]  # fmt: skip
    assert table.told("/note") == [[1005.0, "/note", "lead", 60, 90]]
    assert table.told("/beat") == [[1006.0, "/beat", 0, 1]]


def test_what_comes_back_is_heard_in_its_order_however_much_it_is(monkeypatch, tmp_path):
    async def play(window, table):
        window.send(StateChanged("/flood", 1))
        await until(lambda: sum(address == "/number" for address, _ in table.heard) == 2000)

    table = run(monkeypatch, tmp_path, play)
    numbers = [values[0] for address, values in table.heard if address == "/number"]
    assert numbers == list(range(2000))


def test_a_flood_is_read_no_faster_than_it_is_heard(monkeypatch, tmp_path):
    monkeypatch.setattr(time_slice, "SLICE_SECONDS", 0.0)
    waiting = []

    async def play(window, table):
        window.send(StateChanged("/flood", 1))
        while not any(values[:1] == [1999] for _, values in table.heard[-2:]):
            waiting.append(len(window._turns))
            await asyncio.sleep(0)

    run(monkeypatch, tmp_path, play)
    assert max(waiting) == 1


def test_one_that_did_not_read_is_told_anew_where_all_stands(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "MOST_UNREAD", 10_000)

    async def play(window, table):
        window.send(StateChanged("/doze", 1))
        await asyncio.sleep(0.05)
        for _ in range(3000):
            window.say(0.0, "/padding", "x" * 1000)
        window.values["/key"] = "Bb"
        window.send(StateChanged("/key", "Bb"))  # which nobody hears
        await until(lambda: len(table.told("/state/key")) > 1)

    table = run(monkeypatch, tmp_path, play)
    assert [values[2] for values in table.told("/state/key")] == ["auto", "Bb"]
    assert len(table.told("/padding")) < 3000


def test_when_it_dies_it_is_started_again_and_greeted_anew(monkeypatch, tmp_path, caplog):
    async def play(window, table):
        window.send(StateChanged("/die", 1))
        await until(lambda: len(table.told("/state/key")) == 2)

    table = run(monkeypatch, tmp_path, play)
    assert len(table.told("/hello")) == 2
    assert "opening it again" in caplog.text


@pytest.mark.parametrize("elsewhere", [False, True])
def test_it_is_told_the_log_from_whichever_thread(monkeypatch, tmp_path, elsewhere):
    async def play(_, table):
        def say():
            logging.getLogger("perform.test").warning("a cable is loose")

        if elsewhere:
            thread = threading.Thread(target=say)
            thread.start()
            thread.join()
        else:
            say()
        await until(lambda: table.told("/log"))

    table = run(monkeypatch, tmp_path, play)
    assert table.told("/log")[0][2:] == ["warning", "a cable is loose"]


def test_the_terminal_is_given_back_before_a_long_recording_is_written(monkeypatch, tmp_path):
    """So that the line which says what takes so long is seen."""
    (tmp_path / "silent_window.py").write_text(
        "import socket, sys\nit = socket.socket(fileno=int(sys.argv[1]))\nwhile it.recv(9999): pass\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    rig = parse_rig(
        "[inputs.osc]\nlisten='127.0.0.1:0'\n[outputs.o]\nkind='osc'\nto='127.0.0.1:9'\n"
        f"[record]\nfolder='{tmp_path}'"
    )
    root, printed = logging.getLogger(), []
    first, *_ = root.handlers
    monkeypatch.setattr(
        session, "write_midi_file", lambda *_: printed.append(first in root.handlers)
    )

    async def play():
        async with app.stage(rig, windows=["silent_window"]) as running:
            running.conductor.handle_event(PlayerNoteOn(60))
            printed.append(first in root.handlers)

    asyncio.run(play())
    assert printed == [False, True]
