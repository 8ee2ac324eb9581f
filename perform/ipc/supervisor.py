"""A child process that is started again, after a delay, whenever it ends."""

import abc
import asyncio
import contextlib
import logging
from asyncio.subprocess import Process
from typing import Self

from perform.ipc.interrupts import not_for_children
from perform.ipc.tasks import end_tasks
from perform.net.backoff import Backoff

log = logging.getLogger(__name__)
END_SECONDS = 2.0  # for a child process to end by itself


class SupervisedProcess(abc.ABC):
    """Keeps one child process running. Use as `async with`.

    A subclass starts the process, connects to it, watches it and disconnects. When the process
    ends, the next one starts after a delay (see `Backoff`); the first delay is `restart_seconds`.
    OSError when the first start fails. `name`: what the log calls the process.
    """

    def __init__(self, name: str, restart_seconds: float) -> None:
        self._name = name
        self._restart_seconds = restart_seconds
        self._supervision: asyncio.Task[None] | None = None
        self.process: Process | None = None
        self.restarts = 0

    async def __aenter__(self) -> Self:
        await self._start()
        self._supervision = asyncio.create_task(self._supervise(), name=self._name)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._supervision is not None:
            await end_tasks(self._supervision)
        await self._end()

    @abc.abstractmethod
    async def _spawn(self) -> Process:
        """Start the process."""

    @abc.abstractmethod
    async def _connect(self, process: Process) -> None:
        """Connect to the process that was just started."""

    @abc.abstractmethod
    async def _watch(self, process: Process) -> None:
        """Return when the process has ended."""

    @abc.abstractmethod
    def _disconnect(self, process: Process) -> None:
        """Close the connection; the process then ends by itself."""

    async def _start(self) -> None:
        with not_for_children():
            self.process = await self._spawn()
        await self._connect(self.process)

    async def _supervise(self) -> None:
        backoff, reason = Backoff(self._restart_seconds), "ended"
        while True:
            if self.process is not None:
                await self._watch(self.process)
                self.restarts += 1
                reason = "ended"
                await self._end()
            delay = backoff.next()
            log.warning(
                "%s %s; starting it again in %g s, the music goes on", self._name, reason, delay
            )
            await asyncio.sleep(delay)
            try:
                await self._start()
            except OSError as error:
                reason = f"cannot be started ({error})"

    async def _end(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        self._disconnect(process)
        try:
            # communicate also reads what is left in a pipe, so that the pipe can be closed
            await asyncio.wait_for(process.communicate(), END_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):  # it may have ended just now
                process.kill()
            await process.communicate()
