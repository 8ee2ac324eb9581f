"""Keeping time with others for real: a MIDI clock over JACK, and Ableton Link."""

import contextlib
import re
import socket
import threading
import time

import pytest
from parts import eventually, free_port, perform

from perform.osc import encode, messages


class Daemon:
    """A running daemon, spoken to and heard over OSC."""

    def __init__(self, folder, name, clock, more=""):
        self.ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ear.bind(("127.0.0.1", 0))
        self.port = free_port()
        rig = folder / f"{name}.toml"
        rig.write_text(
            f'[clock]\n{clock}\n[midi]\nsystem = "jack"\n'
            f'[inputs.osc]\nlisten = "127.0.0.1:{self.port}"\n'
            f'[outputs.osc]\nkind = "osc"\nto = "127.0.0.1:{self.ear.getsockname()[1]}"\n{more}'
            '[[voices]]\nname = "lead"\noutput = "osc"\n'
        )
        self.program = perform("run", str(rig))
        self.heard = []
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()
        self.program.wait_for("ready")

    def listen(self):
        with contextlib.suppress(OSError):
            while data := self.ear.recv(4096):
                self.heard += [(time.monotonic(), *m) for m in messages(data)]

    def say(self, address, *values):
        self.ear.sendto(encode(f"/sideman{address}", *values), ("127.0.0.1", self.port))

    def hears(self, address, wanted=lambda *_: True):
        """The moment at which such a message came first; the time it takes is bounded."""

        def look():
            there = list(self.heard)
            return next((t for t, a, v in there if a == f"/sideman{address}" and wanted(*v)), None)

        return eventually(look)

    def end(self):
        status = self.program.end()
        self.ear.sendto(b"", self.ear.getsockname())  # an empty datagram ends the listener
        self.listener.join(5)
        self.ear.close()
        return status


def test_a_daemon_follows_the_clock_of_another_over_jack(jack, tmp_path):
    clock = 'source = "midi"\nvirtual = "Sideman follows"'
    follower = Daemon(tmp_path, "follower", clock)
    leader = None
    try:
        sends = '[outputs.clock]\nkind = "midi"\nport = "Sideman follows"\nclock = true\n'
        leader = Daemon(tmp_path, "leader", "tempo = 137.0", sends)
        follower.say("/chord", "C7")
        follower.say("/transport", "stop")  # only the leader starts
        leader.say("/chord", "C7")
        first = leader.hears("/beat", lambda bar, beat: (bar, beat) == (2, 0))
        second = follower.hears("/beat", lambda bar, beat: (bar, beat) == (2, 0))
        assert abs(first - second) < 0.1  # the bench prints how much; here it is the same bar
        follower.hears("/state/tempo", lambda bpm: bpm == pytest.approx(137, rel=0.01))
        follower.hears("/note")
        leader.say("/transport", "stop")
        follower.hears("/state/transport", lambda action: action == "stop")
        follower.say("/tempo", 90.0)
        follower.hears("/error", lambda _, why: "MIDI clock" in why)
    finally:
        ends = [it.end() for it in (leader, follower) if it is not None]
    assert ends == [0, 0]


def test_two_daemons_share_tempo_start_and_bar_line_on_link(link_session, tmp_path):
    pytest.importorskip("aalink")
    clock = 'source = "link"\ntempo = 120.0'
    one, other = Daemon(tmp_path, "one", clock), Daemon(tmp_path, "other", clock)
    try:
        time.sleep(1.0)  # they have to find each other
        one.say("/tempo", 151.0)
        other.hears("/state/tempo", lambda bpm: bpm == pytest.approx(151, rel=0.001))
        for it in (one, other):
            it.say("/chord", "Am7")
        one.say("/transport", "start")
        first = one.hears("/beat", lambda bar, beat: (bar, beat) == (1, 0))
        second = other.hears("/beat", lambda bar, beat: (bar, beat) == (1, 0))
        assert abs(first - second) < 0.1
    finally:
        ends = [it.end() for it in (one, other)]
    assert ends == [0, 0]
    assert not re.search("Traceback", "\n".join([*one.program.lines, *other.program.lines]))
