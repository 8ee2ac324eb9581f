"""A supervised process is started again when it ends or does not start, and ended at the end."""

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE

import pytest

from perform.ipc import supervisor
from perform.ipc.supervisor import SupervisedProcess


class Script(SupervisedProcess):
    """Runs Python scripts one after another, and then the last one again and again."""

    def __init__(self, *scripts):
        super().__init__("the script", 0.001)
        self.scripts, self.started = list(scripts), 0
        self.connected = asyncio.Event()

    async def _spawn(self):
        self.started += 1
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        if script is None:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, stdin=PIPE, stdout=PIPE
        )

    async def _connect(self, process):
        await process.stdout.read(1)
        if len(self.scripts) == 1:
            self.connected.set()

    async def _watch(self, process):
        await process.wait()

    def _disconnect(self, process):
        process.stdin.close()


ENDS = "print('x', flush=True)"
STAYS = "import sys\nprint('x', flush=True)\nsys.stdin.read()"
HANGS = "import time\nprint('x', flush=True)\ntime.sleep(60)"


def test_it_is_started_again_until_it_stays_and_ends_with_its_supervisor(caplog):
    async def supervise():
        async with Script(ENDS, None, STAYS) as script:
            await asyncio.wait_for(script.connected.wait(), 20)
            process = script.process
            assert process.returncode is None
        assert process.returncode == 0  # it ended by itself
        assert script.process is None
        return script

    with caplog.at_level(logging.WARNING):
        script = asyncio.run(supervise())
    assert (script.started, script.restarts) == (3, 1)
    first, second = (record.message for record in caplog.records)
    assert first == "the script ended; starting it again in 0.001 s, the music goes on"
    assert second.startswith("the script cannot be started ([Errno 11] Resource temp")
    assert second.endswith("starting it again in 0.002 s, the music goes on")


def test_one_that_does_not_end_by_itself_is_killed(monkeypatch):
    monkeypatch.setattr(supervisor, "END_SECONDS", 0.05)

    async def supervise():
        async with Script(HANGS) as script:
            process = script.process
        return process.returncode

    assert asyncio.run(supervise()) < 0


class Unwatched(Script):
    async def _watch(self, *_):
        await asyncio.Event().wait()


def test_one_that_ends_when_its_time_is_up_is_not_killed(monkeypatch):
    monkeypatch.setattr(supervisor, "END_SECONDS", 0.0)

    async def supervise():
        async with Unwatched(ENDS) as script:
            process = script.process
            await process.communicate()
        return process.returncode

    assert asyncio.run(supervise()) == 0


def test_a_first_start_that_fails_is_an_error():
    async def supervise():
        async with Script(None):
            pass

    with pytest.raises(BlockingIOError):
        asyncio.run(supervise())
