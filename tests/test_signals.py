"""Signals end a performance in order: nothing sounds on, and the recording is finished."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

import pytest
from loopback import free_port

from perform.osc import encode, messages

RIG = """
[clock]
tempo = 240.0
[inputs.osc]
listen = "127.0.0.1:{port}"
[outputs.ears]
kind = "osc"
to = "127.0.0.1:{ears}"
[record]
folder = "sessions"
"""


@pytest.fixture
def ears():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.settimeout(20)
        yield heard


def follow(data, sounding):
    """What sounds after the notes in a packet, as (voice, pitch)."""
    for address, values in messages(data):
        if address == "/sideman/note":
            voice, pitch, velocity = values
            (sounding.add if velocity else sounding.discard)((voice, pitch))


@pytest.mark.parametrize(
    "signals",
    [
        (signal.SIGHUP, signal.SIGHUP),  # the terminal went, and what is said to it goes nowhere
        (signal.SIGINT, signal.SIGTERM),  # one wish to stop, passed on by a wrapper
    ],
)
def test_the_music_stops_in_order(tmp_path, root, ears, signals):
    port = free_port()
    (tmp_path / "rig.toml").write_text(RIG.format(port=port, ears=ears.getsockname()[1]))
    daemon = subprocess.Popen(
        [sys.executable, "-m", "perform", "run", "rig.toml"], cwd=tmp_path, text=True,
        env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert "ready" in daemon.stdout.readline()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.sendto(encode("/sideman/chord", "C7"), ("127.0.0.1", port))
        sounding = set()
        while not sounding:
            follow(ears.recv(65536), sounding)
        daemon.stdout.close()
        daemon.stderr.close()
        for number in signals:
            daemon.send_signal(number)
        assert daemon.wait(20) == 0
    finally:
        daemon.kill()
        daemon.wait()
    ears.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            follow(ears.recv(65536), sounding)
    assert not sounding
    assert len(list((tmp_path / "sessions").glob("*.mid"))) == 1
