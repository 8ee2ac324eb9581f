"""A signal ends the daemon in order: every note ends, and the recording is written."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

import pytest
from loopback import free_port

from perform.net.osc import decode, encode

RIG = """
[clock]
tempo = 240.0
[inputs.osc]
listen = "127.0.0.1:{port}"
[outputs.listener]
kind = "osc"
to = "127.0.0.1:{listener}"
[record]
folder = "sessions"
"""


@pytest.fixture
def listener():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(20)
        yield bound


def follow_notes(data, sounding):
    """Keep the set of sounding notes, as (voice, pitch), with the messages of a packet."""
    for address, values in decode(data):
        if address == "/sideman/note":
            voice, pitch, velocity = values
            (sounding.add if velocity else sounding.discard)((voice, pitch))


@pytest.mark.parametrize(
    "signals",
    [
        (signal.SIGHUP, signal.SIGHUP),  # the terminal is closed
        (signal.SIGINT, signal.SIGTERM),  # a wrapper passes on the Ctrl-C that the daemon got too
    ],
)
def test_a_signal_ends_every_note_and_the_recording(tmp_path, root, listener, signals):
    port = free_port()
    (tmp_path / "rig.toml").write_text(RIG.format(port=port, listener=listener.getsockname()[1]))
    daemon = subprocess.Popen(
        [sys.executable, "-m", "perform", "run", "rig.toml"], cwd=tmp_path, text=True,
        env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert "ready" in daemon.stdout.readline()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(encode("/sideman/chord", "C7"), ("127.0.0.1", port))
        sounding = set()
        while not sounding:
            follow_notes(listener.recv(65536), sounding)
        daemon.stdout.close()
        daemon.stderr.close()
        for number in signals:
            daemon.send_signal(number)
        assert daemon.wait(20) == 0
    finally:
        daemon.kill()
        daemon.wait()
    listener.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            follow_notes(listener.recv(65536), sounding)
    assert not sounding
    assert len(list((tmp_path / "sessions").glob("*.mid"))) == 1
