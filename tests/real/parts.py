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
from pathlib import Path

import pytest

from perform.midi import ports
from perform.midi.binding import PACKAGES
from perform.midi.settings import MidiConfig

# What never comes is found out late, and what does come is seen as it comes, on however busy a machine.
START_SECONDS = 120.0
SOONEST, LATEST = 0.005, 0.05  # between two looks


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
    """The first truthy answer of `condition`, asked again and again; fails when time is up."""
    until, pause = time.monotonic() + seconds, SOONEST
    while time.monotonic() < until:
        answer = condition()
        if answer:
            return answer
        time.sleep(pause)
        pause = min(1.2 * pause, LATEST)
    pytest.fail(f"not within {seconds} s: {condition}")


class Stalls:
    """`worst`: how long this machine kept a thread waiting that wanted to run, in seconds, while inside `with`."""

    def __init__(self):
        self.worst = 0.0
        self._ended = threading.Event()
        self._asking = threading.Thread(target=self._ask)

    def _ask(self):
        while not self._ended.is_set():
            due = time.monotonic() + SOONEST
            self._ended.wait(SOONEST)
            self.worst = max(self.worst, time.monotonic() - due)

    def __enter__(self):
        self._asking.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._asking.join()


def share_of_a_core(seconds=0.05):
    """How much of a core somebody gets who computes for so long, 0 to 1: on a quiet machine nearly all of it."""
    begun, until = time.monotonic(), time.thread_time() + seconds
    while time.thread_time() < until:
        pass
    return seconds / (time.monotonic() - begun)


def is_quiet():
    """Whether nobody else keeps this machine busy, so that how quick something is may be judged by the clock."""
    return share_of_a_core() > 0.9


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

        try:
            eventually(told, seconds)
        except pytest.fail.Exception as late:
            last = "\n".join(self.lines[-20:])
            pytest.fail(f"{text!r} {late}; what came last:\n{last}")

    def end(self, number=signal.SIGTERM, seconds=60.0):
        """The exit status, after a signal; killed by its id when it does not listen."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(60.0)
        self.process.stdout.close()
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        return self.process.returncode


FAR = MidiConfig(system="jack")  # the other end of a cable


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


class Jack(Program):
    """A JACK server of this name, without a sound card.

    It waits for its clients in each cycle (-S). Without, whoever is kept from the processor for one is left out
    of it, and the MIDI events of that cycle are lost.
    """

    def __init__(self, name):
        self._name = name
        super().__init__(
            "jackd", "-n", name, "-S", *jack_priority(), "-d", "dummy", "-r", "48000", "-p", "128"
        )

    def is_up(self):
        """Whether clients find it; that it has ended instead is said with what it said."""
        assert self.process.poll() is None, "\n".join(self.lines)
        return Path(f"/dev/shm/jack_{self._name}_{os.getuid()}_0").exists()

    def lost(self):
        """In how many cycles somebody was left out by now, so that events may be lost that were handed to it."""
        return sum("not finished" in line or "error" in line for line in list(self.lines))


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
