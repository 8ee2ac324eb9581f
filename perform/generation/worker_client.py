"""The daemon's end of the generation process: requests phrases from it, and supervises it."""

import asyncio
import contextlib
import logging
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable

import msgspec

from perform.bundles import catalog
from perform.errors import SidemanError
from perform.events import PhraseReady, PhraseRequested
from perform.generation.worker import FRAME_LENGTH, MAX_PENDING, Answer, Request, pack, to_event
from perform.ipc.supervisor import SupervisedProcess

log = logging.getLogger(__name__)
RESTART_SECONDS = 0.5
TIMEOUT_SECONDS = 10.0  # a small machine needs seconds to load libraries before its first answer


class WorkerClient(SupervisedProcess):
    """Generates phrases in another process. `deliver`: called with each phrase when it is ready.

    Use as `async with`. When the process ends, or does not answer for ten seconds, the next one
    gets the pending requests.
    """

    def __init__(self, deliver: Callable[[PhraseReady], None]) -> None:
        super().__init__("the generation process", RESTART_SECONDS)
        self._deliver = deliver
        self._pending: dict[tuple[str, int], Request] = {}
        self._timeout: asyncio.TimerHandle | None = None
        self._paths: dict[str, str] = {}
        self._logged: set[str] = set()
        self._all_ready = asyncio.Event()

    async def __aexit__(self, *reason: object) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
        await super().__aexit__(*reason)

    @property
    def process_id(self) -> int | None:
        """The id of the generation process, for measurements."""
        return self.process.pid if self.process else None

    async def wait_for_phrases(self, seconds: float) -> bool:
        """Whether every requested phrase is ready, after a wait of at most so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_ready.wait(), seconds)
        return self._all_ready.is_set()

    def request(self, requested: PhraseRequested, due: float) -> None:
        """Request a phrase that is needed at `due` (monotonic seconds); returns at once.

        A missing model is logged once; its voice plays the phrases that it has.
        """
        path = self._paths.get(requested.model)
        if path is None:
            try:
                path = self._paths[requested.model] = str(catalog.find(requested.model))
            except SidemanError as error:
                self._log_once(str(error))
                return
        request = Request(
            requested.voice,
            requested.bar,
            requested.seed,
            path,
            due,
            requested.conditions,
            requested.steering,
            requested.context,
        )
        self._pending[requested.voice, requested.bar] = request
        while len(self._pending) > MAX_PENDING:
            del self._pending[next(iter(self._pending))]
        self._all_ready.clear()
        if self.process is not None:
            _write(self.process, request)
        if self._timeout is None:
            self._restart_timeout()

    async def _spawn(self) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "perform.generation.worker", stdin=PIPE, stdout=PIPE
        )

    async def _connect(self, process: Process) -> None:
        for request in self._pending.values():
            _write(process, request)
        self._restart_timeout()

    async def _watch(self, process: Process) -> None:
        assert process.stdout is not None  # noqa: S101 - _spawn asks for a pipe
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await self._read_answers(process.stdout)

    def _disconnect(self, process: Process) -> None:
        if process.stdin is not None:
            process.stdin.close()

    async def _read_answers(self, stream: asyncio.StreamReader) -> None:
        while True:
            head = await stream.readexactly(FRAME_LENGTH.size)
            body = await stream.readexactly(FRAME_LENGTH.unpack(head)[0])
            answer = msgspec.msgpack.decode(body, type=Answer)
            self._pending.pop((answer.voice, answer.bar), None)
            self._restart_timeout()
            if answer.fault:
                self._log_once(answer.fault)
            else:
                self._deliver(to_event(answer))
                await asyncio.sleep(0)  # many answers in one go would make a note late
            if not self._pending:
                self._all_ready.set()

    def _restart_timeout(self) -> None:
        """Allow ten seconds from now for the next answer, if a request is pending."""
        if self._timeout is not None:
            self._timeout.cancel()
        self._timeout = None
        if self._pending:
            loop = asyncio.get_running_loop()
            self._timeout = loop.call_later(TIMEOUT_SECONDS, self._on_timeout)

    def _on_timeout(self) -> None:
        self._timeout = None
        if self.process is not None and self.process.returncode is None:
            log.warning("the generation process has not answered for %g s", TIMEOUT_SECONDS)
            self.process.kill()  # then the supervisor starts the next one

    def _log_once(self, line: str) -> None:
        if line not in self._logged:
            self._logged.add(line)
            log.error("%s", line)


def _write(process: Process, request: Request) -> None:
    if process.stdin is not None and process.returncode is None:
        process.stdin.write(pack(request))
