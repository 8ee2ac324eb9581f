"""Plays notes through fluidsynth and the sound card: `Speaker`, and its process.

    python -m perform.outputs.speaker SOUNDFONT DRIVER...

The process writes the name of the driver that opened, or an empty line, to standard output. Then
it reads MIDI messages of three bytes. It is a separate process because drivers of sound cards write
to the terminal, wait for servers, or crash.
"""

import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from perform.events import NoteMessage, OutputEvent
from perform.ipc.interrupts import not_for_children
from perform.outputs.shared_keys import SharedKeys
from perform.outputs.soundfont import synthesizer

OPEN_SECONDS = 4.0  # a sound server may have to be started first
RING_SECONDS = 0.7  # the last note rings out
GAIN = 2.0  # two lines of piano stay 7 dB below full scale
SAMPLE_RATE = 44100.0
NOTE_ON, NOTE_OFF = 0x90, 0x80


def drivers() -> list[str]:
    """The drivers of fluidsynth for the sound servers and cards of this machine, best first."""
    if sys.platform != "linux":
        return {"darwin": ["coreaudio"], "win32": ["wasapi", "dsound"]}.get(sys.platform, [])
    session = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere"))
    server = os.environ.get("JACK_DEFAULT_SERVER", "default")
    found = {
        "pulseaudio": "PULSE_SERVER" in os.environ or (session / "pulse/native").exists(),
        "pipewire": (session / "pipewire-0").exists(),
        "jack": Path(f"/dev/shm/jack_{server}_{os.getuid()}_0").exists(),  # noqa: S108
        "alsa": any(Path("/dev/snd").glob("pcm*p")),
    }
    return [name for name, is_found in found.items() if is_found]


class Speaker:
    """Plays voices on their channels (1 to 16) through the sound card.

    `fault`: what failed there, in one line; "" while nothing has failed.
    """

    def __init__(self, font: Path, names: Sequence[str], channels: Mapping[str, int]) -> None:
        self.fault = ""
        self._channels = {voice: channel - 1 for voice, channel in channels.items()}
        self._keys = SharedKeys()
        self._tried = ", ".join(names)
        with not_for_children():
            self._process = subprocess.Popen(
                [sys.executable, "-m", "perform.outputs.speaker", str(font), *names],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
                env={**os.environ, "JACK_NO_START_SERVER": "1"},
            )  # fmt: skip
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        os.set_blocking(self._stdin.fileno(), False)

    def open(self) -> bool:
        """Whether the sound card is open; waits at most OPEN_SECONDS for it."""
        ready, _, _ = select.select([self._stdout], [], [], OPEN_SECONDS)
        if not ready or not self._stdout.readline().strip():
            self._process.kill()
            self.fault = f"the sound card does not open (tried {self._tried})"
        return not self.fault

    def send(self, event: OutputEvent) -> None:
        """Play a note at once. Never waits: a note is dropped when the process does not read."""
        if self.fault or not isinstance(event, NoteMessage):
            return
        try:
            channel = self._channels[event.voice]
            for note in self._keys.handle(channel, event):
                status = (NOTE_ON if note.velocity else NOTE_OFF) | channel
                self._stdin.write(bytes([status, note.pitch, note.velocity]))
        except OSError:
            self.fault = "the sound card went away"

    def close(self) -> None:
        """End all notes and the process; may be called twice."""
        self._stdin.close()
        try:
            self._process.wait(OPEN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stdout.close()


def main() -> None:
    """Open the first driver that works, and play until standard input ends."""
    font, *names = sys.argv[1:]
    # Libraries write to standard output too: only the answer goes there.
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    synth = synthesizer(Path(font), GAIN, SAMPLE_RATE)
    opened = next((driver for driver in names if _opens(synth, driver)), "")
    print(opened, file=answer, flush=True)
    if not opened:
        return
    while len(message := sys.stdin.buffer.read(3)) == 3:
        status, pitch, velocity = message
        if status & 0xF0 == NOTE_ON:
            synth.noteon(status & 0x0F, pitch, velocity)
        else:
            synth.noteoff(status & 0x0F, pitch)
    for channel in range(16):
        synth.all_notes_off(channel)
    time.sleep(RING_SECONDS)
    synth.delete()


def _opens(synth: Any, driver: str) -> bool:
    """Whether a driver opens a sound card. Synth.start would open a MIDI port too."""
    import fluidsynth  # noqa: PLC0415 - an extra

    synth.setting("audio.driver", driver)
    synth.setting("audio.jack.autoconnect", 1)
    synth.audio_driver = fluidsynth.new_fluid_audio_driver(synth.settings, synth.synth)
    return bool(synth.audio_driver)


if __name__ == "__main__":
    main()
