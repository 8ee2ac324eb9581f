"""Real programs that tests play with: how each starts, and that it ends."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from importlib import metadata

import pytest

from perform.midi import ports
from perform.midi.binding import PACKAGES
from perform.midi.settings import MidiConfig

START_SECONDS = 20.0


def need(program):
    """Skip the test without this program; fail where everything must be there."""
    if shutil.which(program) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{program} is missing, and CI must have it")
        pytest.skip(f"{program} is not installed")


def need_binding(binding):
    """Skip the test by name where this MIDI library has no wheel; it is not imported here."""
    package = PACKAGES[binding]
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{package} is not installed")


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


# The far end of a cable. This library polls: a callback would let JACK's own thread wait for the interpreter, and
# JACK drops what is late.
FAR = MidiConfig(system="jack", binding="libremidi")


def instrument(kind, name):
    """An "input" or "output" of our own that others connect to."""
    return {"input": ports.open_input, "output": ports.open_output}[kind](None, name, FAR)


def connected(kind, name):
    """An "input" or "output" at the port of this name, once it is there."""

    def there():
        found = ports.names(FAR)
        return any(name in port for port in (found.inputs if kind == "input" else found.outputs))

    eventually(there)
    return {"input": ports.open_input, "output": ports.open_output}[kind](name, None, FAR)


class Hearing:
    """(moment, message) of everything that comes to an input, in `heard` as it comes. `timing`: a clock too."""

    def __init__(self, port, *, timing=False):
        self.heard = []
        self._port = port
        port.listen(lambda message, moment: self.heard.append((moment, message)), timing=timing)

    def close(self):
        self._port.close()


def perform(*arguments, **kwargs):
    return Program(sys.executable, "-m", "perform", *arguments, **kwargs)
