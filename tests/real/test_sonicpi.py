"""The Sonic Pi recipe as it stands: Sonic Pi's server, on a JACK server, plays what Sideman improvises."""

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

SERVER = Path("/usr/lib/sonic-pi/app/server/ruby/bin/sonic-pi-server.rb")  # where Debian has it
CHORD, COMPLETED = r'/sideman/chord, \["(\w+)"\]', "/runs/all-completed"
LINE = r"/sideman/(?:chord|beat)', '\[(.*?)\]'"
STRUCK, PLAYED, ENDED = (
    r"/sideman/note', '\[\"lead\", \d+, [1-9]", "synth :prophet", "control node",
)  # fmt: skip


class SonicPi:
    """The server without its window: what the window would say to it, and what it is told.

    `told`: (address, values) of all that the server shows.
    """

    def __init__(self, home):
        self._window = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._window.bind(("127.0.0.1", 0))
        self._window.setblocking(False)
        self._window.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        server, scsynth, self.hears, erlang, *others = (free_port() for _ in range(7))
        ports = [server, self._window.getsockname()[1], scsynth, scsynth, self.hears, erlang]
        quiet = {"HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
        self._program = Program(
            "ruby", str(SERVER), "-u", *map(str, [*ports, *others]), env=quiet, cwd=home
        )
        self._server = ("127.0.0.1", server)
        self.told = []

    def say(self, address, *values):
        self._window.sendto(encode(address, "window", *values), self._server)

    def hears_others(self):
        """Whether OSC from other programs arrives: its window asks for that, and its scheduler may not be up yet."""
        self.say("/cue-port-internal")
        self.say("/cue-port-start")
        self._window.sendto(encode("/hello"), ("127.0.0.1", self.hears))
        return self.shows("/hello")

    def shows(self, pattern, times=1):
        """Whether so much of what it has been told by now matches."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.told.extend(decode(self._window.recv(65536)))
        return len(self.all(pattern)) >= times

    def all(self, pattern):
        return re.findall(pattern, "\n".join(f"{where} {values}" for where, values in self.told))

    def end(self):
        """It ends what it started, but for its scheduler."""
        self.say("/exit")
        with contextlib.suppress(pytest.fail.Exception):
            eventually(lambda: self._program.process.poll() is not None, 10.0)
        self._program.end()
        for started in re.findall(r"Started \[(\d+)\]", "\n".join(self._program.lines)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(started), signal.SIGKILL)
        self._window.close()


@pytest.fixture
def sonic_pi(jack, tmp_path):
    need("ruby")
    need(str(SERVER))
    (tmp_path / "home").mkdir()
    one = SonicPi(tmp_path / "home")
    try:
        eventually(lambda: one.shows("Let the Live Coding begin"))
        eventually(one.hears_others)
        yield one
    finally:
        one.end()


def punctual(sonic_pi):
    """Of each change of chord by now, whether it sounded on a bar line."""
    sonic_pi.shows(CHORD)
    later = [
        after
        for chord, after in itertools.pairwise(sonic_pi.all(LINE))
        if chord in ('"Dm7"', '"G7"')
    ]
    return [re.fullmatch(r"\d+, 0", beat) is not None for beat in later]


def test_sonic_pi_sends_chords_and_plays_the_notes(sonic_pi, partner, root, tmp_path):
    recipe = (root / "patches" / "sonic-pi" / "sideman.rb").read_text()
    for usual, here in (("9000", partner.port), ("4560", sonic_pi.hears)):
        assert recipe.count(usual) >= 1
        recipe = recipe.replace(usual, str(here))
    quiet = is_quiet()
    sonic_pi.say("/start-recording")
    sonic_pi.say("/run-code", recipe)
    eventually(lambda: sonic_pi.shows(CHORD, 4))
    eventually(lambda: sum(punctual(sonic_pi)) >= 2)
    # what it plays is shown later than what it hears; the first note may come before the loop listens
    eventually(lambda: sonic_pi.shows(PLAYED, len(sonic_pi.all(STRUCK)) - 3))
    eventually(lambda: sonic_pi.shows(ENDED, len(sonic_pi.all(PLAYED)) - 3))
    struck, played, ended = (len(sonic_pi.all(it)) for it in (STRUCK, PLAYED, ENDED))
    quiet, on_time = quiet and is_quiet(), punctual(sonic_pi)
    done = len(sonic_pi.all(COMPLETED))
    sonic_pi.say("/stop-all-jobs")
    eventually(lambda: sonic_pi.shows(COMPLETED, done + 1))
    wav = tmp_path / "heard.wav"
    sonic_pi.say("/stop-recording")
    sonic_pi.say("/save-recording", str(wav))
    eventually(lambda: wav.exists() and wav.stat().st_size > 44)

    assert not sonic_pi.all(r"/error|/syntax_error")
    assert sonic_pi.all(CHORD)[:4] == ["A7", "Dm7", "G7", "Cmaj7"]
    # its own sleep may end late where others have the processor
    assert sum(on_time) >= len(on_time) - 1 or not quiet, sonic_pi.all(LINE)
    assert ended <= played <= struck >= 10
    with wave.open(str(wav)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert np.abs(samples).max() > 500
