"""Synchronization with a MIDI clock over JACK."""

import pytest
from clocked import Daemon
from parts import Stalls


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
