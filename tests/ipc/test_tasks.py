"""Tasks end, and with them whatever waits for them, also when a cancellation is lost."""

import asyncio
import contextlib
from types import SimpleNamespace

import virtual_loop

from perform.generation.worker_client import WorkerClient
from perform.ipc import supervisor
from perform.ipc.tasks import end_tasks

END_SECONDS = 20


def test_a_task_that_loses_its_cancellation_is_ended_all_the_same():
    async def scene():
        async def publish():
            for _ in range(3):
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(3600)

        task = asyncio.create_task(publish())
        await asyncio.sleep(0)
        await asyncio.wait_for(end_tasks(task), 60)
        assert task.done()

    virtual_loop.run(scene())


def test_a_supervisor_ends_although_wait_for_loses_its_cancellation(monkeypatch):
    """As in Python 3.11, where the process ends at the moment of the cancellation."""
    real, lost = asyncio.wait_for, []

    async def wait_for(awaited, seconds):
        try:
            return await real(awaited, seconds)
        except asyncio.CancelledError:
            if lost:
                raise
            lost.append(True)
            return 0

    names = {name: getattr(asyncio, name) for name in dir(asyncio)}
    monkeypatch.setattr(supervisor, "asyncio", SimpleNamespace(**names | {"wait_for": wait_for}))

    async def scene():
        async with WorkerClient(lambda _: None) as client:
            client.process.kill()
            while client.restarts == 0:  # noqa: ASYNC110 - a real process is waited for
                await asyncio.sleep(0)
            # the supervisor has noticed, and ends the process before it starts another

    async def watched():
        task = asyncio.create_task(scene())
        await asyncio.wait({task}, timeout=END_SECONDS)
        ended = task.done()
        await end_tasks(task)
        return ended

    assert asyncio.run(watched())
    assert lost
