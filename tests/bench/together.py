"""Prints how far two daemons are apart at the bar line.

Usage: `python tests/bench/together.py [--minutes 10]`. The daemons play first on Ableton Link, then
with one following the other's MIDI clock over JACK. Both send their beats over OSC to this process,
which prints the differences of the arrival times.
"""

import argparse
import os
import socket
import struct
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "real")]

from loopback import free_port  # noqa: E402
from parts import Program, jack_priority, perform  # noqa: E402

from perform.net.osc import decode, encode  # noqa: E402

SO_TIMESTAMPNS = 35  # Linux
TEMPO = 126.0


class PlayerBuffer:
    """When each bar of a daemon began."""

    def __init__(self):
        self.bars = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        while True:
            data, about, _, _ = self.socket.recvmsg(4096, 64)
            seconds, fraction = struct.unpack("ll", about[0][2][:16])  # when the kernel had it
            now = seconds + fraction * 1e-9
            for address, values in decode(data):
                if address == "/sideman/beat" and values[1] == 0:
                    self.bars.setdefault(values[0], now)


def daemon(folder, name, clock, more="", binding="auto"):
    ear, port = PlayerBuffer(), free_port()
    rig = folder / f"{name}.toml"
    rig.write_text(
        f'[clock]\n{clock}\n[midi]\nsystem = "jack"\nbinding = "{binding}"\n'
        f'[inputs.osc]\nlisten = "127.0.0.1:{port}"\n'
        f'[outputs.osc]\nkind = "osc"\nto = "127.0.0.1:{ear.socket.getsockname()[1]}"\n{more}'
        '[[voices]]\nname = "lead"\noutput = "osc"\n'
    )
    program = perform("run", str(rig))
    program.wait_for("ready")

    def say(address, *values):
        ear.socket.sendto(encode(f"/sideman{address}", *values), ("127.0.0.1", port))

    return program, ear, say


def apart(name, one, other, seconds):
    """Print the differences of bars that both had, those after the first ten seconds."""
    time.sleep(seconds)
    there = sorted(set(one.bars) & set(other.bars))
    there = [bar for bar in there if one.bars[bar] > min(one.bars.values()) + 10]
    gaps = 1000 * np.array([other.bars[bar] - one.bars[bar] for bar in there])
    away = np.abs(gaps)
    print(
        f"{name}: {len(gaps)} bar lines, median {np.median(gaps):+.3f} ms, "
        f"|p95| {np.quantile(away, 0.95):.3f}, worst {away.max():.3f} (target 1)",
        flush=True,
    )


def link(folder, seconds):
    clock = f'source = "link"\ntempo = {TEMPO}'
    one, ear, say = daemon(folder, "one", clock)
    other, other_ear, other_say = daemon(folder, "other", clock)
    time.sleep(2)
    say("/chord", "C7")  # whose start is everybody's
    other_say("/chord", "C7")
    apart("Ableton Link, two daemons", ear, other_ear, seconds)
    one.end(), other.end()


def slaved(folder, seconds, binding):
    name = f"bench{os.getpid()}"
    os.environ |= {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
    jack = Program("jackd", "-n", name, *jack_priority(), "-d", "dummy", "-r", "48000", "-p", "64")
    time.sleep(2)
    # what is played in one period of JACK is heard in the next
    follows = 'source = "midi"\nvirtual = "Sideman follows"\nlate_ms = 0.8'
    other, other_ear, other_say = daemon(folder, "follower", follows, binding)
    sends = '[outputs.clock]\nkind = "midi"\nport = "Sideman follows"\nclock = true\n'
    sends += '[outputs.heard]\nkind = "midi"\nvirtual = "Sideman clock"\nclock = true\n'
    one, ear, say = daemon(folder, "leader", f"tempo = {TEMPO}", sends, binding)
    pulses, device = listen_to_clock(binding)
    other_say("/chord", "C7")
    other_say("/transport", "stop")
    say("/chord", "C7")
    apart("MIDI clock over JACK", ear, other_ear, seconds)
    steadiness(np.array(pulses[240:]))
    device.close()
    one.end(), other.end(), jack.end()


def listen_to_clock(binding):
    """The moments of clock pulses as they come, and the port that has to be closed."""
    from perform.midi import ports
    from perform.midi.settings import MidiConfig

    device = ports.open_input("Sideman clock", None, MidiConfig(system="jack", binding=binding))
    pulses = []

    def hear(message, moment):
        if message == [0xF8]:
            pulses.append(moment)

    device.listen(hear, timing=True)
    return pulses, device


def steadiness(pulses):
    """Print how far pulses are from the straight line through them, and from the tempo. An
    overloaded JACK server loses messages, or delays them and sends them in a bunch. A pulse counts
    as lost if all later pulses are late by one.
    """
    index = np.arange(len(pulses))
    late = (pulses - pulses[0]) * TEMPO * 24 / 60 - index
    lost = np.maximum(0, np.round(np.minimum.accumulate(late[::-1])[::-1]))
    count = index + lost
    slope, begin = np.polyfit(count, pulses, 1)
    away = 1000 * np.abs(pulses - begin - slope * count)
    print(
        f"our MIDI clock out, heard over JACK: {len(pulses)} pulses, {int(lost[-1])} lost, "
        f"from their line p50 "
        f"{np.quantile(away, 0.5):.3f} ms, p99 {np.quantile(away, 0.99):.3f}, "
        f"worst {away.max():.3f}; tempo {60 / slope / 24:.4f} for {TEMPO:g}",
        flush=True,
    )


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--minutes", type=float, default=10)
    asked.add_argument("--only", choices=("link", "clock"))
    asked.add_argument("--binding", choices=("auto", "rtmidi", "supriya"), default="auto")
    given = asked.parse_args()
    folder = Path(tempfile.mkdtemp())
    if given.only != "clock":
        link(folder, 60 * given.minutes)
    if given.only != "link":
        slaved(folder, 60 * given.minutes, given.binding)


if __name__ == "__main__":
    main()
