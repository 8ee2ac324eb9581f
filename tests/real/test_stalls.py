"""A daemon that is stopped and continued (SIGSTOP, SIGCONT), as on a machine that swaps."""

import contextlib
import os
import signal
import time

import pytest
from clocked import Daemon
from parts import MidiRecorder, Stalls, connected, eventually

from perform.commands.stats import request

LATEST = 0.1
CLOCK_OUT = '[outputs.clock]\nkind = "midi"\nvirtual = "Sideman stalls"\nclock = true\n'


@contextlib.contextmanager
def stopped(daemon):
    """Inside `with`, the daemon stands still; what waits in sockets is read first."""
    os.kill(daemon.program.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(daemon.program.process.pid, signal.SIGCONT)


def beats(daemon):
    """(moment, beats since the start) of each beat heard."""
    heard = [(t, v) for t, a, v in list(daemon.heard) if a == "/sideman/beat"]
    return [(t, 4 * bar + beat) for t, (bar, beat) in heard]


def late(heard, bpm):
    """By how many seconds each beat comes after its place in the time of the earliest one."""
    offsets = [moment - beat * 60 / bpm for moment, beat in heard]
    return [offset - min(offsets) for offset in offsets]


@pytest.mark.parametrize("seconds", [1.0, pytest.param(5.0, marks=pytest.mark.long)])
def test_nothing_is_made_up_for_after_a_stop_of_the_process(tmp_path, seconds):
    daemon = Daemon(tmp_path, "stalled", "tempo = 200.0")
    try:
        daemon.send("/chord", "C7")
        eventually(lambda: len(beats(daemon)) >= 6)
        with stopped(daemon):
            time.sleep(seconds)
        continued = time.monotonic()
        with Stalls() as stalls:
            eventually(lambda: beats(daemon)[-1][0] > continued + 1.0)
        burst = [
            values
            for moment, address, values in daemon.heard
            if address == "/sideman/note" and values[2] and 0 <= moment - continued < 0.02
        ]
        assert len(burst) <= 2  # what is due in a tenth of a second
        assert max(late(beats(daemon), 200.0)) < LATEST + 0.03 + stalls.worst
        counts = [beat for _, beat in beats(daemon)]
        missing = counts[-1] + 1 - len(counts)
        assert missing == pytest.approx(seconds * 200 / 60, abs=1.5)
        statistics = request(("127.0.0.1", daemon.port), "/sideman")
        assert statistics["stalls"] >= 1
        assert statistics["skipped_beats"] == missing
        daemon.program.wait_for("left out since")
    finally:
        status = daemon.end()
    assert status == 0


@pytest.mark.long
def test_clock_pulses_are_not_made_up_for(jack, tmp_path):
    daemon = Daemon(tmp_path, "stalled", "tempo = 120.0", CLOCK_OUT)
    try:
        port = connected("input", "Sideman stalls")
        with contextlib.closing(MidiRecorder(port, timing=True)) as slave:
            daemon.send("/chord", "C7")
            eventually(lambda: len(slave.heard) > 100)
            with stopped(daemon):
                time.sleep(3.0)
            continued = time.monotonic()
            eventually(lambda: slave.heard[-1][0] > continued + 1.0)
            soon = [message for moment, message in slave.heard if 0 <= moment - continued < 0.05]
            eventually(lambda: [0xFB] in [message for _, message in list(slave.heard)])
        assert len([message for message in soon if message == [0xF8]]) <= 8
        heard = [message for _, message in slave.heard]
        stop, on = heard.index([0xFC]), heard.index([0xFB])
        assert stop < on
        assert heard[on - 1][0] == 0xF2  # who follows is where we are
    finally:
        status = daemon.end()
    assert status == 0
