"""Generation in a process of its own: `python -m perform.sources.worker`.

The interpreter lock would cost the playing path milliseconds, so models never run in it. Frames on
standard input and output: four bytes of length, then MessagePack. The worker ends when its standard
input does, and leaves Ctrl-C to its parent.
"""

import signal
import struct
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec

from perform.errors import SidemanError
from perform.events import PhraseReady
from perform.music.condition import Wish
from perform.sources.litert import LiteRTSource

LENGTH = struct.Struct("<I")


class Request(msgspec.Struct, frozen=True, array_like=True):
    """Make the bar of `seed` with the bundle at `path`, as wished."""

    voice: str
    bar: int
    seed: int
    path: str
    wish: Wish = Wish()


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


def serve(read: BinaryIO, write: BinaryIO) -> None:
    """Answer requests until the input ends. A faulty bundle is answered, never raised."""
    sources: dict[str, LiteRTSource] = {}
    while len(head := read.read(LENGTH.size)) == LENGTH.size:
        request = msgspec.msgpack.decode(read.read(LENGTH.unpack(head)[0]), type=Request)
        try:
            source = sources.get(request.path)
            if source is None:
                source = sources[request.path] = LiteRTSource(Path(request.path))
            answer = Answer(request.voice, request.bar, source.phrase(request.seed, request.wish))
        except SidemanError as fault:
            answer = Answer(request.voice, request.bar, fault=str(fault))
        write.write(pack(answer))
        write.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(sys.stdin.buffer, sys.stdout.buffer)
