"""A blues on real MIDI ports: a simulated player, the daemon, JACK and fluidsynth."""

import contextlib
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
from browser import OscListener
from loopback import free_port
from parts import (
    MidiRecorder,
    Program,
    Stalls,
    connected,
    eventually,
    jack_links,
    jack_lsp,
    need,
    perform,
)

from perform.clock.realtime import TOO_LATE_SECONDS
from perform.engine.harmony import chord_scale
from perform.music.chord import parse_chord

RIG = """
[clock]
tempo = 320.0
[harmony]
change = "slide"
[midi]
system = "jack"
[inputs.osc]
listen = "127.0.0.1:{osc}"
[inputs.midi]
virtual = "Sideman chords"
[outputs.synth]
kind = "midi"
virtual = "Sideman"
[[voices]]
name = "lead"
model = "blues-bars"  # every note is in the chord scale
"""
BLUES = ["C7", "F7", "C7", "F7", "C7", "A7", "Dm7", "G7", "C7", "A7", "Dm7", "G7"]
BAR_SECONDS = 4 * 60 / 320
SETTLE_SECONDS = 0.15  # from the last key of a chord to its effect, on an idle machine


def voicing(symbol):
    chord = parse_chord(symbol)
    return [48 + chord.root] + [
        60 + (tone - 60) % 12 for tone in sorted(chord.tones) if tone != chord.root
    ]


def play(keyboard, symbol, held):
    """Play a chord as a player does: notes milliseconds apart, while the last chord is held."""
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


def test_a_player_plays_a_twelve_bar_blues(jack, tmp_path):
    need("fluidsynth")
    osc = free_port()
    (tmp_path / "rig.toml").write_text(RIG.format(osc=osc))
    with contextlib.ExitStack() as ends:

        def closed(it):
            return ends.enter_context(contextlib.closing(it))

        daemon = ends.enter_context(perform("run", str(tmp_path / "rig.toml")))
        daemon.wait_for("ready")
        listener = closed(OscListener(osc))
        listener.expect("/state/tempo")
        recorder = closed(MidiRecorder(connected("input", ":Sideman")))
        keyboard = closed(connected("output", "Sideman chords"))
        ends.enter_context(fluidsynth(tmp_path / "concert.raw"))
        lost = jack.lost()
        held, played = [], []
        with Stalls() as stalls:
            for symbol in BLUES:
                now = time.monotonic()
                held = play(keyboard, symbol, held)
                played.append((now, time.monotonic(), parse_chord(symbol)))
                threading.Event().wait(max(0.0, now + BAR_SECONDS - time.monotonic()))
        status = daemon.end(signal.SIGINT)
    assert status == 0, "\n".join(daemon.lines)
    assert_fits_recognized_chords(listener.heard, stalled=stalls.worst > TOO_LATE_SECONDS)
    assert_arrived(recorder.heard, listener.heard, may_lose=jack.lost() > lost)
    assert_fits(recorder.heard, played, SETTLE_SECONDS + stalls.worst)
    assert_audible(tmp_path / "concert.raw")


@contextlib.contextmanager
def fluidsynth(target):
    """A fluidsynth that plays what the daemon sends, into the file `target`."""
    font = next(iter(sorted(Path("/usr/share/sounds/sf2").glob("*.sf2"))))

    def port(pattern):
        """The port whose name matches; JACK may list a new port late."""
        matches = re.compile(pattern).search
        return eventually(lambda: next(filter(matches, jack_lsp()), None))

    with Program(
        "fluidsynth", "-a", "file", "-m", "jack", "-o", f"audio.file.name={target}",
        "-o", "audio.file.type=raw", "-o", "midi.autoconnect=1", "-o", "midi.jack.id=fluid",
        "-i", "-s", str(font),
    ):  # fmt: skip
        fluid, ours = port("fluid.*midi"), port(":Sideman$")

        def linked():
            subprocess.run(["jack_connect", ours, fluid], capture_output=True, check=False)
            return (ours, fluid) in jack_links()

        eventually(linked)
        yield


def assert_fits_recognized_chords(messages, *, stalled):
    """Check the OSC messages, none of which gets lost: the daemon recognized the chords in order,
    each note fits the chord of its time, and each note ended. `stalled`: the machine stood still
    for so long that a note-on may have been left out, whose note-off is sent all the same.
    """
    wanted, chord, sounding = list(BLUES), None, set()
    for address, values in messages:
        if address == "/chord":
            chord = parse_chord(values[0])
            if wanted and same(chord, parse_chord(wanted[0])):
                del wanted[0]
        elif address == "/note":
            _, pitch, velocity = values
            assert (pitch in sounding) != bool(velocity) or (stalled and not velocity)
            assert not velocity or pitch % 12 in chord_scale(chord), (pitch, chord.symbol)
            (sounding.add if velocity else sounding.discard)(pitch)
    assert not wanted
    assert not sounding


def same(one, other):
    return (one.root, set(one.tones)) == (other.root, set(other.tones))


def assert_arrived(heard, messages, *, may_lose):
    """Check that the port sent every note once and in order. `may_lose`: JACK reported losses, so
    notes may be missing.
    """
    handed = [(values[1], values[2]) for address, values in messages if address == "/note"]
    came = [(pitch, force) for _, (status, pitch, force) in heard if status & 0xF0 in (0x80, 0x90)]
    assert may_lose or came == handed
    rest = iter(handed)
    assert all(note in rest for note in came)
    assert may_lose or any(message[:2] == [0xB0, 123] for _, message in heard)


def assert_fits(heard, played, settle):
    """Check that each note fits a chord that was held at its time. During a change of chord either
    fits, until `settle` seconds after the last key of the new chord.
    """
    struck = [
        (when, message[1]) for when, message in heard if message[0] & 0xF0 == 0x90 and message[2]
    ]
    assert len(struck) > len(played)
    never = (float("inf"), float("inf"), None)
    for when, pitch in struck:
        now = [
            chord
            for (start, _, chord), (_, down, _) in zip(played, [*played[1:], never], strict=True)
            if start <= when < down + settle
        ]
        assert any(pitch % 12 in chord_scale(chord) for chord in now), (
            [(round(when - start, 3), chord.symbol) for start, _, chord in played],
            pitch,
        )


def assert_audible(path):
    samples = np.fromfile(path, np.int16)
    assert np.abs(samples).max() > 500
