"""A concert on real MIDI ports: JACK, fluidsynth, and the daemon, played as a hand plays."""

import signal
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
from parts import Hearing, Program, connected, eventually, need, perform

from perform.engine.harmony import chord_scale
from perform.music.chord import parse_chord

RIG = """
[clock]
tempo = 320.0
[harmony]
change = "slide"
[midi]
system = "jack"
[inputs.midi]
virtual = "Sideman chords"
[outputs.synth]
kind = "midi"
virtual = "Sideman"
[[voices]]
name = "lead"
"""
BLUES = ["C7", "F7", "C7", "F7", "C7", "A7", "Dm7", "G7", "C7", "A7", "Dm7", "G7"]
BAR_SECONDS = 4 * 60 / 320
SETTLE_SECONDS = 0.15  # after the last key of a chord is down


def voicing(symbol):
    chord = parse_chord(symbol)
    return [48 + chord.root] + [
        60 + (tone - 60) % 12 for tone in sorted(chord.tones) if tone != chord.root
    ]


def play(keyboard, symbol, held):
    """A chord as a hand puts it down: notes some milliseconds apart, the old one still held."""
    pause = threading.Event().wait
    notes = voicing(symbol)
    for note in notes:
        keyboard.send([0x90, note, 90])
        pause(0.006)
    for note in held:
        if note not in notes:
            keyboard.send([0x80, note, 0])
            pause(0.003)
    return notes


def test_a_twelve_bar_blues_by_hand(jack, tmp_path):
    need("fluidsynth")
    (tmp_path / "rig.toml").write_text(RIG)
    daemon = perform("run", str(tmp_path / "rig.toml"))
    synth = ears = None
    try:
        daemon.wait_for("ready")
        ears = Hearing(connected("input", ":Sideman"))
        keyboard = connected("output", "Sideman chords")
        synth = start_fluidsynth(tmp_path / "concert.raw")
        held, played = [], []
        for symbol in BLUES:
            now = time.monotonic()
            held = play(keyboard, symbol, held)
            played.append((now, time.monotonic(), parse_chord(symbol)))
            threading.Event().wait(max(0.0, now + BAR_SECONDS - time.monotonic()))
    finally:
        status = daemon.end(signal.SIGINT)
        if synth is not None:
            synth.end()
        if ears is not None:
            ears.close()
    assert status == 0, "\n".join(daemon.lines)
    assert_fits(ears.heard, played)
    assert_silent_at_the_end(ears.heard)
    assert_audible(tmp_path / "concert.raw")


def start_fluidsynth(target):
    font = next(iter(sorted(Path("/usr/share/sounds/sf2").glob("*.sf2"))))
    synth = Program(
        "fluidsynth", "-a", "file", "-m", "jack", "-o", f"audio.file.name={target}",
        "-o", "audio.file.type=raw", "-o", "midi.autoconnect=1", "-o", "midi.jack.id=fluid",
        "-i", "-s", str(font),
    )  # fmt: skip

    def listing():
        done = subprocess.run(["jack_lsp"], capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    eventually(lambda: any("fluid" in name and "midi" in name for name in listing()))
    there = listing()
    fluid = next(name for name in there if "fluid" in name and "midi" in name)
    ours = next(name for name in there if name.endswith(":Sideman"))
    subprocess.run(["jack_connect", ours, fluid], capture_output=True, check=False)
    links = subprocess.run(["jack_lsp", "-c", fluid], capture_output=True, text=True, check=True)
    assert ours in links.stdout
    return synth


def assert_fits(heard, played):
    """Each note belongs to a chord that was held when it sounded; a moving hand may mean either."""
    struck = [
        (when, message[1]) for when, message in heard if message[0] & 0xF0 == 0x90 and message[2]
    ]
    assert len(struck) > len(played)
    never = (float("inf"), float("inf"), None)
    for when, pitch in struck:
        now = [
            chord
            for (start, _, chord), (_, down, _) in zip(played, [*played[1:], never], strict=True)
            if start <= when < down + SETTLE_SECONDS
        ]
        assert any(pitch % 12 in chord_scale(chord) for chord in now), (
            [(round(when - start, 3), chord.symbol) for start, _, chord in played],
            pitch,
        )


def assert_silent_at_the_end(heard):
    sounding = set()
    for _, (status, note, velocity) in heard:
        if status & 0xF0 == 0x90 and velocity:
            assert note not in sounding
            sounding.add(note)
        elif status & 0xF0 in (0x80, 0x90):
            sounding.discard(note)
    assert not sounding
    assert any(message[:2] == [0xB0, 123] for _, message in heard)


def assert_audible(path):
    samples = np.fromfile(path, np.int16)
    assert np.abs(samples).max() > 500
