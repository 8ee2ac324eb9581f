"""Real programs that tests play with: how each starts, and that it ends."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

START_SECONDS = 20.0


def need(program):
    """Skip the test without this program; fail where everything must be there."""
    if shutil.which(program) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{program} is missing, and CI must have it")
        pytest.skip(f"{program} is not installed")


def jack_priority():
    """Flags for jackd: real time where the system permits it, as on a stage; without it messages get lost."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except OSError:
        return ["--no-realtime"]
    return ["--realtime", "--realtime-priority", "40"]


def eventually(condition, seconds=START_SECONDS):
    """The first truthy answer of `condition`, asked every few milliseconds; fails when time is up."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = condition()
        if answer:
            return answer
        threading.Event().wait(0.005)
    pytest.fail(f"not within {seconds} s: {condition}")


class Program:
    """A running program whose output lines are collected."""

    def __init__(self, *arguments, env=None, cwd=None):
        self.lines = []
        self.process = subprocess.Popen(
            arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            cwd=cwd,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def saw(self, text):
        return any(text in line for line in list(self.lines))

    def wait_for(self, text, seconds=START_SECONDS):
        def told():
            assert self.process.poll() is None or self.saw(text), "\n".join(self.lines)
            return self.saw(text)

        eventually(told, seconds)

    def end(self, number=signal.SIGTERM, seconds=10.0):
        """The exit status, after a signal; killed by its id when it does not listen."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(5.0)
        self.process.stdout.close()
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        return self.process.returncode


class Hearing:
    """(moment, message) of everything that an rtmidi input hears, in `heard` as it comes.

    A callback would let JACK's own thread wait for the interpreter, and JACK drops what is late; asking its
    queue does not.
    """

    def __init__(self, device):
        self.heard = []
        self._device = device
        self._ended = threading.Event()
        self._asking = threading.Thread(target=self._ask)
        self._asking.start()

    def _ask(self):
        while not self._ended.is_set():
            timed = self._device.get_message()
            if timed is None:
                self._ended.wait(0.001)
            else:
                self.heard.append((time.monotonic(), timed[0]))

    def close(self):
        self._ended.set()
        self._asking.join()


def perform(*arguments, **kwargs):
    return Program(sys.executable, "-m", "perform", *arguments, **kwargs)
