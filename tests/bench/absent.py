"""Prints how soon the first note comes when nothing that a rig names is there: `python
tests/bench/absent.py` (half a minute). Nothing here is asserted.
"""

import contextlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from loopback import free_port  # noqa: E402

from perform.net.osc import decode, encode  # noqa: E402

STARTS = 10
ASK_SECONDS = 0.01  # between two chords, until a note comes
ABSENT = """
[clock]
source = "midi"
port = "Groovebox"
[inputs.midi]
port = "Keystation"
[inputs.bass]
port = "Bass pedals"
[inputs.lead]
port = "Saxophone"
[inputs.surface]
port = "nanoKONTROL"
[outputs.synth]
kind = "midi"
port = "MicroFreak"
[outputs.virtual]
kind = "midi"
virtual = "Sideman"
[outputs.mac]
kind = "osc"
to = "no.such.host.invalid:9"
[mqtt]
broker = "no.such.broker.invalid:1883"
[record]
folder = "/proc/no-such-folder"
"""
RIG = """
[inputs.osc]
listen = "127.0.0.1:{port}"
[outputs.listener]
kind = "osc"
to = "127.0.0.1:{back}"
[[voices]]
name = "lead"
[[voices]]
name = "bass"
role = "bass"
"""


def seconds_to_note(rig):
    """From the start of the process to the first note, for a chord that is sent all the time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back:
        back.bind(("127.0.0.1", 0))
        back.settimeout(ASK_SECONDS)
        port = free_port()
        path = Path(tempfile.mkdtemp()) / "rig.toml"
        path.write_text(RIG.format(port=port, back=back.getsockname()[1]) + rig)
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "perform", "run", str(path), "--no-view"],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while process.poll() is None:
                back.sendto(encode("/sideman/chord", "Cm7"), ("127.0.0.1", port))
                with contextlib.suppress(TimeoutError):
                    if "/sideman/note" in dict(decode(back.recv(65536))):
                        return time.perf_counter() - begun
            raise SystemExit(f"perform run ended with {process.returncode}")
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    for what, rig in (("every device absent", ABSENT), ("OSC alone", "")):
        took = [seconds_to_note(rig) for _ in range(STARTS)]
        print(
            f"start to first note, {what}: median {statistics.median(took):.2f} s, "
            f"max {max(took):.2f} s of {STARTS}   target 1.5 s"
        )
