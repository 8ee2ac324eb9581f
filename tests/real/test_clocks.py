"""Synchronization with a MIDI clock over JACK."""

import contextlib
import threading
import time
from itertools import pairwise
from statistics import median

import pytest
from clocked import Daemon
from parts import MidiRecorder, Stalls, connected, eventually


def test_a_daemon_follows_the_clock_of_another_over_jack(jack, tmp_path):
    clock = 'source = "midi"\nvirtual = "Sideman follows"'
    follower = Daemon(tmp_path, "follower", clock)
    leader = None
    try:
        sends = '[outputs.clock]\nkind = "midi"\nport = "Sideman follows"\nclock = true\n'
        leader = Daemon(tmp_path, "leader", "tempo = 137.0", sends)
        follower.send("/chord", "C7")
        follower.send("/transport", "stop")  # only the leader plays
        follower.send("/swing", 0.5)  # its reply shows that the stop has arrived
        follower.expect("/state/swing", lambda amount: amount == 0.5)
        leader.send("/chord", "C7")
        with Stalls() as stalls:
            first = leader.expect("/beat", lambda bar, beat: (bar, beat) == (2, 0))
            second = follower.expect("/beat", lambda bar, beat: (bar, beat) == (2, 0))
        # tests/bench prints the exact difference
        assert abs(first - second) < 0.2 + stalls.worst
        follower.expect("/state/tempo", lambda bpm: bpm == pytest.approx(137, rel=0.01))
        follower.expect("/note")
        leader.send("/transport", "stop")
        follower.expect("/state/transport", lambda action: action == "stop")
        follower.send("/tempo", 90.0)
        follower.expect("/error", lambda _, why: "MIDI clock" in why)
    finally:
        ends = [it.end() for it in (leader, follower) if it is not None]
    assert ends == [0, 0]


def test_pulses_go_on_while_the_music_is_stopped(jack, tmp_path):
    out = '[outputs.clock]\nkind = "midi"\nvirtual = "Sideman leads"\nclock = "continuous"\n'
    daemon = Daemon(tmp_path, "leader", "tempo = 150.0", out)
    try:
        port = connected("input", "Sideman leads")
        with contextlib.closing(MidiRecorder(port, timing=True)) as synth:

            def sent(message, more=0):
                """All up to `more` messages behind the first of this kind."""
                heard = [it for _, it in list(synth.heard)]
                place = heard.index(message) if message in heard else len(heard)
                return heard[: place + more + 1] if len(heard) > place + more else None

            eventually(lambda: len(synth.heard) > 40)
            assert {tuple(message) for _, message in synth.heard} == {(0xF8,)}
            moments = [moment for moment, _ in synth.heard][-30:]
            gap = (moments[-1] - moments[0]) / 29  # JACK delivers once a cycle
            assert gap == pytest.approx(60 / 150 / 24, rel=0.1)
            daemon.send("/chord", "C7")
            eventually(lambda: sent([0xFA], 30))
            daemon.send("/transport", "stop")
            assert set(map(tuple, eventually(lambda: sent([0xFC], 30))[-30:])) == {(0xF8,)}
    finally:
        status = daemon.end()
    assert status == 0


@contextlib.contextmanager
def rolling(leader):
    """Inside `with`, a clock rolls at 240, and loops two bars."""
    ended = threading.Event()

    def roll():
        leader.send([0xFA])
        due, count = time.monotonic(), 0
        while not ended.wait(max(0.0, due - time.monotonic())):
            if count and count % (2 * 96) == 0:
                leader.send([0xF2, 0, 0])
            leader.send([0xF8])
            due, count = due + 60 / 240 / 24, count + 1

    thread = threading.Thread(target=roll)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.long
def test_a_loop_of_the_leader_moves_the_daemon(jack, tmp_path):
    daemon = Daemon(tmp_path, "follower", 'source = "midi"\nvirtual = "Sideman follows"')
    try:
        daemon.send("/chord", "C7")
        daemon.send("/transport", "stop")
        daemon.expect("/state/transport", lambda action: action == "stop")

        def tops():
            heard = [v for _, a, v in list(daemon.heard) if a == "/sideman/beat"]
            return [place for place, beat in enumerate(heard) if beat == (0, 0)]

        port = connected("output", "Sideman follows")
        with contextlib.closing(port), rolling(port):
            eventually(lambda: len(tops()) >= 5)
        loops = [b - a for a, b in pairwise(tops())]
        assert median(loops[-3:]) == pytest.approx(8, abs=1)
        actions = [v[0] for _, a, v in daemon.heard if a == "/sideman/state/transport"]
        assert actions[-1] == "start"
    finally:
        status = daemon.end()
    assert status == 0
