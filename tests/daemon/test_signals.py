"""A signal ends the daemon in order: every note ends, and the recording is written."""

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
END_SECONDS = 60  # a daemon that hangs does so for ever; a busy machine takes a while to end one
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
    """A daemon that plays, the leader of a process group as in a terminal, and its sounding notes."""
    folder, port = rig
    before = signal.signal(
        signal.SIGHUP, signal.SIG_DFL
    )  # the daemon inherits it, also under nohup
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
    """Keep the set of sounding notes, as (voice, pitch), with the messages of a packet."""
    for address, values in decode(data):
        if address == "/sideman/note":
            voice, pitch, velocity = values
            (sounding.add if velocity else sounding.discard)((voice, pitch))


def children(daemon):
    """The process ids of the daemon's child processes."""
    listed = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text()
    return [int(child) for child in listed.split()]


@pytest.mark.parametrize("send", [os.kill, os.killpg])  # a service's stop, and a terminal's end
@pytest.mark.parametrize(
    "signals",
    [
        (signal.SIGHUP, signal.SIGHUP),  # the terminal is gone, and its output goes nowhere
        (signal.SIGINT, signal.SIGTERM),  # one wish to stop, passed on by a wrapper
    ],
)
def test_the_music_stops_in_order(rig, root, listener, signals, send):
    with playing(rig, root, listener) as (daemon, sounding):
        daemon.stdout.close()
        daemon.stderr.close()
        with contextlib.suppress(ProcessLookupError):  # the first was enough
            for number in signals:
                send(daemon.pid, number)
        assert daemon.wait(END_SECONDS) == 0
    listener.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            follow_notes(listener.recv(65536), sounding)
    assert not sounding
    assert len(list((rig[0] / "sessions").glob("*.mid"))) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc for the children")
def test_child_processes_leave_the_signals_to_the_daemon(rig, root, listener):
    """Otherwise the panel and the generation would end, and be started again, while the music ends."""
    with playing(rig, root, listener) as (daemon, _):
        before = children(daemon)
        assert len(before) == 2
        for child in before:
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
                os.kill(child, number)
        for _ in range(20):
            listener.recv(65536)  # it plays on
        assert children(daemon) == before
        daemon.terminate()
        assert "again" not in daemon.stderr.read()


def test_a_signal_after_the_end_does_not_spoil_the_exit(rig, root):
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_AGAIN], cwd=rig[0], text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "ended in order" in done.stdout
