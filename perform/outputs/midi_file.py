"""A performance as a Standard MIDI File."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import mido

from perform.atomic_file import replacing
from perform.engine.click import CLICK
from perform.engine.metre import Metre, format_metre
from perform.errors import OutputError
from perform.events import ChordSounds, MetreBegins, NoteMessage, OutputEvent, TempoBegins
from perform.music.note import TICKS_PER_BEAT
from perform.outputs.base import OpenedOutput, OutputContext, OutputTable
from perform.outputs.shared_keys import separated
from perform.outputs.tape import PLAYER, Tape

PLAYER_CHANNEL = 16


class MidiFileOutputConfig(OutputTable, frozen=True, tag_field="kind", tag="midifile"):
    """The whole performance as a Standard MIDI File, written at the end if any note was played."""

    writes_files: ClassVar[bool] = True

    path: str

    def check_files(self) -> None:
        """OutputError where the file cannot be written."""
        check_writable(Path(self.path))

    def open(self, context: OutputContext) -> OpenedOutput:
        """The output, which writes its file on close. OutputError where it cannot be written."""
        song = session_file(Path(self.path), context.channels, context.tempo, skip_empty=True)
        tape = Tape([song])
        return OpenedOutput(tape, record=tape.handle)


class MidiFileOutput:
    """Collects a performance; `close` writes it, whole or not at all.

    Type 1, 480 ticks a quarter: a track with tempo map, metres and chord markers, then a track for
    each voice, whose notes do not cut those of another (see `separated`). `channels`: voice -> 1 to
    16. `bpm`: at the start. `skip_empty`: no file is written if no note was played, and an older
    file stays. OutputError, before any note sounds, where no file can be written.
    """

    def __init__(
        self, path: Path, channels: Mapping[str, int], bpm: float, *, skip_empty: bool = False
    ) -> None:
        check_writable(path)
        self._path = path
        self._skip_empty = skip_empty
        self._channels = channels
        self._conductor_track: list[tuple[int, mido.MetaMessage]] = [(0, _tempo(bpm))]
        self._notes: dict[str, list[NoteMessage]] = {voice: [] for voice in channels}
        self._closed = False

    def send(self, event: OutputEvent) -> None:
        """Keep an event; the messages of notes are made on close, so that no note waits."""
        match event:
            case NoteMessage():
                self._notes[event.voice].append(event)
            case ChordSounds(tick, symbol):
                self._conductor_track.append((tick, mido.MetaMessage("marker", text=symbol)))
            case TempoBegins(tick, bpm):
                self._conductor_track.append((tick, _tempo(bpm)))
            case MetreBegins(tick, bar, beat):
                self._conductor_track.append((tick, _time_signature(Metre(bar, beat))))

    def close(self) -> None:
        """Write the file. OutputError when the disk does not take it."""
        if self._closed:
            return
        self._closed = True
        if self._skip_empty and not any(self._notes.values()):
            return
        song = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
        song.tracks.append(_track("Sideman", sorted(self._conductor_track, key=lambda it: it[0])))
        for voice, notes in separated(self._notes, self._channels).items():
            if voice == CLICK and not notes:
                continue
            channel = self._channels[voice] - 1
            song.tracks.append(_track(voice, [_message(note, channel) for note in notes]))
        with replacing(self._path, OutputError) as temporary:
            song.save(temporary)


def session_file(
    path: Path, channels: Mapping[str, int], bpm: float, *, skip_empty: bool = False
) -> MidiFileOutput:
    """A MIDI file with a track for each voice, and one for the player; see `MidiFileOutput`."""
    return MidiFileOutput(path, {**channels, PLAYER: PLAYER_CHANNEL}, bpm, skip_empty=skip_empty)


def check_writable(path: Path) -> None:
    """OutputError where a file cannot be written; nothing is written to find out."""
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{path}: there is no folder {folder}; make it, or name another path")
    if path.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: cannot be written; name another path, or allow it in {folder}")


def _tempo(bpm: float) -> mido.MetaMessage:
    return mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))


def _time_signature(metre: Metre) -> mido.MetaMessage:
    numerator, denominator = (int(number) for number in format_metre(metre).split("/"))
    return mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)


def _message(note: NoteMessage, channel: int) -> tuple[int, mido.Message]:
    kind = "note_on" if note.velocity else "note_off"
    message = mido.Message(kind, channel=channel, note=note.pitch, velocity=note.velocity)
    return note.tick, message


def _track(
    name: str, messages: list[tuple[int, mido.Message | mido.MetaMessage]]
) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    now = 0
    for tick, message in messages:
        track.append(message.copy(time=max(0, tick - now)))
        now = max(now, tick)
    return track
