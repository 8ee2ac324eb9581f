"""A window onto the performance: a process of its own that shows it, and passes on what is done there.

The panel and the terminal view are windows, so that drawing never keeps a note waiting. Both ends speak lines of
JSON over a socket pair: `[seconds, address, ...values]` to the window (seconds since 1970 for which it is meant),
`[client, address, ...values]` back. The far end is `perform.link`.
"""

import asyncio
import contextlib
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, Self

import msgspec

from perform.events import Beat, ChordSounds, Output, Sound, StateChanged
from perform.interrupts import not_for_children
from perform.link import ITSELF
from perform.pace import Pauses
from perform.refusals import printable
from perform.sinks.feedback import Feedback
from perform.turns import Turns

log = logging.getLogger(__name__)
MOST_UNREAD = 1_000_000  # bytes; a window that reads no more is not told more
MOST_LINE = 65536
LONGEST_SAID = 1000  # characters of a line for the log
STATS_SECONDS = 1.0
RESTART_SECONDS = 1.0


class Desk(Protocol):
    """Where what is done in the window goes."""

    def hear(self, address: str, values: tuple[Any, ...], peer: "Client") -> None:
        """One message, now."""

    def refuse(self, address: str, why: str, peer: "Client") -> None:
        """Something that means nothing."""

    def turn_away(self, fault: str) -> None:
        """Somebody who may not be heard."""

    def figures(self) -> dict[str, float]:
        """What was counted so far."""
        ...


class Client:
    """Somebody who looks through the window: answered by their number."""

    def __init__(self, window: "Window", number: int) -> None:
        self._window = window
        self._number = number

    @property
    def key(self) -> Hashable:
        """Which window, and who."""
        return id(self._window), self._number

    @property
    def host(self) -> None:
        """None that we know: they speak to the window."""

    def message(self, address: str, *values: Any) -> None:
        """Tell this one alone."""
        self._window.say(time.time(), "/to", self._number, address, *values)


class Window(asyncio.Protocol):
    """The near end: a sink that tells everything to a process started as `python -m MODULE`, and starts it
    again when it dies.

    `greeting` is said first; `values`: where everything stands, said next. `moment`: the
    second since 1970 at which a tick sounds. `listening`: sockets that the process is to serve. Use as `async with`.
    """

    def __init__(
        self,
        module: str,
        desk: Desk,
        greeting: Mapping[str, Any],
        values: Mapping[str, str | float],
        moment: Callable[[int], float],
        listening: Sequence[socket.socket] = (),
    ) -> None:
        self._module = module
        self._desk = desk
        self._greeting = greeting
        self._values = values
        self._moment = moment
        self._listening = listening
        self._transport: asyncio.Transport | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._rest = b""
        self._turns = Turns()
        self._first: list[bytes] | None = None
        self._feedback = Feedback(self)
        self._log = _ToWindow(self)
        self._deaf = False  # it has not read for long
        self.ready = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self._start()
        self._keeper = asyncio.create_task(self._keep(), name=self._module)
        logging.getLogger().addHandler(self._log)
        return self

    async def __aexit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self._log)
        self._feedback.close()
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        await self._end()

    # --- a sink ----------------------------------------------------------------------------------

    def send(self, output: Output) -> None:
        """Something happens; notes, beats and chords with the moment at which they are meant to."""
        match output:
            case Sound(tick, voice, pitch, velocity):
                self.say(self._moment(tick), "/note", voice, pitch, velocity)
            case Beat(tick, bar, beat):
                self.say(self._moment(tick), "/beat", bar, beat)
            case ChordSounds(tick, symbol):
                self.say(self._moment(tick), "/chord", symbol)
                self._feedback.send(StateChanged("/chord", symbol))
            case _:
                self._feedback.send(output)

    def message(self, address: str, *values: Any) -> None:
        """What `Feedback` tells: of no particular moment."""
        self.say(time.time(), address, *values)

    def say(self, seconds: float, address: str, *values: Any) -> None:
        """One line; dropped where the window does not read: it is told anew when it does."""
        transport = self._transport
        if transport is None or transport.is_closing() or self._deaf:
            return
        line = msgspec.json.encode([seconds, address, *values]) + b"\n"
        if self._first is not None:
            self._first.append(line)
        else:
            transport.write(line)

    def pause_writing(self) -> None:
        """It reads no more: what happens from now on is not told."""
        self._deaf = True

    def resume_writing(self) -> None:
        """It reads again, and has missed where values went."""
        self._deaf = False
        self._feedback.renew(self._values)

    def close(self) -> None:
        """Ends with `async with`."""

    # --- what comes back ---------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Whole lines are messages of clients; what is none is the window's fault and is let be."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MOST_LINE:
            self._rest = b""
        self._turns.add(self._hear_all(lines))
        if self._turns and self._transport is not None:
            self._transport.pause_reading()  # the window waits, and nothing is lost

    def _hear_all(self, lines: Iterable[bytes]) -> Iterator[None]:
        try:
            for line in lines:
                self._hear(line)
                yield
        finally:
            if self._transport is not None:
                self._transport.resume_reading()

    def _hear(self, line: bytes) -> None:
        try:
            client, address, *values = msgspec.json.decode(line)
            if client == ITSELF:
                self._hear_itself(address, *values)
            else:
                self._desk.hear(str(address), tuple(values), Client(self, int(client)))
        except (msgspec.DecodeError, TypeError, ValueError) as fault:
            log.debug("%s said %r (%s)", self._module, line[:80], fault)

    def _hear_itself(self, address: str, *values: Any) -> None:
        """What no client said: it is open, a line for the log, what a client said means nothing, or who was none."""
        match address, values:
            case "/ready", ():
                self.ready.set()
            case "/log", (str(level), str(line)):
                self._pass_on(level, line)
            case "/refused", (int(client), str(about), str(why)):
                self._desk.refuse(about, why, Client(self, client))
            case "/turned_away", (str(fault),):
                self._desk.turn_away(fault)

    def _pass_on(self, level: str, line: str) -> None:
        """A line for the log; in what came from afar there may be anything."""
        number = logging.getLevelNamesMapping()[level.upper()]
        log.log(number, "%s", printable(line, LONGEST_SAID))

    # --- the process -------------------------------------------------------------------------------

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        passed = [theirs.fileno(), *(each.fileno() for each in self._listening)]
        with theirs, not_for_children():
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self._module, *map(str, passed),
                pass_fds=passed, stdin=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: self, sock=ours)
        transport.set_write_buffer_limits(high=MOST_UNREAD)
        self._transport = transport
        self._deaf = False
        self._rest = b""
        self._turns.clear()
        self._first = []  # one write for all that is said at first: notes wait for every one
        self.say(time.time(), "/hello", self._greeting)
        self._feedback.renew(self._values, len(self._values))
        first, self._first = b"".join(self._first), None
        transport.write(first)

    async def _keep(self) -> None:
        pauses = Pauses(RESTART_SECONDS)
        while True:
            assert self._process is not None  # noqa: S101 - _start ran
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), STATS_SECONDS)
                pause = pauses.next()
                log.warning(
                    "%s ended; opening it again in %g s, the music goes on", self._module, pause
                )
                await self._end()
                await asyncio.sleep(pause)
                try:
                    await self._start()
                except OSError as fault:
                    log.warning("%s cannot be started (%s)", self._module, fault)
                continue
            self.say(time.time(), "/stats", self._desk.figures())

    async def _end(self) -> None:
        if self._transport is not None:
            self._transport.close()  # at which the process ends by itself
        process = self._process
        if process is None:
            return
        try:
            await asyncio.wait_for(process.wait(), 2.0)
        except TimeoutError:
            process.kill()
            await process.wait()


class _ToWindow(logging.Handler):
    """Passes on what the log says, so that it is seen where people look."""

    def __init__(self, window: Window) -> None:
        super().__init__(logging.INFO)
        self._window = window
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        line = (record.created, "/log", record.levelname.lower(), record.getMessage())
        if threading.get_ident() == self._thread:
            self._window.say(*line)
        else:  # of a device or a disk: the window is not theirs to write to
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._window.say, *line)
