"""The daemon's end of the connection to a child process that serves clients or draws.

The panel, the terminal view and MQTT are child processes, so that their work never makes a note
late. Both ends write lines of JSON to a socket pair. To the child: `[seconds, address, ...values]`,
where the seconds since 1970 are the moment that the message is meant for. From the child:
`[client, address, ...values]`. The child's end is `perform.ipc.child`.
"""

import asyncio
import contextlib
import logging
import socket
import sys
import threading
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

import msgspec

from perform.control.absences import Absences
from perform.control.feedback import Feedback
from perform.errors import InputError
from perform.events import Beat, ChordSounds, NoteMessage, OutputEvent, StateChanged
from perform.ipc.child import CHILD_ITSELF
from perform.ipc.supervisor import SupervisedProcess
from perform.net.client import MessageHandler
from perform.net.rejections import printable
from perform.net.time_slice import TimeSlice

log = logging.getLogger(__name__)
MAX_UNREAD = 1_000_000  # bytes that a child may leave unread before messages to it are dropped
MAX_LINE = 65536
MAX_LOG_LINE = 1000  # characters
STATS_SECONDS = 1.0
RESTART_SECONDS = 1.0


class ChildClient:
    """A client of a child process, such as a browser; the child numbers its clients."""

    def __init__(self, child: "ChildProcess", number: int) -> None:
        self._child = child
        self._number = number

    @property
    def key(self) -> Hashable:
        """The child process and the number."""
        return id(self._child), self._number

    @property
    def host(self) -> None:
        """None: only the child process knows where its client is."""

    def send_message(self, address: str, *values: Any) -> None:
        """Send this client one message."""
        self._child.write(time.time(), "/to", self._number, address, *values)


class ChildProcess(SupervisedProcess, asyncio.Protocol):
    """An output that sends all events to a child process, `python -m MODULE`.

    `handler`: takes the messages of the child's clients. `greeting`: the child's first message.
    `values`: the current values, sent next. `moment`: the second since 1970 at which a tick sounds.
    `absences`: gets what the child finds absent. `listening`: sockets for the child to serve.
    `ready`: set when the child is ready to work.
    """

    def __init__(
        self,
        module: str,
        handler: MessageHandler,
        greeting: Mapping[str, Any],
        values: Mapping[str, str | float],
        moment: Callable[[int], float],
        absences: Absences | None = None,
        listening: Sequence[socket.socket] = (),
    ) -> None:
        super().__init__(module, RESTART_SECONDS)
        self._module = module
        self._handler = handler
        self._greeting = greeting
        self._values = values
        self._moment = moment
        self._absences = absences or Absences()
        self._listening = listening
        self._own_end: socket.socket | None = None
        self._transport: asyncio.Transport | None = None
        self._partial_line = b""
        self._slices = TimeSlice()
        self._first_lines: list[bytes] | None = None
        self._feedback = Feedback(self)
        self._log_handler = _ChildLogHandler(self)
        self._paused = False  # the child has not read for long
        self.ready = asyncio.Event()

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        logging.getLogger().addHandler(self._log_handler)
        return self

    async def __aexit__(self, *reason: object) -> None:
        logging.getLogger().removeHandler(self._log_handler)
        self._feedback.close()
        await super().__aexit__(*reason)

    # --- the output ------------------------------------------------------------------------------

    def send(self, output: OutputEvent) -> None:
        """Send one event; notes, beats and chords with the moment that they are meant for."""
        match output:
            case NoteMessage(tick, voice, pitch, velocity):
                self.write(self._moment(tick), "/note", voice, pitch, velocity)
            case Beat(tick, bar, beat):
                self.write(self._moment(tick), "/beat", bar, beat)
            case ChordSounds(tick, symbol):
                self.write(self._moment(tick), "/chord", symbol)
                self._feedback.send(StateChanged("/chord", symbol))
            case _:
                self._feedback.send(output)

    def send_message(self, address: str, *values: Any) -> None:
        """Send a message of `Feedback`, meant for now."""
        self.write(time.time(), address, *values)

    def write(self, seconds: float, address: str, *values: Any) -> None:
        """Write one line; dropped while the child does not read: it gets all values afterwards."""
        transport = self._transport
        if transport is None or transport.is_closing() or self._paused:
            return
        line = msgspec.json.encode([seconds, address, *values]) + b"\n"
        if self._first_lines is not None:
            self._first_lines.append(line)
        else:
            transport.write(line)

    def pause_writing(self) -> None:
        """The child has stopped reading: drop its messages from now on."""
        self._paused = True

    def resume_writing(self) -> None:
        """The child reads again: send all values, since it has missed some."""
        self._paused = False
        self._feedback.refresh(self._values)

    def close(self) -> None:
        """Nothing; `async with` ends the child process."""

    # --- messages from the child -----------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Handle the whole lines as messages; a line that is no message is dropped."""
        *lines, self._partial_line = (self._partial_line + data).split(b"\n")
        if len(self._partial_line) > MAX_LINE:
            self._partial_line = b""
        self._slices.add(self._handle_lines(lines))
        if self._slices and self._transport is not None:
            self._transport.pause_reading()  # the child waits, and no message is lost

    def _handle_lines(self, lines: Iterable[bytes]) -> Iterator[None]:
        try:
            for line in lines:
                self._handle_line(line)
                yield
        finally:
            if self._transport is not None:
                self._transport.resume_reading()

    def _handle_line(self, line: bytes) -> None:
        try:
            number, address, *values = msgspec.json.decode(line)
            if number == CHILD_ITSELF:
                self._handle_own_message(address, *values)
            else:
                client = ChildClient(self, int(number))
                self._handler.handle_message(str(address), tuple(values), client)
        except (msgspec.DecodeError, TypeError, ValueError) as error:
            log.debug("%s wrote %r (%s)", self._module, line[:80], error)

    def _handle_own_message(self, address: str, *values: Any) -> None:
        """A message of the child itself: ready, what is absent, a log line, a rejection."""
        match address, values:
            case "/ready", ():
                self.ready.set()
            case "/log", (str(level), str(line)):
                # the line may quote any text from the network
                number = logging.getLevelNamesMapping()[level.upper()]
                log.log(number, "%s", printable(line, MAX_LOG_LINE))
            case "/absent", (str(name), str(reason)):
                self._absences.begin(id(self), name, InputError(reason), is_logged=True)
            case "/present", ():
                self._absences.end(id(self), is_logged=True)
            case "/refused", (int(client), str(about), str(reason)):
                self._handler.reject(about, reason, ChildClient(self, client))
            case "/turned_away", (str(reason),):
                self._handler.log_rejection(reason)

    # --- the process -----------------------------------------------------------------------------

    async def _spawn(self) -> Process:
        own_end, child_end = socket.socketpair()
        descriptors = [child_end.fileno(), *(each.fileno() for each in self._listening)]
        with child_end:
            try:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", self._module, *map(str, descriptors),
                    pass_fds=descriptors, stdin=DEVNULL,
                )  # fmt: skip
            except BaseException:
                own_end.close()
                raise
        self._own_end = own_end
        return process

    async def _connect(self, process: Process) -> None:  # noqa: ARG002 - uses its socket
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: self, sock=self._own_end)
        transport.set_write_buffer_limits(high=MAX_UNREAD)
        self._transport = transport
        self._paused = False
        self._partial_line = b""
        self._slices.clear()
        self._first_lines = []  # joined into one write, since notes wait for each write
        self.write(time.time(), "/hello", self._greeting)
        self._feedback.refresh(self._values, len(self._values))
        first, self._first_lines = b"".join(self._first_lines), None
        transport.write(first)

    async def _watch(self, process: Process) -> None:
        """Write the stats once a second, until the process ends."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STATS_SECONDS)
                return
            self.write(time.time(), "/stats", self._handler.stats())

    def _disconnect(self, process: Process) -> None:  # noqa: ARG002 - see _connect
        if self._transport is not None:
            self._transport.close()


class _ChildLogHandler(logging.Handler):
    """Sends the log to a child process, for its view of the log."""

    def __init__(self, child: ChildProcess) -> None:
        super().__init__(logging.INFO)
        self._child = child
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        line = (record.created, "/log", record.levelname.lower(), record.getMessage())
        if threading.get_ident() == self._thread:
            self._child.write(*line)
        else:  # a thread of a device or a disk: only the loop's thread writes to the child
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._child.write, *line)
