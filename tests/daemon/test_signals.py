"""After a signal, the daemon ends every note, writes the recording and exits."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

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
[panel]
listen = "127.0.0.1:{panel}"
"""
END_SECONDS = 60  # a daemon ends slowly on a busy machine; one that hangs never ends
STOPPED_AGAIN = """
import asyncio, os, signal
from pathlib import Path
from perform.config.load import load_rig
from perform.daemon import app
stop = lambda _: os.kill(os.getpid(), signal.SIGINT)
asyncio.run(app.run(load_rig(Path("rig.toml")), stop))
for number in (signal.SIGTERM, signal.SIGHUP):
    os.kill(os.getpid(), number)
print("ended in order")
"""


@pytest.fixture
def listener():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(END_SECONDS)
        yield bound


@pytest.fixture
def rig(tmp_path, listener):
    """The folder of a rig file, and the port of its OSC input."""
    port = free_port()
    text = RIG.format(port=port, listener=listener.getsockname()[1], panel=free_port())
    (tmp_path / "rig.toml").write_text(text)
    return tmp_path, port


@contextlib.contextmanager
def playing(rig, root, listener):
    """A daemon that plays, as the leader of a process group, and the set of sounding notes."""
    folder, port = rig
    # the daemon inherits the default action of SIGHUP, even if the tests run under nohup
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    daemon = subprocess.Popen(
        [sys.executable, "-m", "perform", "run", "rig.toml"], cwd=folder, text=True,
        env={**os.environ, "PYTHONPATH": str(root)}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    signal.signal(signal.SIGHUP, before)
    try:
        while "ready" not in (line := daemon.stdout.readline()):
            assert line, daemon.stderr.read()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(encode("/sideman/chord", "C7"), ("127.0.0.1", port))
        sounding = set()
        while not sounding:
            follow_notes(listener.recv(65536), sounding)
        yield daemon, sounding
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()
        for stream in (daemon.stdout, daemon.stderr):
            stream.close()


def follow_notes(data, sounding):
    """Update the set of sounding (voice, pitch) notes with the messages of a packet."""
    for address, values in decode(data):
        if address == "/sideman/note":
            voice, pitch, velocity = values
            (sounding.add if velocity else sounding.discard)((voice, pitch))


def children(daemon):
    """The process ids of the daemon's child processes."""
    listed = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text()
    return [int(child) for child in listed.split()]


@pytest.mark.parametrize(
    "send", [pytest.param(os.kill, marks=pytest.mark.long), os.killpg]
)  # a service manager; a terminal
@pytest.mark.parametrize(
    "signals",
    [
        (signal.SIGHUP, signal.SIGHUP),  # the terminal has closed
        (signal.SIGINT, signal.SIGTERM),  # one request to stop, which a wrapper passes on
    ],
)
def test_a_signal_ends_every_note_and_writes_the_recording(rig, root, listener, signals, send):
    with playing(rig, root, listener) as (daemon, sounding):
        daemon.stdout.close()
        daemon.stderr.close()
        with contextlib.suppress(ProcessLookupError):  # the first signal may end the daemon
            for number in signals:
                send(daemon.pid, number)
        assert daemon.wait(END_SECONDS) == 0
    listener.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            follow_notes(listener.recv(65536), sounding)
    assert not sounding
    assert len(list((rig[0] / "sessions").glob("*.mid"))) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc lists the children")
def test_child_processes_ignore_the_signals(rig, root, listener):
    """Otherwise, the panel and the generator would end and restart while the music ends."""
    with playing(rig, root, listener) as (daemon, _):
        before = children(daemon)
        assert len(before) == 2
        for child in before:
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
                os.kill(child, number)
        for _ in range(20):
            listener.recv(65536)  # the daemon still plays
        assert children(daemon) == before
        daemon.terminate()
        assert "again" not in daemon.stderr.read()


def test_a_signal_after_the_end_does_not_change_the_exit_status(rig, root):
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_AGAIN], cwd=rig[0], text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "ended in order" in done.stdout
