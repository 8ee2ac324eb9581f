"""Prints how soon a block chord at a MIDI keyboard is heard: `python tests/bench/block_chords.py`.

The time goes from the last key of a chord to the first note that moves onto it, over JACK both
ways. The chord waits `settle_ms` for more keys; the targets are beyond that. JACK's own way, and
how late a bare process of the same priority wakes up on this machine, are measured at the same
time: where those are large, the machine is busy. Nothing here is asserted. `--rounds 5`,
`--chords 200` of each round, `--period 64` of JACK, in frames.
"""

import argparse
import contextlib
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "real")]

from loopback import free_port  # noqa: E402
from parts import Program, alone, connected, instrument, jack_priority, perform  # noqa: E402

from perform.net.osc import decode, encode  # noqa: E402

RATE = 48_000
SETTLE = 0.035
P50, P99 = 0.0015, 0.003  # the targets, beyond the settle window
SO_TIMESTAMPNS = 35  # Linux
VOICES = 4
HEARD_SECONDS = 0.03  # after the chord is known; a note of the bar itself may come later
VOICINGS = (
    (48, 52, 55, 58),
    (54, 58, 61, 65),
    (47, 50, 53, 57),
    (51, 54, 58, 61),
    (45, 49, 52, 55),
)
RIG = """
[clock]
tempo = 60.0
[harmony]
change = "slide"
[midi]
system = "jack"
[inputs.osc]
listen = "127.0.0.1:{port}"
[inputs.midi]
port = "Bench keys"
settle_ms = {settle}
[outputs.synth]
kind = "midi"
port = "Bench synth"
"""
VOICE = """
[[voices]]
name = "v{0}"
output = "synth"
channel = {1}
single = false
model = "blues-bars"
"""
BARE = """
import sys, time
import numpy as np
from perform.daemon.app import raise_priority
raise_priority()
late, until = [], time.monotonic() + float(sys.argv[1])
while (due := time.monotonic() + 0.002) < until:
    time.sleep(0.002)
    late.append(time.monotonic() - due)
print(*(1000 * np.quantile(late, share) for share in (0.5, 0.99, 1.0)))
"""


class Ear:
    """The OSC messages of the daemon, each with the moment at which the kernel had it."""

    def __init__(self, port):
        self.heard = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._daemon = ("127.0.0.1", port)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            data, about, _, _ = self._socket.recvmsg(65536, 64)
            seconds, fraction = struct.unpack("ll", about[0][2][:16])
            moment = time.monotonic() - (time.time() - seconds - fraction * 1e-9)
            self.heard += [(moment, a.removeprefix("/sideman"), v) for a, v in decode(data)]

    def send(self, address, *values):
        self._socket.sendto(encode(f"/sideman{address}", *values), self._daemon)


class Round:
    """Chords one after the other. Seconds from the last key: `known`, `moved`; `own`: JACK's."""

    def __init__(self, ear, keys, synth, trip):
        self._ear, self._keys, self._synth, self._trip = ear, keys, synth, trip
        self.known, self.moved, self.own = [], [], []
        self.unmoved = 0

    def play(self, chords, chance):
        held = ()
        for turn in range(chords):
            notes = VOICINGS[turn % len(VOICINGS)]
            self._keys(*([0x80, note, 0] for note in held))
            self._ear.heard.clear()
            self._synth.clear()
            self._keys(*([0x90, note, 90] for note in notes))
            last, held = time.monotonic(), notes
            time.sleep(SETTLE + 0.06)
            self._measure(last)
            self.own.append(self._trip())
            time.sleep(chance.uniform(0.0, 0.05))

    def _measure(self, last):
        known = next((m for m, a, _ in self._ear.heard if a == "/chord"), None)
        if known is None:
            return
        self.known.append(known - last)
        # the first note that ends and begins at another pitch on its channel, at once: it moved
        ended = {}
        for moment, (status, pitch, velocity) in list(self._synth):
            on, channel = status & 0xF0 == 0x90 and velocity > 0, status & 15
            if not 0 < moment - known + 0.001 < HEARD_SECONDS:
                continue
            if not on:
                ended[channel] = moment, pitch
            elif channel in ended and moment - ended[channel][0] < 0.002:
                self.moved.append(moment - last)
                return
        self.unmoved += 1


def quantiles(seconds, less=0.0):
    p50, p99, worst = (1000 * (np.quantile(seconds, share) - less) for share in (0.5, 0.99, 1.0))
    return f"p50 {p50:.2f} p99 {p99:.2f} max {worst:.2f} ms"


def trip_of(source, target):
    """A function that gives the seconds of one message from an output to an input over JACK."""
    arrived = []
    target.listen(lambda _message, moment: arrived.append(moment))

    def trip():
        arrived.clear()
        sent = time.monotonic()
        source.send([0x90, 60, 1])
        time.sleep(0.02)
        return arrived[0] - sent if arrived else float("nan")

    return trip


def play_round(number, ear, keys, synth, trip, chords):
    chance = np.random.default_rng(number)
    seconds = chords * (SETTLE + 0.06 + 0.02 + 0.025)
    bare = subprocess.Popen(
        [sys.executable, "-c", BARE, str(seconds)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
    )  # fmt: skip
    one = Round(ear, keys, synth, trip)
    one.play(chords, chance)
    woke = bare.communicate()[0].split()
    moved = np.array(one.moved) - SETTLE
    reached = np.quantile(moved, 0.5) <= P50, np.quantile(moved, 0.99) <= P99
    verdict = " and ".join("met" if it else "missed" for it in reached)
    print(
        f"round {number}: note moved, beyond settle: {quantiles(moved)} "
        f"(targets {1000 * P50:g}, {1000 * P99:g}: {verdict}), "
        f"n {len(moved)}, {one.unmoved} with nothing to move\n"
        f"    chord known (OSC), beyond settle: {quantiles(one.known, SETTLE)}\n"
        f"    JACK alone, one way: {quantiles(np.array(one.own)[~np.isnan(one.own)])}\n"
        f"    beyond settle and JACK's two ways: "
        f"p50 {1000 * (np.median(moved) - 2 * np.nanmedian(one.own)):.2f} ms\n"
        f"    a bare sleep woke late by: p50 {float(woke[0]):.2f} p99 {float(woke[1]):.2f} "
        f"max {float(woke[2]):.2f} ms; load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores",
        flush=True,
    )


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--chords", type=int, default=200)
    asked.add_argument("--period", type=int, default=64)
    given = asked.parse_args()
    name = f"bench{os.getpid()}"
    os.environ |= {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
    with alone("jack"), contextlib.ExitStack() as ends:
        period = str(given.period)
        jack = Program(
            "jackd", "-n", name, *jack_priority(), "-d", "dummy", "-r", str(RATE), "-p", period
        )
        ends.callback(jack.end)
        subprocess.run(["jack_wait", "-w", "-t", "20", "-s", name], check=True, capture_output=True)
        print(
            f"a period of JACK is {1000 * given.period / RATE:.2f} ms, "
            f"settle is {1000 * SETTLE:g} ms"
        )
        synth, port = [], free_port()
        closed = lambda it: ends.enter_context(contextlib.closing(it))  # noqa: E731
        closed(instrument("input", "Bench synth")).listen(lambda it, at: synth.append((at, it)))
        keyboard = closed(instrument("output", "Bench keys"))
        back = closed(instrument("input", "Bench trip"))
        trip = trip_of(closed(connected("output", "Bench trip")), back)
        rig = Path(tempfile.mkdtemp()) / "rig.toml"
        voices = "".join(VOICE.format(i, i + 1) for i in range(VOICES))
        rig.write_text(RIG.format(port=port, settle=1000 * SETTLE) + voices)
        daemon = ends.enter_context(perform("run", str(rig)))
        daemon.wait_for("ready")
        ear = Ear(port)
        ear.send("/subscribe")
        ear.send("/chord", "C7")
        time.sleep(3.0)  # the first bars of the model

        def keys(*messages):
            for message in messages:
                keyboard.send(message)

        for number in range(1, given.rounds + 1):
            play_round(number, ear, keys, synth, trip, given.chords)
        print(f"JACK lost cycles: {sum('not finished' in line for line in jack.lines)}")


if __name__ == "__main__":
    main()
