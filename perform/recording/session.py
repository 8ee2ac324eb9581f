"""A performance on record: every event with its tick, from which it can be played again note for note.

One JSON line each: first what was there (`{"sideman": 1, "rig": ...}`), then `[tick, event, fields]` in the
order in which the engine was told, at ticks of the session (see `perform.outputs.tape`). The engine is pure, so
told the same it does the same.
"""

import asyncio
import contextlib
import datetime as dt
import logging
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, get_args

import msgspec

from perform.config.schema import Rig
from perform.engine.engine import Engine
from perform.errors import SessionError, SidemanError
from perform.events import Event, OutputEvent, PlayerNoteOn, TransportChanged
from perform.generation.canned import STOCK
from perform.interfaces import Output
from perform.music.chord import Chord, parse_chord
from perform.outputs.midi_file import MidiFileOutput, session_file
from perform.outputs.tape import SessionTimeline, Tape

log = logging.getLogger(__name__)
SCHEMA = 1
FLUSH_SECONDS = 1.0
MOST_WAITING = 10_000  # lines from before the music: faders may be moved for days at an installation that stands
_KINDS: dict[str, Any] = {kind.__name__: kind for kind in get_args(Event)}


class Session(NamedTuple):
    """A rig, and what happened on it: (tick, event) in the order of happening."""

    rig: Rig
    events: tuple[tuple[int, Event], ...]


class Recorder:
    """Writes a session down while it is played; what waits for the disk waits in another thread.

    The file is begun with the music: where nobody plays there is none. A disk that fails ends the recording with one
    line in the log, and never the music. SessionError where the folder cannot be written to.
    """

    def __init__(self, folder: Path, rig: Rig) -> None:
        self._lines = [msgspec.json.encode({"sideman": SCHEMA, "rig": _public(rig)})]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as fault:
            raise SessionError(
                f"{folder}: cannot be written ({fault.strerror}); name another [record] folder"
            ) from None
        self.path = folder  # until there is a file in it
        self._file: BinaryIO | None = None
        self._begun = False
        self._kept = False  # whether anything reached the disk
        self._failed = False
        self._writer = ThreadPoolExecutor(1)  # one thread, so that lines stay in their order
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = self._loop.call_later(FLUSH_SECONDS, self._flush)

    def note(self, tick: int, event: Event) -> None:
        """The engine was told this, at a tick of the session."""
        self._lines.append(encode(tick, event))
        self._begun = self._begun or _is_music(event) or len(self._lines) > MOST_WAITING

    async def close(self) -> None:
        """Write the rest, and the performance as a MIDI file beside it; may be called twice. A long one takes a
        while, in which the loop goes round.
        """
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer = None
        if self._begun:
            log.info("writing the recording")
            self._writer.submit(self._write, self._take())
            await self._loop.run_in_executor(self._writer, self._finish)
        self._writer.shutdown()

    def _flush(self) -> None:
        self._timer = self._loop.call_later(FLUSH_SECONDS, self._flush)
        if self._begun:
            self._writer.submit(self._write, self._take())

    def _take(self) -> bytes:
        lines, self._lines = self._lines, []
        return b"".join(line + b"\n" for line in lines)

    def _write(self, data: bytes) -> None:
        if self._failed:
            return
        try:
            if self._file is None:
                self.path, self._file = _begin(self.path)
            self._file.write(data)
            self._file.flush()
            self._kept = True
        except OSError as fault:
            self._failed = True
            log.error("%s: the recording ends here (%s)", self.path, fault)  # noqa: TRY400

    def _finish(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # said already
                self._file.close()
        if not self._kept:
            return
        try:
            to_midi(read(self.path), self.path.with_suffix(".mid"))
        except SidemanError as fault:
            log.error("%s", fault)  # noqa: TRY400 - one line, no traceback


def _is_music(event: Event) -> bool:
    """Whether it begins something that is worth keeping: the transport rolls, or the player plays."""
    match event:
        case TransportChanged("start" | "continue") | PlayerNoteOn():
            return True
    return False


def _begin(folder: Path) -> tuple[Path, BinaryIO]:
    """A new file, named by this second; those that begin in the same one, as a check and a run, are numbered."""
    began, number = f"{dt.datetime.now().astimezone():%Y-%m-%d-%H%M%S}", 1
    while True:
        path = folder / (f"{began}.jsonl" if number == 1 else f"{began}-{number}.jsonl")
        try:
            return path, path.open("xb")
        except FileExistsError:
            number += 1


def _public(rig: Rig) -> Rig:
    """The rig without what is nobody's business: how surfaces reach it, and their passwords."""
    return msgspec.structs.replace(rig, mqtt=None, panel=None)


def encode(tick: int, event: Event) -> bytes:
    """An event as a line."""
    return msgspec.json.encode([tick, type(event).__name__, list(event)], enc_hook=_plain)


def read(path: Path) -> Session:
    """The session in a file; SessionError names the line that is none. A last line cut short is left out."""
    try:
        lines = path.read_bytes().split(b"\n")
        head = msgspec.json.decode(lines[0])
        if head["sideman"] != SCHEMA:
            raise SessionError(
                f"{path}: a session of schema {head['sideman']}, this version reads {SCHEMA}"
            )
        rig = msgspec.convert(head["rig"], Rig)
    except OSError as fault:
        raise SessionError(f"{path}: cannot be read ({fault.strerror})") from None
    except (msgspec.MsgspecError, KeyError, TypeError, UnicodeDecodeError):
        raise SessionError(f"{path}: no session; make one with [record] in the rig") from None
    return Session(rig, tuple(_events(path, lines[1:])))


def replay(session: Session, sinks: Sequence[Output]) -> None:
    """Play a session again into sinks, at ticks of the session."""
    rig = session.rig
    engine = Engine([v.settings() for v in rig.voices], rig.engine_settings(fallback=STOCK[0]))
    timeline, tape = SessionTimeline(), Tape(sinks)
    _tell(tape, engine.prepare())
    tick = 0
    for tick, event in session.events:
        here = timeline.in_transport(tick)
        _tell(tape, engine.advance(here))
        _tell(tape, engine.handle(event, here))
        tape.hear(tick, event)
        timeline.follow(tick, event)
    if engine.running:  # it was cut short
        _tell(tape, engine.handle(TransportChanged("stop"), timeline.in_transport(tick)))
    tape.end()


def to_midi(session: Session, path: Path) -> None:
    """Write a session as a MIDI file: tempo map, metres, chord markers, a track a voice and one of the player's."""
    sink = midi_sink(session.rig, path)
    replay(session, [sink])
    sink.close()


def midi_sink(rig: Rig, path: Path, *, sparing: bool = False) -> MidiFileOutput:
    """A MIDI file with a track for each voice of a rig, and one for the player; `sparing`: see `MidiFileOutput`."""
    channels = {voice.name: voice.channel for voice in rig.voices}
    return session_file(path, channels, rig.clock.tempo, sparing=sparing)


def _tell(tape: Tape, outputs: Iterable[OutputEvent]) -> None:
    for output in outputs:
        tape.send(output)


def _events(path: Path, lines: list[bytes]) -> Iterator[tuple[int, Event]]:
    for number, line in enumerate(lines, 2):
        if not line:
            continue
        try:
            tick, name, fields = msgspec.json.decode(line)
            yield int(tick), msgspec.convert(fields, _KINDS[name], dec_hook=_meant)
        except (msgspec.MsgspecError, SidemanError, KeyError, TypeError, ValueError) as fault:
            if number == len(lines) + 1:
                return
            raise SessionError(f"{path}: line {number} is no event ({fault})") from None


def _plain(value: Any) -> Any:
    if isinstance(value, Chord):
        return value.symbol
    raise NotImplementedError(type(value))


def _meant(kind: type, value: Any) -> Any:
    if kind is Chord:
        return parse_chord(value)
    raise NotImplementedError(kind)
