"""Generation in a process of its own: `python -m perform.generation.worker`.

The interpreter lock would cost the playing path milliseconds, so models never run in it. Frames on
standard input and output: four bytes of length, then MessagePack. The worker ends when its standard
input does, and leaves Ctrl-C to its parent.
"""

import os
import queue
import signal
import struct
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO

import msgspec

from perform.errors import SidemanError
from perform.events import PhraseReady, Steering
from perform.generation.evolved import EvolvedSource
from perform.music.condition import Conditions

LENGTH = struct.Struct("<I")
CHUNK = 1 << 16
MARGIN = 0.03  # seconds for the way back, and for what is asked for beside it
LONGEST = 0.25  # a bar that is far off must not keep the others waiting


class Request(msgspec.Struct, frozen=True, array_like=True):
    """Make the bar of `seed` with the bundle at `path`, as wished and steered.

    `due`: when it has to sound, by the monotonic clock, which processes of a machine share.
    """

    voice: str
    bar: int
    seed: int
    path: str
    due: float
    conditions: Conditions = Conditions()
    steering: Steering | None = None


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """The bar, its notes as (start, duration, pitch); or `fault`, one line."""

    voice: str
    bar: int
    notes: tuple[tuple[int, int, int], ...] = ()
    fault: str = ""


def pack(message: msgspec.Struct) -> bytes:
    """A message as a frame."""
    body = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(body)) + body


def to_event(answer: Answer) -> PhraseReady:
    """The answer as the engine takes it."""
    from perform.music.note import Note  # noqa: PLC0415

    return PhraseReady(answer.voice, answer.bar, tuple(Note(*note) for note in answer.notes))


class RequestQueue:
    """The requests that are still to be met, out of bytes as they come.

    A newer request for the same bar of the same voice takes the place of the older, so that whoever
    asks faster than bars can be made gets the newest, never a queue.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._owed: dict[tuple[str, int], Request] = {}

    def __len__(self) -> int:
        return len(self._owed)

    def take_in(self, data: bytes) -> None:
        """More bytes; whole frames in them become requests."""
        self._bytes += data
        while len(self._bytes) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(self._bytes)[0]
            if len(self._bytes) < end:
                return
            request = msgspec.msgpack.decode(self._bytes[LENGTH.size : end], type=Request)
            del self._bytes[:end]
            self._owed[request.voice, request.bar] = request

    def most_urgent(self) -> Request:
        """The request that is due first, taken off the desk."""
        return self._owed.pop(min(self._owed, key=lambda key: self._owed[key].due))


def serve(read: int, write: BinaryIO) -> None:
    """Answer requests from a file descriptor until it ends. A faulty bundle is answered, never raised."""
    sources: dict[str, EvolvedSource] = {}
    desk = RequestQueue()
    arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(read, arrived), daemon=True).start()
    while True:
        while not desk or not arrived.empty():
            data = arrived.get()
            if not data:
                return
            desk.take_in(data)
        write.write(pack(_answer(desk.most_urgent(), sources)))
        write.flush()


def _hear(read: int, arrived: "queue.SimpleQueue[bytes]") -> None:
    """Pass on what comes, and at the end nothing; in a thread, since pipes cannot be polled everywhere."""
    data = b" "
    while data:
        data = os.read(read, CHUNK)
        arrived.put(data)


def _answer(request: Request, sources: dict[str, EvolvedSource]) -> Answer:
    try:
        source = sources.get(request.path)
        if source is None:
            source = sources[request.path] = EvolvedSource(Path(request.path))
        seconds = min(max(request.due - time.monotonic() - MARGIN, 0.0), LONGEST)
        notes = source.phrase(request.seed, request.conditions, request.steering, seconds)
        return Answer(request.voice, request.bar, notes)
    except SidemanError as fault:
        return Answer(request.voice, request.bar, fault=str(fault))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(sys.stdin.fileno(), sys.stdout.buffer)
