"""The generation process: `python -m perform.generation.worker`.

Models run in a process of their own, because the interpreter lock would make notes milliseconds
late. Frames on standard input and output: four bytes of length, then MessagePack. The worker ends
when its standard input ends, and ignores Ctrl-C, which its parent process handles.
"""

import os
import queue
import struct
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO

import msgspec

from perform.errors import SidemanError
from perform.events import PhraseReady
from perform.generation.evolved import EvolvedSource
from perform.generation.lines import LineSource
from perform.generation.sources import open_source
from perform.ipc.interrupts import ignore_signals
from perform.music.condition import Conditions
from perform.music.line_context import ContextChord, LineContext
from perform.music.steering import Steering

FRAME_LENGTH = struct.Struct("<I")
CHUNK = 1 << 16
MAX_PENDING = 64
MARGIN_SECONDS = 0.03  # for the choice at the end of a search, and for the way back
MAX_SECONDS = 0.25  # a phrase that is due late must not delay requests that are still to come


class Request(msgspec.Struct, frozen=True, array_like=True):
    """A request for the bar of `seed` from the bundle at `path`.

    `due`: when it is needed, in monotonic seconds, which all processes of a machine share.
    """

    voice: str
    bar: int
    seed: int
    path: str
    due: float
    conditions: Conditions = Conditions()
    steering: Steering | None = None
    context: LineContext | None = None


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """A bar, its notes as (start, duration, pitch); or `fault`, one line.

    `placed`, `tied`, `chords`: see `PhraseReady`.
    """

    voice: str
    bar: int
    notes: tuple[tuple[int, int, int], ...] = ()
    fault: str = ""
    placed: bool = False
    tied: bool = False
    chords: tuple[ContextChord, ...] = ()


def pack(message: msgspec.Struct) -> bytes:
    """A message as a frame."""
    body = msgspec.msgpack.encode(message)
    return FRAME_LENGTH.pack(len(body)) + body


def to_event(answer: Answer) -> PhraseReady:
    """The answer as the engine's event."""
    from perform.music.note import Note  # noqa: PLC0415

    notes = tuple(Note(*note) for note in answer.notes)
    return PhraseReady(answer.voice, answer.bar, notes, answer.placed, answer.tied, answer.chords)


class RequestQueue:
    """The pending requests, parsed from a stream of bytes.

    A new request replaces an older one for the same bar and voice. So a parent process that sends
    faster than the worker answers gets the newest. The queue holds at most 64 requests: then those
    that were due first are dropped.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._pending: dict[tuple[str, int], Request] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def add_bytes(self, data: bytes) -> None:
        """Add received bytes; each whole frame becomes a pending request."""
        self._bytes += data
        while len(self._bytes) >= FRAME_LENGTH.size:
            end = FRAME_LENGTH.size + FRAME_LENGTH.unpack_from(self._bytes)[0]
            if len(self._bytes) < end:
                return
            request = msgspec.msgpack.decode(self._bytes[FRAME_LENGTH.size : end], type=Request)
            del self._bytes[:end]
            self._pending[request.voice, request.bar] = request
            while len(self._pending) > MAX_PENDING:
                del self._pending[min(self._pending, key=lambda key: self._pending[key].due)]

    def pop_most_urgent(self, now: float) -> Request:
        """The request that is due first, removed from the queue.

        One that is overdue waits for all others: its bar has most likely begun without it. It is
        not dropped, since a transport that has stopped still waits for it.
        """

        def urgency(key: tuple[str, int]) -> tuple[bool, float]:
            due = self._pending[key].due
            return due < now, due

        return self._pending.pop(min(self._pending, key=urgency))

    def seconds_for(self, request: Request, now: float) -> float:
        """How long the search for the most urgent request may take: so long that every pending one
        can take as long, and none is late. Overdue ones have no share, and are searched for least.
        """
        others = (each.due for each in self._pending.values() if each.due >= now)
        due = [request.due, *sorted(others)]
        share = min((moment - now) / number for number, moment in enumerate(due, 1))
        return min(max(share - MARGIN_SECONDS, 0.0), MAX_SECONDS)


def serve(source: int, target: BinaryIO) -> None:
    """Answer requests from a file descriptor until it ends.

    A fault of a bundle is sent as an answer, never raised.
    """
    sources: dict[str, EvolvedSource | LineSource] = {}
    requests = RequestQueue()
    arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_chunks, args=(source, arrived), daemon=True).start()
    while True:
        while not requests or not arrived.empty():
            data = arrived.get()
            if not data:
                return
            requests.add_bytes(data)
        request = requests.pop_most_urgent(time.monotonic())
        target.write(pack(_answer(request, requests, sources)))
        target.flush()


def _read_chunks(source: int, arrived: "queue.SimpleQueue[bytes]") -> None:
    """Queue what arrives, and empty bytes at the end.

    Runs in a thread, because not every system can poll a pipe.
    """
    data = b" "
    while data:
        data = os.read(source, CHUNK)
        arrived.put(data)


def _answer(
    request: Request, others: RequestQueue, sources: dict[str, EvolvedSource | LineSource]
) -> Answer:
    try:
        source = sources.get(request.path)
        if source is None:
            source = sources[request.path] = open_source(Path(request.path))
        seconds = others.seconds_for(request, time.monotonic())
        bar = source.phrase(
            request.seed, request.conditions, request.steering, request.context, seconds
        )
        chords = request.context.chords if bar.placed and request.context else ()
        return Answer(
            request.voice,
            request.bar,
            bar.phrase,
            placed=bar.placed,
            tied=bar.tied,
            chords=chords,
        )
    except SidemanError as fault:
        return Answer(request.voice, request.bar, fault=str(fault))


if __name__ == "__main__":
    ignore_signals()
    serve(sys.stdin.fileno(), sys.stdout.buffer)
