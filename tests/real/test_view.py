"""`perform run` in a real terminal of 80 columns."""

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


def test_the_view_shows_the_performance_and_restores_the_terminal(tmp_path):
    port, page = free_port(), f"127.0.0.1:{free_port()}"
    (tmp_path / "rig.toml").write_text(
        f'[clock]\ntempo = 240.0\n[inputs.osc]\nlisten = "127.0.0.1:{port}"\n'
        '[outputs.max]\nkind = "osc"\nto = "127.0.0.1:9"\n'
    )
    terminal, child_end = pty.openpty()
    fcntl.ioctl(child_end, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 80, 0, 0))
    daemon = subprocess.Popen(
        [sys.executable, "-m", "perform", "run", str(tmp_path / "rig.toml"), "--panel", page],
        stdin=child_end, stdout=child_end, stderr=child_end,
        env={**os.environ, "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(child_end)
    os.set_blocking(terminal, False)
    output = bytearray()

    def read_terminal():
        with contextlib.suppress(OSError):  # nothing to read, or the process has ended
            output.extend(os.read(terminal, 65536))

    def shows(*texts):
        def shown():
            read_terminal()
            return all(text.encode() in output for text in texts)

        eventually(shown)

    def ended():  # reads on, since a full terminal buffer blocks the daemon
        read_terminal()
        return daemon.poll() is not None

    try:
        shows("ready: listens to OSC", f"panel http://{page}/")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(encode("/sideman/chord", "F#m7b5"), ("127.0.0.1", port))
            shows("F#m7b5", "240 bpm", "█ lead")
            client.sendto(encode("/sideman/what"), ("127.0.0.1", port))
            shows("/what: no such address")
        daemon.send_signal(signal.SIGINT)
        eventually(ended)
        assert daemon.returncode == 0
        shows("\x1b[?1049h", "\x1b[?1049l", "bars substituted")
        assert b"Traceback" not in output
    finally:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()
        os.close(terminal)
