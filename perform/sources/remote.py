"""The near end of the generation process: asks it for bars, and starts it again when it dies."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable
from typing import Self

import msgspec

from perform import library
from perform.errors import SidemanError
from perform.events import PhraseReady, PhraseWanted
from perform.interrupts import not_for_children
from perform.pace import Pauses
from perform.sources.worker import LENGTH, Answer, Request, pack, to_event

log = logging.getLogger(__name__)
MOST_WAITING = 64
RESTART_SECONDS = 0.5
SILENT_SECONDS = 10.0  # a small machine loads libraries for some before its first answer


class RemoteSource:
    """Generation in another process. `want` returns at once; bars arrive through `deliver`.

    Use as `async with`. When the process dies, or owes bars and says nothing, what it owed is asked of its
    successor.
    """

    def __init__(self, deliver: Callable[[PhraseReady], None]) -> None:
        self._deliver = deliver
        self._process: asyncio.subprocess.Process | None = None
        self._owed: dict[tuple[str, int], Request] = {}
        self._reader: asyncio.Task[None] | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._paths: dict[str, str] = {}
        self._told: set[str] = set()
        self._filled = asyncio.Event()
        self.restarts = 0

    async def __aenter__(self) -> Self:
        await self._start()
        self._reader = asyncio.create_task(self._read(), name="phrases")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._patience is not None:
            self._patience.cancel()
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        await self._end()

    @property
    def process_id(self) -> int | None:
        """The generating process, for whoever measures it."""
        return self._process.pid if self._process else None

    async def filled(self, seconds: float) -> bool:
        """Whether, within so many seconds, every bar that was asked for has come."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._filled.wait(), seconds)
        return self._filled.is_set()

    def want(self, wanted: PhraseWanted, due: float) -> None:
        """Ask for a bar that has to sound at `due` (seconds of the monotonic clock). A
        model that is not there is said once; the voice plays what it has.
        """
        path = self._paths.get(wanted.model)
        if path is None:
            try:
                path = self._paths[wanted.model] = str(library.find(wanted.model))
            except SidemanError as fault:
                self._tell(str(fault))
                return
        request = Request(
            wanted.voice, wanted.bar, wanted.seed, path, due, wanted.wish, wanted.steering
        )
        self._owed[wanted.voice, wanted.bar] = request
        while len(self._owed) > MOST_WAITING:
            del self._owed[next(iter(self._owed))]
        self._filled.clear()
        self._write(request)
        if self._patience is None:
            self._be_patient()

    def _write(self, request: Request) -> None:
        process = self._process
        if process is not None and process.stdin is not None and process.returncode is None:
            process.stdin.write(pack(request))

    async def _start(self) -> None:
        with not_for_children():
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "perform.sources.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        for request in self._owed.values():
            self._write(request)
        self._be_patient()

    async def _read(self) -> None:
        pauses, why = Pauses(RESTART_SECONDS), ""
        while True:
            if self._process is not None:
                assert self._process.stdout is not None  # noqa: S101 - asked for a pipe
                with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                    await self._read_answers(self._process.stdout)
                self.restarts += 1
                why = "ended"
                await self._end()
            pause = pauses.next()
            log.warning(
                "the generating process %s; starting it again in %g s, the music goes on",
                why,
                pause,
            )
            await asyncio.sleep(pause)
            try:
                await self._start()
            except OSError as fault:
                why = f"cannot be started ({fault})"

    async def _read_answers(self, stream: asyncio.StreamReader) -> None:
        while True:
            head = await stream.readexactly(LENGTH.size)
            body = await stream.readexactly(LENGTH.unpack(head)[0])
            answer = msgspec.msgpack.decode(body, type=Answer)
            self._owed.pop((answer.voice, answer.bar), None)
            self._be_patient()
            if answer.fault:
                self._tell(answer.fault)
            else:
                self._deliver(to_event(answer))
                await asyncio.sleep(0)  # a whole batch at once would keep a note waiting
            if not self._owed:
                self._filled.set()

    def _be_patient(self) -> None:
        """Wait a while from now on for the next answer, where one is owed."""
        if self._patience is not None:
            self._patience.cancel()
        self._patience = None
        if self._owed:
            self._patience = asyncio.get_running_loop().call_later(SILENT_SECONDS, self._give_up)

    def _give_up(self) -> None:
        self._patience = None
        if self._process is not None and self._process.returncode is None:
            log.warning(
                "the generating process owes bars and says nothing for %g s", SILENT_SECONDS
            )
            self._process.kill()  # whoever reads its answers starts another

    def _tell(self, fault: str) -> None:
        if fault not in self._told:
            self._told.add(fault)
            log.error("%s", fault)

    async def _end(self) -> None:
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            # what nobody reads any more is taken, else its pipe would never be closed
            await asyncio.wait_for(process.communicate(), 2.0)
        except TimeoutError:
            process.kill()
            await process.communicate()
        self._process = None
