"""Prints how soon a chord for all sounds in every room.

Usage: `python tests/bench/installations.py [--rooms 20]`. Each room is a daemon with its own
processes, at one Mosquitto on this machine. The bench publishes a chord to PREFIX/all/chord. Each
daemon reports over OSC when its notes change to that chord, and the kernel stamps the arrival of
that report. Then two daemons play, one alone and one with a flood of fader moves over MQTT, and
the bench prints how late their notes are.
"""

import argparse
import json
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
from parts import Program, eventually, perform  # noqa: E402

from perform.net.osc import decode  # noqa: E402

SO_TIMESTAMPNS = 35  # Linux
CHORDS = ("C7", "F7", "Ebmaj7", "G7")
PREFIX = "gallery"
LATE = ("notes", "late_p50", "late_p99", "late_max")


class Room:
    """A daemon, and when it told of each chord, by the kernel's clock."""

    def __init__(self, folder, name, broker):
        self.name = name
        self.chords = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self._listen, daemon=True).start()
        rig = folder / f"{name}.toml"
        rig.write_text(
            f'[inputs.osc]\nlisten = "127.0.0.1:{free_port()}"\n'
            f'[outputs.ear]\nkind = "osc"\nto = "127.0.0.1:{self.socket.getsockname()[1]}"\n'
            f'[mqtt]\nbroker = "127.0.0.1:{broker}"\nname = "{name}"\nprefix = "{PREFIX}"\n'
            'stats_seconds = 1\n[[voices]]\nname = "lead"\n'
        )
        self.daemon = perform("run", str(rig))

    def _listen(self):
        while True:
            data, about, _, _ = self.socket.recvmsg(4096, 64)
            seconds, fraction = struct.unpack("ll", about[0][2][:16])
            for address, values in decode(data):
                if address == "/sideman/chord":
                    self.chords.append((values[0], seconds + fraction * 1e-9))

    def heard(self, symbol, since):
        return next((at for one, at in list(self.chords) if one == symbol and at > since), None)


class Broker:
    """A Mosquitto, with one process that says what is to be said to all: each line at once."""

    def __init__(self, folder):
        self.port = free_port()
        self.where = "-p", str(self.port)
        conf = folder / "mosquitto.conf"
        conf.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        self.program = Program("mosquitto", "-v", "-c", str(conf))
        self.program.wait_for("running")
        self.mouth = subprocess.Popen(
            ["mosquitto_pub", *self.where, "-q", "1", "-t", f"{PREFIX}/all/chord", "-l"],
            stdin=subprocess.PIPE,
        )

    def say(self, symbol):
        now = time.time()
        self.mouth.stdin.write(f"{symbol}\n".encode())
        self.mouth.stdin.flush()
        return now

    def figures(self, name):
        done = subprocess.run(
            ["mosquitto_sub", *self.where, "-C", "1", "-W", "3",
             "-t", f"{PREFIX}/{name}/state/stats"],
            check=True, capture_output=True,
        )  # fmt: skip
        return json.loads(done.stdout)

    def end(self):
        self.mouth.stdin.close()
        self.mouth.wait(5)
        self.program.end()


def together(folder, broker, count, times):
    """Milliseconds from each chord to each room, and the figures of every room."""
    rooms = [Room(folder, f"room{number}", broker.port) for number in range(count)]
    try:
        for room in rooms:
            room.daemon.wait_for("connected, as", 120.0)
        began = broker.say("C7")
        eventually(lambda: all(room.heard("C7", began) for room in rooms))
        time.sleep(3.0)
        waits = []
        for number in range(times):
            symbol = CHORDS[(number + 1) % len(CHORDS)]
            said = broker.say(symbol)
            eventually(lambda t=said, s=symbol: all(room.heard(s, t) for room in rooms))
            waits.append([1000 * (room.heard(symbol, said) - said) for room in rooms])
            time.sleep(0.25 + 0.1 * (number % 3))
        time.sleep(1.5)
        return np.array(waits), [broker.figures(room.name) for room in rooms]
    finally:
        for room in rooms:
            room.daemon.end()


def tell(each, figures):
    times, count = each.shape
    print(f"{count} daemons (real processes) on one broker, {times} chords to {PREFIX}/all/chord,")
    print("from the line to mosquitto_pub to the daemon's /chord, at which its notes are on it:")
    show("every room", each.ravel())
    show("the last room", each.max(axis=1))
    print(
        "notes meanwhile, in the worst room: "
        + ", ".join(f"{name} {max(it[name] for it in figures):.2f} ms" for name in LATE[1:])
    )


def show(what, milliseconds):
    p50, p99 = np.percentile(milliseconds, [50, 99])
    print(f"  {what:<14} p50 {p50:.1f}  p99 {p99:.1f}  max {milliseconds.max():.1f} ms")


def side_by_side(folder, broker, seconds):
    """Both at once, so that whatever else the machine does they share."""
    rooms = [Room(folder, name, broker.port) for name in ("peace", "flood")]
    flood = subprocess.Popen(
        ["mosquitto_pub", *broker.where, "-l", "-t", f"{PREFIX}/flood/weight/steps"],
        stdin=subprocess.PIPE,
    )
    try:
        for room in rooms:
            room.daemon.wait_for("connected, as", 60.0)
        broker.say("C7")
        until, said = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            flood.stdin.write(b"".join(b"0.%03d\n" % (number % 1000) for number in range(50)))
            flood.stdin.flush()
            said += 50
            time.sleep(0.01)
        time.sleep(1.5)
        print(f"two daemons at once, one flooded with {said / seconds:.0f} messages a second:")
        for room in rooms:
            figures = broker.figures(room.name)
            told = ", ".join(f"{name} {figures[name]:.3g}" for name in LATE)
            print(f"  {room.name}: {told} ms; {figures['received']} messages passed on")
    finally:
        flood.stdin.close()
        flood.wait(5)
        for room in rooms:
            room.daemon.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=20)
    parser.add_argument("--chords", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(Path(folder))
        try:
            if given.rooms:
                tell(*together(Path(folder), broker, given.rooms, given.chords))
            side_by_side(Path(folder), broker, given.seconds)
        finally:
            broker.end()


if __name__ == "__main__":
    main()
