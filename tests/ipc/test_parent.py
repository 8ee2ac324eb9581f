"""A real child process: what it gets first, what it sends, and that it is started again."""

import asyncio
import logging
import os
import textwrap
import threading

import pytest
from handlers import RecordingHandler

from perform.control.absences import Absences
from perform.events import Beat, NoteMessage, StateChanged
from perform.ipc import parent
from perform.ipc.parent import ChildProcess
from perform.net import time_slice

GREETING = {"voices": ["lead"]}
VALUES = {"/tempo": 120.0, "/key": "auto"}
# sends everything back that it gets, as /got
CHILD = """
import asyncio, sys, time
from perform.ipc.child import connect

async def main():
    link = await connect(int(sys.argv[1]))
    link.report_ready()
    async for moment, address, values in link.read_messages():
        link.forward(7, "/got", moment, address, *values)
        if address == "/state/flood":
            for number in range(2000):
                link.forward(7, "/number", number, "x" * 500)
        if address == "/state/stall":
            time.sleep(0.3)
        if address == "/state/exit":
            await asyncio.sleep(0.05)
            sys.exit(1)

asyncio.run(main())
"""


class ChildHandler(RecordingHandler):
    """Records the messages of the child process, as JSON gives them."""

    def sent(self, address):
        return [list(values) for name, values, _ in self.messages if name == address]

    def got(self, address):
        """The messages that the child got at an address: [moment, address, ...values]."""
        return [values for values in self.sent("/got") if values[1] == address]


def run(monkeypatch, tmp_path, play):
    """The handler, after `play(child, handler)` with a child process that is ready."""
    (tmp_path / "some_child.py").write_text(textwrap.dedent(CHILD))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(parent, "RESTART_SECONDS", 0.02)
    monkeypatch.setattr(parent, "STATS_SECONDS", 0.1)
    handler = ChildHandler({"notes": 1.0})

    async def main():
        values = dict(VALUES)
        async with ChildProcess(
            "some_child", handler, GREETING, values, lambda tick: 1000.0 + tick
        ) as child:
            child.values = values
            await asyncio.wait_for(child.ready.wait(), 120)
            await play(child, handler)

    asyncio.run(main())
    return handler


async def until(condition):
    async with asyncio.timeout(120):
        while not condition():  # noqa: ASYNC110 - a real process is waited for
            await asyncio.sleep(0.005)


def test_it_gets_the_greeting_then_all_values_then_events(monkeypatch, tmp_path):
    async def play(child, handler):
        child.send(NoteMessage(5, "lead", 60, 90))
        child.send(Beat(6, 0, 1))
        child.send(StateChanged("/tempo", 140.0))
        await until(lambda: handler.got("/state/tempo")[1:] and handler.got("/stats"))

    handler = run(monkeypatch, tmp_path, play)
    assert [values[1:] for values in handler.sent("/got")[:3]] == [
        ["/hello", GREETING], ["/state/tempo", 120.0], ["/state/key", "auto"],
    ]  # fmt: skip
    assert handler.got("/note") == [[1005.0, "/note", "lead", 60, 90]]
    assert handler.got("/beat") == [[1006.0, "/beat", 0, 1]]


def test_many_messages_are_handled_in_their_order(monkeypatch, tmp_path):
    async def play(child, handler):
        child.send(StateChanged("/flood", 1))
        await until(lambda: len(handler.sent("/number")) == 2000)

    handler = run(monkeypatch, tmp_path, play)
    assert [number for number, _ in handler.sent("/number")] == list(range(2000))


def test_a_flood_is_read_no_faster_than_it_is_handled(monkeypatch, tmp_path):
    monkeypatch.setattr(time_slice, "SLICE_SECONDS", 0.0)
    waiting = []

    async def play(child, handler):
        child.send(StateChanged("/flood", 1))
        while not any(values[:1] == (1999,) for _, values, _ in handler.messages[-2:]):
            waiting.append(len(child._slices))
            await asyncio.sleep(0)

    run(monkeypatch, tmp_path, play)
    assert max(waiting) == 1


def test_one_that_did_not_read_gets_all_values_again(monkeypatch, tmp_path):
    monkeypatch.setattr(parent, "MAX_UNREAD", 10_000)

    async def play(child, handler):
        child.send(StateChanged("/stall", 1))
        await asyncio.sleep(0.05)
        for _ in range(3000):
            child.write(0.0, "/padding", "x" * 1000)
        child.values["/key"] = "Bb"
        child.send(StateChanged("/key", "Bb"))  # dropped
        await until(lambda: len(handler.got("/state/key")) > 1)

    handler = run(monkeypatch, tmp_path, play)
    assert [values[2] for values in handler.got("/state/key")] == ["auto", "Bb"]
    assert len(handler.got("/padding")) < 3000


def test_one_that_ends_is_started_again_and_gets_the_greeting_again(monkeypatch, tmp_path, caplog):
    async def play(child, handler):
        child.send(StateChanged("/exit", 1))
        await until(lambda: len(handler.got("/state/key")) == 2)

    handler = run(monkeypatch, tmp_path, play)
    assert len(handler.got("/hello")) == 2
    assert "some_child ended; starting it again" in caplog.text


@pytest.mark.parametrize("other_thread", [False, True])
def test_it_gets_the_log_from_any_thread(monkeypatch, tmp_path, other_thread):
    async def play(_, handler):
        def write():
            logging.getLogger("perform.test").warning("a cable is loose")

        if other_thread:
            thread = threading.Thread(target=write)
            thread.start()
            thread.join()
        else:
            write()
        await until(lambda: handler.got("/log"))

    handler = run(monkeypatch, tmp_path, play)
    assert handler.got("/log")[0][2:] == ["warning", "a cable is loose"]


def test_what_a_child_finds_absent_is_absent_until_it_is_there():
    absences, seen = Absences(), []

    async def play():
        child = ChildProcess("no_child", RecordingHandler(), {}, {}, float, absences)
        for line in (b'"/absent", "MQTT broker a:1", "no broker listens there"', b'"/present"'):
            child.data_received(b"[-1, " + line + b"]\n")
            seen.append((absences.names, absences.lines))

    asyncio.run(play())
    assert seen == [("MQTT broker a:1", ["no broker listens there"]), ("", [])]
