"""A performance as a Standard MIDI File."""

import os
from collections.abc import Mapping
from pathlib import Path

import mido

from perform.atomic_file import replacing
from perform.engine.metre import Metre, format_metre
from perform.errors import OutputError
from perform.events import ChordSounds, MetreBegins, NoteMessage, OutputEvent, TempoBegins
from perform.music.note import TICKS_PER_BEAT
from perform.outputs.base import OpenedOutput, OutputContext, OutputTable
from perform.outputs.tape import PLAYER, Tape

PLAYERS_CHANNEL = 16


class MidiFileOutputConfig(OutputTable, frozen=True, tag_field="kind", tag="midifile"):
    """The whole performance as a Standard MIDI File, written at the end if any note was played."""

    path: str

    @property
    def writes_files(self) -> bool:
        """Whether the output leaves files behind: it does."""
        return True

    def check_files(self) -> None:
        """OutputError where the file cannot be written."""
        refuse_unwritable(Path(self.path))

    def open(self, context: OutputContext) -> OpenedOutput:
        """The output, which writes its file when it closes. OutputError where it cannot be written."""
        song = session_file(Path(self.path), context.channels, context.tempo, sparing=True)
        tape = Tape([song])
        return OpenedOutput(tape, record=tape.handle)


class MidiFileOutput:
    """Collects a performance; `close` writes it, whole or not at all.

    Type 1, 480 ticks a quarter: a conductor's track with tempo map, metres and chord markers, then a track a
    voice. `channels`: voice -> 1 to 16. `bpm`: at first. `sparing`: where nothing sounded nothing is written, and a
    file that is there stays. OutputError, before anything sounds, where no file can be written.
    """

    def __init__(
        self, path: Path, channels: Mapping[str, int], bpm: float, *, sparing: bool = False
    ) -> None:
        refuse_unwritable(path)
        self._path = path
        self._sparing = sparing
        self._channels = channels
        self._conductor: list[tuple[int, mido.MetaMessage]] = [(0, _tempo(bpm))]
        self._sounds: dict[str, list[NoteMessage]] = {voice: [] for voice in channels}
        self._closed = False

    def send(self, output: OutputEvent) -> None:
        """Note it down; messages of notes are made at the end: notes wait for none."""
        match output:
            case NoteMessage():
                self._sounds[output.voice].append(output)
            case ChordSounds(tick, symbol):
                self._conductor.append((tick, mido.MetaMessage("marker", text=symbol)))
            case TempoBegins(tick, bpm):
                self._conductor.append((tick, _tempo(bpm)))
            case MetreBegins(tick, bar, beat):
                self._conductor.append((tick, _metre(Metre(bar, beat))))

    def close(self) -> None:
        """Write the file. OutputError when the disk refuses."""
        if self._closed:
            return
        self._closed = True
        if self._sparing and not any(self._sounds.values()):
            return
        song = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
        song.tracks.append(_track("Sideman", sorted(self._conductor, key=lambda timed: timed[0])))
        for voice, sounds in self._sounds.items():
            channel = self._channels[voice] - 1
            song.tracks.append(_track(voice, [_message(sound, channel) for sound in sounds]))
        with replacing(self._path, OutputError) as temporary:
            song.save(temporary)


def session_file(
    path: Path, channels: Mapping[str, int], bpm: float, *, sparing: bool = False
) -> MidiFileOutput:
    """A MIDI file with a track for each voice, and one for the player; see `MidiFileOutput`."""
    return MidiFileOutput(path, {**channels, PLAYER: PLAYERS_CHANNEL}, bpm, sparing=sparing)


def refuse_unwritable(path: Path) -> None:
    """OutputError where a file cannot be written, found without writing one."""
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{path}: there is no folder {folder}; make it, or name another path")
    if path.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: cannot be written; name another path, or allow it in {folder}")


def _tempo(bpm: float) -> mido.MetaMessage:
    return mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))


def _metre(metre: Metre) -> mido.MetaMessage:
    above, below = (int(number) for number in format_metre(metre).split("/"))
    return mido.MetaMessage("time_signature", numerator=above, denominator=below)


def _message(sound: NoteMessage, channel: int) -> tuple[int, mido.Message]:
    kind = "note_on" if sound.velocity else "note_off"
    message = mido.Message(kind, channel=channel, note=sound.pitch, velocity=sound.velocity)
    return sound.tick, message


def _track(
    name: str, messages: list[tuple[int, mido.Message | mido.MetaMessage]]
) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    now = 0
    for tick, message in messages:
        track.append(message.copy(time=max(0, tick - now)))
        now = max(now, tick)
    return track
