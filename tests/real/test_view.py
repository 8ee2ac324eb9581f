"""`perform run` in a terminal: a real one, of 80 columns."""

import contextlib
import fcntl
import os
import pty
import signal
import socket
import struct
import subprocess
import sys
import termios

from loopback import free_port
from parts import eventually

from perform.net.osc import encode


def test_the_view_shows_what_plays_and_leaves_the_terminal_as_it_was(tmp_path):
    port, page = free_port(), f"127.0.0.1:{free_port()}"
    (tmp_path / "rig.toml").write_text(
        f'[clock]\ntempo = 240.0\n[inputs.osc]\nlisten = "127.0.0.1:{port}"\n'
        '[outputs.nobody]\nkind = "osc"\nto = "127.0.0.1:9"\n'
    )
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 80, 0, 0))
    daemon = subprocess.Popen(
        [sys.executable, "-m", "perform", "run", str(tmp_path / "rig.toml"), "--panel", page],
        stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(theirs)
    os.set_blocking(ours, False)
    seen = bytearray()

    def look():
        with contextlib.suppress(OSError):  # nothing there, or nobody any more
            seen.extend(os.read(ours, 65536))

    def shows(*texts):
        def shown():
            look()
            return all(text.encode() in seen for text in texts)

        eventually(shown)

    def ended():  # a terminal that nobody reads holds up who writes to it
        look()
        return daemon.poll() is not None

    try:
        shows("ready: listens to OSC", f"panel http://{page}/")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hand:
            hand.sendto(encode("/sideman/chord", "F#m7b5"), ("127.0.0.1", port))
            shows("F#m7b5", "240 bpm", "█ lead")
            hand.sendto(encode("/sideman/what"), ("127.0.0.1", port))
            shows("/what: no such address")
        daemon.send_signal(signal.SIGINT)
        eventually(ended)
        assert daemon.returncode == 0
        shows("\x1b[?1049h", "\x1b[?1049l", "bars substituted")
        assert b"Traceback" not in seen
    finally:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()
        os.close(ours)
