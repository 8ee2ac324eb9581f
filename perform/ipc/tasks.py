"""Ends asyncio tasks so that they do end."""

import asyncio

CANCEL_SECONDS = 0.1  # until a task that goes on is cancelled once more


async def end_tasks(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks until they have ended; their errors are not raised here.

    One cancellation is not enough: in Python 3.11 `asyncio.wait_for` loses one that comes at the
    moment of its result, as when a signal ends a whole process group.
    """
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=CANCEL_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
