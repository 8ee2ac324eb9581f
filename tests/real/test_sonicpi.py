"""The shipped Sonic Pi recipe: Sonic Pi's server plays the daemon's notes over JACK."""

import contextlib
import itertools
import os
import re
import signal
import socket
import wave
from pathlib import Path

import numpy as np
import pytest
from loopback import free_port
from parts import Program, eventually, is_quiet, need

from perform.net.osc import decode, encode

SERVER = Path("/usr/lib/sonic-pi/app/server/ruby/bin/sonic-pi-server.rb")  # Debian's path
CHORD, COMPLETED = r'/sideman/chord, \["(\w+)"\]', "/runs/all-completed"
LINE = r"/sideman/(?:chord|beat)', '\[(.*?)\]'"
STRUCK, PLAYED, ENDED = (
    r"/sideman/note', '\[\"lead\", \d+, [1-9]", "synth :prophet", "control node",
)  # fmt: skip


class SonicPi:
    """Sonic Pi's server, controlled as its graphical interface controls it.

    `received`: the (address, values) of every message that the server sent to the interface.
    """

    def __init__(self, home):
        self._interface = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._interface.bind(("127.0.0.1", 0))
        self._interface.setblocking(False)
        self._interface.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        server, scsynth, self.cue_port, erlang, *others = (free_port() for _ in range(7))
        ports = [server, self._interface.getsockname()[1], scsynth, scsynth, self.cue_port, erlang]
        quiet = {"HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
        self._program = Program(
            "ruby", str(SERVER), "-u", *map(str, [*ports, *others]), env=quiet, cwd=home
        )
        self._server = ("127.0.0.1", server)
        self.received = []

    def send(self, address, *values):
        self._interface.sendto(encode(address, "window", *values), self._server)

    def receives_osc(self):
        """Whether the server receives OSC of other programs; it may still be starting."""
        self.send("/cue-port-internal")
        self.send("/cue-port-start")
        self._interface.sendto(encode("/hello"), ("127.0.0.1", self.cue_port))
        return self.matches("/hello")

    def matches(self, pattern, times=1):
        """Whether the messages so far match a pattern at least `times` times."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.received.extend(decode(self._interface.recv(65536)))
        return len(self.all(pattern)) >= times

    def all(self, pattern):
        return re.findall(
            pattern, "\n".join(f"{where} {values}" for where, values in self.received)
        )

    def end(self):
        """End the server and the processes that it started; it leaves its scheduler running."""
        self.send("/exit")
        with contextlib.suppress(pytest.fail.Exception):
            eventually(lambda: self._program.process.poll() is not None, 10.0)
        self._program.end()
        for started in re.findall(r"Started \[(\d+)\]", "\n".join(self._program.lines)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(started), signal.SIGKILL)
        self._interface.close()


@pytest.fixture
def sonic_pi(jack, tmp_path):
    need("ruby")
    need(str(SERVER))
    (tmp_path / "home").mkdir()
    one = SonicPi(tmp_path / "home")
    try:
        eventually(lambda: one.matches("Let the Live Coding begin"))
        eventually(one.receives_osc)
        yield one
    finally:
        one.end()


def punctual(sonic_pi):
    """For each chord change so far, whether it took effect on a bar line."""
    sonic_pi.matches(CHORD)
    later = [
        after
        for chord, after in itertools.pairwise(sonic_pi.all(LINE))
        if chord in ('"Dm7"', '"G7"')
    ]
    return [re.fullmatch(r"\d+, 0", beat) is not None for beat in later]


@pytest.mark.long
def test_sonic_pi_sends_chords_and_plays_the_daemons_notes(sonic_pi, partner, root, tmp_path):
    recipe = (root / "patches" / "sonic-pi" / "sideman.rb").read_text()
    for usual, here in (("9000", partner.port), ("4560", sonic_pi.cue_port)):
        assert recipe.count(usual) >= 1
        recipe = recipe.replace(usual, str(here))
    quiet = is_quiet()
    sonic_pi.send("/start-recording")
    sonic_pi.send("/run-code", recipe)
    eventually(lambda: sonic_pi.matches(CHORD, 4))
    eventually(lambda: sum(punctual(sonic_pi)) >= 2)
    # the server reports a note it plays after the note message; its loop may miss the first notes
    eventually(lambda: sonic_pi.matches(PLAYED, len(sonic_pi.all(STRUCK)) - 3))
    eventually(lambda: sonic_pi.matches(ENDED, len(sonic_pi.all(PLAYED)) - 3))
    struck, played, ended = (len(sonic_pi.all(it)) for it in (STRUCK, PLAYED, ENDED))
    quiet, on_time = quiet and is_quiet(), punctual(sonic_pi)
    done = len(sonic_pi.all(COMPLETED))
    sonic_pi.send("/stop-all-jobs")
    eventually(lambda: sonic_pi.matches(COMPLETED, done + 1))
    wav = tmp_path / "heard.wav"
    sonic_pi.send("/stop-recording")
    sonic_pi.send("/save-recording", str(wav))
    eventually(lambda: wav.exists() and wav.stat().st_size > 44)

    assert not sonic_pi.all(r"/error|/syntax_error")
    assert sonic_pi.all(CHORD)[:4] == ["A7", "Dm7", "G7", "Cmaj7"]
    # on a busy machine, Sonic Pi's sleep may end late
    assert sum(on_time) >= len(on_time) - 1 or not quiet, sonic_pi.all(LINE)
    assert ended <= played <= struck >= 10
    with wave.open(str(wav)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert np.abs(samples).max() > 500
