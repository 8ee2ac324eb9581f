"""Recorded sessions: every event with its tick, from which a performance can be replayed exactly.

A session is a file of JSON lines. The first line describes the rig (`{"sideman": 1, "rig": ...}`).
Each other line is `[tick, event, fields]`, in the order in which the engine got the events. Ticks
are session ticks (see `perform.outputs.tape`). The engine is pure: the same events give the same
notes.
"""

import asyncio
import contextlib
import datetime as dt
import logging
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple, get_args

import msgspec

from perform.config.schema import Rig
from perform.engine.engine import Engine
from perform.errors import SessionError, SidemanError
from perform.events import (
    ChartChanged,
    Event,
    MetreChanged,
    OutputEvent,
    ParameterChanged,
    PhraseJudged,
    PhraseReady,
    PlayerNoteOff,
    PlayerNoteOn,
    SongPositionChanged,
    TempoTapped,
    TransportChanged,
    TurnLengthChanged,
    VampLeft,
)
from perform.generation.canned import STOCK
from perform.interfaces import Output
from perform.outputs.midi_file import MidiFileOutput, session_file
from perform.outputs.tape import SessionTimeline, Tape

log = logging.getLogger(__name__)
SCHEMA = 1
FLUSH_SECONDS = 1.0
# lines kept in memory before the music starts; an installation may stand for days
MAX_LINES_BEFORE_MUSIC = 10_000
# Event names in a session file that are not the name of the class. When a class gets a new name,
# its old one comes here, so that older files stay readable.
RENAMED_EVENTS: dict[str, type[Event]] = {
    "Located": SongPositionChanged,
    "Tapped": TempoTapped,
    "Turned": ParameterChanged,
    "SpanChanged": TurnLengthChanged,
    "Judged": PhraseJudged,
    "KeyPressed": PlayerNoteOn,
    "KeyLifted": PlayerNoteOff,
    "ChartLeft": VampLeft,
}
_OTHERS = (kind for kind in get_args(Event) if kind not in RENAMED_EVENTS.values())
EVENT_NAMES: dict[str, type[Event]] = RENAMED_EVENTS | {kind.__name__: kind for kind in _OTHERS}
_NAME_OF = {kind: name for name, kind in EVENT_NAMES.items()}


class Session(NamedTuple):
    """A rig, and the events of one performance on it: (tick, event), in order."""

    rig: Rig
    events: tuple[tuple[int, Event], ...]


class Recorder:
    """Writes a session to a file while it is played. A thread of its own waits for the disk.

    The file is created when the music starts, so a daemon that plays no music leaves no file. When
    the disk fails, the recording ends with one line in the log and the music goes on. SessionError
    when the folder is not writable.
    """

    def __init__(self, folder: Path, rig: Rig) -> None:
        self._lines = [msgspec.json.encode({"sideman": SCHEMA, "rig": _without_secrets(rig)})]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise SessionError(
                f"{folder}: cannot be written ({error.strerror}); name another [record] folder"
            ) from None
        self.path = folder  # until the file is created
        self._file: BinaryIO | None = None
        self._started = False
        self._written = False  # whether any line reached the disk
        self._failed = False
        self._writer = ThreadPoolExecutor(1)  # one thread, so that the lines stay in order
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = self._loop.call_later(FLUSH_SECONDS, self._flush)

    def record(self, tick: int, event: Event) -> None:
        """Record one event that the engine got at a session tick."""
        self._lines.append(encode_event(tick, event))
        if not self._started:
            self._started = _is_music(event) or len(self._lines) > MAX_LINES_BEFORE_MUSIC

    async def close(self) -> None:
        """Write the remaining lines, then the session as a MIDI file. May be called twice.

        A long session takes a while; the event loop runs meanwhile.
        """
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer = None
        if self._started:
            log.info("writing the recording")
            self._writer.submit(self._write, self._take())
            await self._loop.run_in_executor(self._writer, self._finish)
        self._writer.shutdown()

    def _flush(self) -> None:
        self._timer = self._loop.call_later(FLUSH_SECONDS, self._flush)
        if self._started:
            self._writer.submit(self._write, self._take())

    def _take(self) -> bytes:
        lines, self._lines = self._lines, []
        return b"".join(line + b"\n" for line in lines)

    def _write(self, data: bytes) -> None:
        if self._failed:
            return
        try:
            if self._file is None:
                self.path, self._file = _create(self.path)
            self._file.write(data)
            self._file.flush()
            self._written = True
        except OSError as error:
            self._failed = True
            log.error("%s: the recording ends here (%s)", self.path, error)  # noqa: TRY400

    def _finish(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # the log has it already
                self._file.close()
        if not self._written:
            return
        try:
            write_midi_file(read_session(self.path), self.path.with_suffix(".mid"))
        except SidemanError as error:
            log.error("%s", error)  # noqa: TRY400 - one line, no traceback


def _is_music(event: Event) -> bool:
    """Whether the event starts the music: the transport starts, or the player plays."""
    match event:
        case TransportChanged("start" | "continue") | PlayerNoteOn():
            return True
    return False


def _create(folder: Path) -> tuple[Path, BinaryIO]:
    """A new file, named by the current second; further files of the same second get a number."""
    moment, number = f"{dt.datetime.now().astimezone():%Y-%m-%d-%H%M%S}", 1
    while True:
        path = folder / (f"{moment}.jsonl" if number == 1 else f"{moment}-{number}.jsonl")
        try:
            return path, path.open("xb")
        except FileExistsError:
            number += 1


def _without_secrets(rig: Rig) -> Rig:
    """The rig without its MQTT broker and panel: they hold passwords and addresses."""
    return msgspec.structs.replace(rig, mqtt=None, panel=None)


def encode_event(tick: int, event: Event) -> bytes:
    """One line of a session file, without its line end."""
    # the line of a chart has its bars, vamps and text side by side
    fields: list[object] = list(event)
    if isinstance(event, ChartChanged):
        fields = [*event.chart[:2], event.text]
    if isinstance(event, PhraseReady) and not event.placed:
        fields = fields[:3]  # the others say how a placed bar is meant
    if isinstance(event, MetreChanged) and not event.first:
        fields = fields[:2]
    if isinstance(event, TransportChanged) and not event.count_in:
        fields = fields[:1]
    return msgspec.json.encode([tick, _NAME_OF[type(event)], fields])


def read_session(path: Path) -> Session:
    """The session in a file. A last line that was cut short is left out.

    SessionError names the line that is no event.
    """
    try:
        lines = path.read_bytes().split(b"\n")
        head = msgspec.json.decode(lines[0])
        if head["sideman"] != SCHEMA:
            raise SessionError(
                f"{path}: a session of schema {head['sideman']}, this version reads {SCHEMA}"
            )
        rig = msgspec.convert(head["rig"], Rig)
    except OSError as error:
        raise SessionError(f"{path}: cannot be read ({error.strerror})") from None
    except (msgspec.MsgspecError, KeyError, TypeError, UnicodeDecodeError):
        raise SessionError(f"{path}: no session; make one with [record] in the rig") from None
    return Session(rig, tuple(_decode_events(path, lines[1:])))


def replay(session: Session, outputs: Sequence[Output]) -> None:
    """Play a session again into outputs, at session ticks."""
    rig = session.rig
    engine = Engine([v.settings() for v in rig.voices], rig.engine_settings(fallback=STOCK[0]))
    timeline, tape = SessionTimeline(), Tape(outputs)
    _send_all(tape, engine.prepare())
    tick = 0
    for tick, event in session.events:
        here = timeline.in_transport(tick)
        _send_all(tape, engine.advance(here))
        _send_all(tape, engine.handle(event, here))
        tape.handle(tick, event)
        timeline.follow(tick, event)
    if engine.running:  # the recording was cut short
        _send_all(tape, engine.handle(TransportChanged("stop"), timeline.in_transport(tick)))
    tape.end()


def write_midi_file(session: Session, path: Path) -> None:
    """Write a session as a MIDI file.

    It has the tempo map, the metres, the chords as markers, a track for each voice and one for the
    player.
    """
    output = midi_file_output(session.rig, path)
    replay(session, [output])
    output.close()


def midi_file_output(rig: Rig, path: Path, *, skip_empty: bool = False) -> MidiFileOutput:
    """A MIDI file with a track for each voice of a rig, and one for the player.

    `skip_empty`: see `MidiFileOutput`.
    """
    channels = {voice.name: voice.channel for voice in rig.voices}
    return session_file(path, channels, rig.clock.tempo, skip_empty=skip_empty)


def _send_all(tape: Tape, outputs: Iterable[OutputEvent]) -> None:
    for output in outputs:
        tape.send(output)


def _decode_events(path: Path, lines: list[bytes]) -> Iterator[tuple[int, Event]]:
    for number, line in enumerate(lines, 2):
        if not line:
            continue
        try:
            tick, name, fields = msgspec.json.decode(line)
            if EVENT_NAMES[name] is ChartChanged:
                fields = [fields[:2], *fields[2:]]
            yield int(tick), msgspec.convert(fields, EVENT_NAMES[name])
        except (msgspec.MsgspecError, SidemanError, KeyError, TypeError, ValueError) as error:
            if number == len(lines) + 1:
                return
            raise SessionError(f"{path}: line {number} is no event ({error})") from None
