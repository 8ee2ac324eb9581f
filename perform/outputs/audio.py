"""Sound, by fluidsynth: a MIDI file to a WAV file, faster than real time."""

import os
import struct
from pathlib import Path

import mido

from perform.atomic_file import draft
from perform.errors import SidemanError, StartError

SAMPLE_RATE = 44100
FRAME_BYTES = 4
TAIL_FRAMES = 3 * SAMPLE_RATE // 2
ENVIRONMENT = "SIDEMAN_SOUNDFONT"
USUAL_PLACES = (
    "/usr/share/sounds/sf2",
    "/usr/share/sounds/sf3",
    "/usr/share/soundfonts",
    "/usr/local/share/soundfonts",
    "/opt/homebrew/share/soundfonts",
    "/opt/homebrew/share/fluid-synth/sf2",
    "~/Library/Audio/Sounds/Banks",
    "~/.local/share/soundfonts",
)
HINT = (
    "no SoundFont found, so no WAV: apt install timgm6mb-soundfont (or brew install fluid-synth), "
    "or name a .sf2 file with --soundfont"
)


def find_soundfont(named: Path | None = None) -> Path | None:
    """The named SoundFont, $SIDEMAN_SOUNDFONT, or the first in the usual places; None without."""
    if named is not None:
        if not named.is_file():
            raise SidemanError(f"{named}: no such SoundFont; name a .sf2 or .sf3 file")
        return named
    own = os.environ.get(ENVIRONMENT)
    if own:
        return find_soundfont(Path(own))
    for place in USUAL_PLACES:
        fonts = sorted(Path(place).expanduser().glob("*.sf[23]"))
        if fonts:
            return fonts[0]
    return None


def render_wav(song: Path, target: Path, soundfont: Path) -> None:
    """The MIDI file `song` played to `target`: 16 bit stereo, 44.1 kHz, with a tail that rings out.

    StartError where fluidsynth is missing, OutputError when the disk refuses.
    """
    try:
        import fluidsynth  # noqa: PLC0415 - an extra, and it looks for a system library
    except (ImportError, FileNotFoundError) as fault:
        raise StartError(
            f"a WAV needs fluidsynth ({fault}): pip install '.[audio]' and "
            "apt install libfluidsynth3 (or brew install fluid-synth)"
        ) from None
    messages = list(mido.MidiFile(song))
    synth = fluidsynth.Synth(samplerate=float(SAMPLE_RATE), gain=0.6)
    try:
        font = synth.sfload(str(soundfont))
        if font < 0:
            raise SidemanError(f"{soundfont}: not a SoundFont; name a .sf2 or .sf3 file")
        for channel in range(16):
            synth.program_select(channel, font, 128 if channel == 9 else 0, 0)
        with draft(target) as beside, beside.open("wb") as sound:
            sound.write(_header(sum(_frames(message.time) for message in messages) + TAIL_FRAMES))
            for message in messages:
                sound.write(_samples(synth, _frames(message.time)))
                _play(synth, message)
            sound.write(_samples(synth, TAIL_FRAMES))
    finally:
        synth.delete()


def _frames(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def _header(frames: int) -> bytes:
    """What a WAV file of so many frames begins with (Microsoft, Multimedia Programming Interface, 1991).

    Python's own writer would fill it in last, and try once more when it is collected, with a traceback.
    """
    size = frames * FRAME_BYTES
    form = (1, 2, SAMPLE_RATE, SAMPLE_RATE * FRAME_BYTES, FRAME_BYTES, 16)  # PCM, stereo
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, *form, b"data", size
    )


def _samples(synth, frames: int) -> bytes:  # type: ignore[no-untyped-def] # noqa: ANN001
    samples: bytes = synth.get_samples(frames).astype("<i2").tobytes()
    return samples


def _play(synth, message: mido.Message) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    if message.type == "note_on" and message.velocity:
        synth.noteon(message.channel, message.note, message.velocity)
    elif message.type in ("note_on", "note_off"):
        synth.noteoff(message.channel, message.note)
    elif message.type == "program_change":
        synth.program_change(message.channel, message.program)
