"""Real programs that tests start and end."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from importlib import metadata
from pathlib import Path

import pytest

from perform.errors import StartError
from perform.midi import ports
from perform.midi.binding import PACKAGES
from perform.midi.settings import MidiConfig

# The time limit suits a busy machine: a test waits this long only if it fails.
START_SECONDS = 120.0
SOONEST, LATEST = 0.005, 0.05  # seconds between two checks


@contextlib.contextmanager
def alone(what):
    """Hold a lock that one test process on this machine can have at a time."""
    with (Path(tempfile.gettempdir()) / f"sideman-{what}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def need(program):
    """Skip the test if this program is not installed; in CI, fail."""
    if shutil.which(program) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{program} is missing, and CI must have it")
        pytest.skip(f"{program} is not installed")


def need_binding(binding):
    """Skip the test if this MIDI library is not installed. Does not import the library."""
    package = PACKAGES[binding]
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{package} is not installed")


def jack_priority():
    """Flags for jackd: real time if the system permits it. JACK loses messages without it."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except OSError:
        return ["--no-realtime"]
    return ["--realtime", "--realtime-priority", "40"]


def eventually(condition, seconds=START_SECONDS):
    """The first truthy result of `condition`, called repeatedly. Fails after `seconds`."""
    until, pause = time.monotonic() + seconds, SOONEST
    while time.monotonic() < until:
        answer = condition()
        if answer:
            return answer
        time.sleep(pause)
        pause = min(1.2 * pause, LATEST)
    pytest.fail(f"not within {seconds} s: {condition}")


class Stalls:
    """`worst`: the longest delay of a ready thread while inside `with`, in seconds."""

    def __init__(self):
        self.worst = 0.0
        self._ended = threading.Event()
        self._checker = threading.Thread(target=self._check)

    def _check(self):
        while not self._ended.is_set():
            due = time.monotonic() + SOONEST
            self._ended.wait(SOONEST)
            self.worst = max(self.worst, time.monotonic() - due)

    def __enter__(self):
        self._checker.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._checker.join()


def share_of_a_core(seconds=0.05):
    """The share of a core that a computing thread gets, 0 to 1; near 1 on a quiet machine."""
    begun, until = time.monotonic(), time.thread_time() + seconds
    while time.thread_time() < until:
        pass
    return seconds / (time.monotonic() - begun)


def is_quiet():
    """Whether no other program keeps this machine busy, so that a test may measure speed."""
    return share_of_a_core() > 0.9


class Program:
    """A running program. `lines`: its output so far, standard output and errors together."""

    def __init__(self, *arguments, env=None, cwd=None, pass_fds=()):
        self.lines = []
        self.process = subprocess.Popen(
            arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            cwd=cwd,
            pass_fds=pass_fds,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def saw(self, text):
        return any(text in line for line in list(self.lines))

    def wait_for(self, text, seconds=START_SECONDS):
        def seen():
            assert self.process.poll() is None or self.saw(text), "\n".join(self.lines)
            return self.saw(text)

        try:
            eventually(seen, seconds)
        except pytest.fail.Exception as late:
            last = "\n".join(self.lines[-20:])
            pytest.fail(f"{text!r} {late}; what came last:\n{last}")

    def started(self, text):
        """The program itself, after it has printed `text`. If that fails, the program ends."""
        try:
            self.wait_for(text)
        except BaseException:
            self.end()
            raise
        return self

    def end(self, number=signal.SIGTERM, seconds=60.0):
        """Send a signal and return the exit status. Kills the process after `seconds`."""
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
    """A new virtual "input" or "output" that other programs connect to."""
    return {"input": ports.open_input, "output": ports.open_output}[kind](None, name, FAR)


def connected(kind, name):
    """An "input" or "output" connected to the port of this name.

    Waits until the port exists, and then until JACK has connected it.
    """

    def there():
        found = ports.names(FAR)
        return any(name in port for port in (found.inputs if kind == "input" else found.outputs))

    eventually(there)
    before = jack_links()
    device = eventually(lambda: _opened(kind, name))
    try:
        eventually(lambda: any(name in link[0] for link in jack_links() - before))
    except BaseException:
        device.close()
        raise
    return device


def _opened(kind, name):
    """An "input" or "output" at this port; None while JACK does not list it, as between changes."""
    with contextlib.suppress(StartError):
        return {"input": ports.open_input, "output": ports.open_output}[kind](name, None, FAR)
    return None


def jack_lsp(*options):
    """The lines of jack_lsp: the ports of all clients. Asks again if JACK does not answer."""

    def answer():
        asked = subprocess.run(
            ["jack_lsp", *options],
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
        )
        return asked.returncode == 0 and asked.stdout.splitlines()

    return eventually(answer)  # JACK's own ports are always there


def jack_links():
    """The connections of JACK, as (port, other port), both ways round.

    JACK makes a connection in a later cycle than it is asked to; on a busy machine, much later.
    """
    found, port = set(), ""
    for line in jack_lsp("-c"):
        if line.startswith(" "):
            found.add((port, line.strip()))
        else:
            port = line
    return found


class Jack(Program):
    """A JACK server of this name, without a sound card.

    With -S the server waits for its clients in each cycle. Otherwise a client that gets no
    processor time misses the cycle and loses its MIDI events. Each cycle wakes every client, so a
    cycle is long: 512 frames, a hundredth of a second.
    """

    def __init__(self, name):
        self._name = name
        super().__init__(
            "jackd", "-n", name, "-S", *jack_priority(), "-d", "dummy", "-r", "48000", "-p", "512"
        )

    def is_up(self):
        """Whether clients can find the server. Fails with its output if it has ended."""
        assert self.process.poll() is None, "\n".join(self.lines)
        return Path(f"/dev/shm/jack_{self._name}_{os.getuid()}_0").exists()

    def lost(self):
        """The number of cycles that a client has missed so far; their events may be lost."""
        return sum("not finished" in line or "error" in line for line in list(self.lines))


@contextlib.contextmanager
def jack_server():
    """A JACK server that MIDI libraries find through the environment; one at a time.

    It outlives every client, which is checked: libremidi crashes when it closes one after its
    server has ended.
    """
    need("jackd")
    need("jack_lsp")
    name = f"sideman{os.getpid()}"
    os.environ["JACK_DEFAULT_SERVER"] = name
    os.environ["JACK_NO_START_SERVER"] = "1"
    # JACK names a client's socket after the client only, not the server: two servers would clash.
    with alone("jack"):
        server = Jack(name)
        try:
            eventually(server.is_up)
            yield server
            assert server.is_up()
            # JACK notices late that a program has been killed
            with contextlib.suppress(pytest.fail.Exception):
                eventually(lambda: not left_ports(), 10.0)
            assert left_ports() == []
        finally:
            server.end()


def left_ports():
    """The ports of all clients of JACK's server but its own."""
    return [port for port in jack_lsp() if not port.startswith("system:")]


class MidiRecorder:
    """`heard`: the (moment, message) pairs of an input so far. `timing`: include the MIDI clock."""

    def __init__(self, port, *, timing=False):
        self.heard = []
        self._port = port
        port.listen(lambda message, moment: self.heard.append((moment, message)), timing=timing)

    def close(self):
        self._port.close()


def perform(*arguments, **kwargs):
    return Program(sys.executable, "-m", "perform", *arguments, **kwargs)
