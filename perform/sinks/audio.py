"""Sound, by fluidsynth: a MIDI file to a WAV file, faster than real time."""

import ctypes
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import mido
import numpy as np
import numpy.typing as npt

from perform.draft import draft
from perform.sinks.soundfont import synthesizer

SAMPLE_RATE = 44100
FRAME_BYTES = 4
TAIL_FRAMES = 3 * SAMPLE_RATE // 2
MOST_FRAMES = SAMPLE_RATE  # in one array: a pause may be long
GAIN = 0.6
PEAK = 32767 * 10 ** (-1 / 20)  # the loudest sample: -1 dBFS
Samples = npt.NDArray[np.float32]


def render_wav(song: Path, target: Path, soundfont: Path) -> None:
    """The MIDI file `song` played to `target`: 16 bit stereo, 44.1 kHz, with a tail that rings out.

    Its loudest sample is at -1 dBFS. It is played twice, first to measure: so a long song takes no
    memory.

    StartError where fluidsynth is missing, OutputError when the disk refuses.
    """
    messages = list(mido.MidiFile(song))
    frames = sum(_frames(message.time) for message in messages) + TAIL_FRAMES
    loudest = max(float(np.abs(samples).max()) for samples in _played(messages, soundfont))
    factor = PEAK / loudest if loudest else 1.0
    with draft(target) as beside, beside.open("wb") as sound:
        sound.write(_header(frames))
        for samples in _played(messages, soundfont):
            sound.write(np.rint(samples * factor).astype("<i2").tobytes())


def _played(messages: Sequence[mido.Message], soundfont: Path) -> Iterator[Samples]:
    """The sound of messages and tail, some frames at a time: left, right, left, ...; 1 is full."""
    synth = synthesizer(soundfont, GAIN, float(SAMPLE_RATE))
    write = _writer()
    try:
        for message in messages:
            yield from _sounded(synth, write, _frames(message.time))
            _play(synth, message)
        yield from _sounded(synth, write, TAIL_FRAMES)
    finally:
        synth.delete()


def _writer() -> Any:
    """The function of fluidsynth's synth.h that writes real numbers.

    Those of `get_samples` are whole: loud music clips, and soft music is coarse.
    """
    import fluidsynth  # noqa: PLC0415 - an extra

    names = ("synth", "frames", "left", "left_at", "left_step", "right", "right_at", "right_step")
    pointer, number = ctypes.c_void_p, ctypes.c_int
    kinds = (pointer, number, pointer, number, number, pointer, number, number)
    taken = zip(names, kinds, (1,) * len(names), strict=True)
    return fluidsynth.cfunc("fluid_synth_write_float", number, *taken)


def _sounded(synth: Any, write: Any, frames: int) -> Iterator[Samples]:
    while frames > 0:
        size = min(frames, MOST_FRAMES)
        samples = np.zeros(2 * size, np.float32)
        write(synth.synth, size, samples.ctypes.data, 0, 2, samples.ctypes.data, 1, 2)
        yield samples
        frames -= size


def _frames(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def _header(frames: int) -> bytes:
    """The header of a WAV file of so many frames (Microsoft, Multimedia Programming, 1991).

    Python's own writer writes it last, and once more when it is collected, with a traceback.
    """
    size = frames * FRAME_BYTES
    form = (1, 2, SAMPLE_RATE, SAMPLE_RATE * FRAME_BYTES, FRAME_BYTES, 16)  # PCM, stereo
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, *form, b"data", size
    )


def _play(synth: Any, message: mido.Message) -> None:
    if message.type == "note_on" and message.velocity:
        synth.noteon(message.channel, message.note, message.velocity)
    elif message.type in ("note_on", "note_off"):
        synth.noteoff(message.channel, message.note)
    elif message.type == "program_change":
        synth.program_change(message.channel, message.program)
