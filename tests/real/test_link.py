"""Synchronization with Ableton Link."""

import asyncio
import contextlib
import re
import signal
import time
import warnings
from itertools import pairwise
from statistics import median

import pytest
from clocked import Daemon
from parts import Stalls, eventually


def test_two_daemons_share_tempo_start_and_bar_line_on_link(link_session, tmp_path):
    pytest.importorskip("aalink")
    clock = 'source = "link"\ntempo = 120.0'
    one, other = Daemon(tmp_path, "one", clock), None
    try:
        other = Daemon(tmp_path, "other", clock)
        for it in (one, other):
            it.program.wait_for("Link: in a session with others")
        one.send("/tempo", 151.0)
        other.expect("/state/tempo", lambda bpm: bpm == pytest.approx(151, rel=0.001))
        for it in (one, other):
            it.send("/chord", "Am7")
        one.send("/transport", "start")
        with Stalls() as stalls:
            first = one.expect("/beat", lambda bar, beat: (bar, beat) == (1, 0))
            second = other.expect("/beat", lambda bar, beat: (bar, beat) == (1, 0))
        assert abs(first - second) < 0.2 + stalls.worst
    finally:
        ends = [it.end() for it in (one, other) if it is not None]
    assert ends == [0, 0]
    assert not re.search("Traceback", "\n".join([*one.program.lines, *other.program.lines]))


@pytest.fixture
def peer(link_session):
    """Another program in the Link session, at 120 bpm."""
    aalink = pytest.importorskip("aalink")
    loop = asyncio.new_event_loop()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        link = aalink.Link(120.0, loop)
    link.enabled = True
    yield link
    link.enabled = False
    loop.close()


@contextlib.contextmanager
def linked(folder, peer, more=""):
    """A daemon in the same session. Checks that it ends without an error."""
    daemon = Daemon(folder, "linked", f'source = "link"\ntempo = 120.0\n{more}')
    try:
        daemon.program.wait_for("Link: in a session with others")
        eventually(lambda: peer.num_peers == 1)
        yield daemon
    finally:
        status = daemon.end()
    assert status == 0, "\n".join(daemon.program.lines)
    assert not daemon.program.saw("Traceback")


def beats(daemon, count, since=0.0):
    """The first `count` beats after the moment `since`: [(moment, bar, beat)]."""

    def look():
        there = list(daemon.heard)
        found = [(t, *v) for t, a, v in there if a == "/sideman/beat" and t > since]
        return found[:count] if len(found) >= count else None

    return eventually(look)


def test_a_tapped_tempo_sets_the_tempo_of_the_session(peer, tmp_path):
    with linked(tmp_path, peer) as daemon:
        begun, tap = time.monotonic(), 0

        def follows():
            """Tap on a fixed grid, so that a delay of one tap does not move the next."""
            nonlocal tap
            tap += 1
            daemon.send("/tap")
            time.sleep(max(0.0, begun + 0.4 * tap - time.monotonic()))
            return peer.tempo == pytest.approx(150, rel=0.03)

        eventually(follows)
        daemon.expect("/state/tempo", lambda bpm: bpm == pytest.approx(150, rel=0.03))


def test_the_daemon_logs_a_session_that_is_too_fast_or_empty(peer, tmp_path):
    with linked(tmp_path, peer) as daemon:
        peer.tempo = 450.0
        daemon.program.wait_for("the Link session is at 450")
        daemon.send("/chord", "C7")
        beats(daemon, 2)  # at the last tempo
        peer.tempo = 140.0
        daemon.expect("/state/tempo", lambda bpm: bpm == pytest.approx(140, rel=0.001))
        peer.enabled = False
        daemon.program.wait_for("no other peer is left")
        beats(daemon, 2, time.monotonic())


def test_continue_after_a_stop_resumes_at_the_tempo_and_beat_of_the_session(peer, tmp_path):
    with linked(tmp_path, peer) as daemon:
        peer.tempo = 151.0
        daemon.expect("/state/tempo", lambda bpm: bpm == pytest.approx(151, rel=0.001))
        daemon.send("/chord", "C7")
        beats(daemon, 2)
        daemon.send("/transport", "stop")
        daemon.expect("/state/transport", lambda action: action == "stop")
        stopped = time.monotonic()
        time.sleep(0.7)  # not a whole number of beats
        daemon.send("/transport", "continue")
        heard = beats(daemon, 8, stopped)
        assert peer.tempo == pytest.approx(151, rel=0.001)
        moments = [moment for moment, _, _ in heard]
        assert median(b - a for a, b in pairwise(moments)) == pytest.approx(60 / 151, rel=0.02)
        assert away(peer, moments, 1) < 0.1


@pytest.mark.long
def test_bar_lines_in_three_four_match_the_session(peer, tmp_path):
    with linked(tmp_path, peer, 'metre = "3/4"\n') as daemon:
        daemon.send("/chord", "C7")
        heard = beats(daemon, 9)
        counted = [(bar, beat) for _, bar, beat in heard]
        assert counted == [(bar, beat) for bar in range(3) for beat in range(3)]
        assert away(peer, [moment for moment, _, beat in heard if beat == 0], 3) < 0.1


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGTERM, marks=pytest.mark.long), signal.SIGINT]
)
def test_leaving_is_silent_though_start_and_stop_are_shared(peer, tmp_path, number):
    peer.start_stop_sync_enabled = True
    with linked(tmp_path, peer, "start_stop_sync = true\n") as daemon:
        daemon.send("/chord", "C7")
        eventually(lambda: peer.playing)
        beats(daemon, 5)
        daemon.program.end(number)
        eventually(lambda: peer.num_peers == 0)
        time.sleep(0.2)
        assert peer.playing


def test_start_and_stop_are_shared_only_while_the_switch_is_on(peer, tmp_path):
    peer.start_stop_sync_enabled = True
    with linked(tmp_path, peer) as daemon:
        daemon.send("/chord", "C7")
        daemon.expect("/beat")  # alone
        assert not peer.playing
        daemon.send("/sync", 1)
        daemon.expect("/state/sync", lambda on: on == 1)
        for action in ("stop", "start"):
            daemon.send("/transport", action)
        eventually(lambda: peer.playing)
        begun = time.monotonic()
        daemon.send("/panic")  # this is about our notes alone
        daemon.expect("/state/transport", lambda action: action == "stop")
        daemon.send("/transport", "continue")
        beats(daemon, 1, begun)
        assert peer.playing
        peer.playing = False
        eventually(lambda: transports(daemon)[-1] == "stop")
        daemon.send("/sync", 0)
        daemon.expect("/state/sync", lambda on: on == 0)
        peer.playing = True
        time.sleep(0.3)
        assert transports(daemon)[-1] == "stop"
        assert peer.playing


@pytest.mark.long
def test_the_others_start_at_the_end_of_a_count_in_and_cause_none(peer, tmp_path):
    peer.start_stop_sync_enabled = True
    with linked(tmp_path, peer, "start_stop_sync = true\ncount_in = 1\n") as daemon:
        daemon.send("/chord", "C7")
        daemon.expect("/beat", lambda *at: at == (-1, 2))
        assert not peer.playing
        eventually(lambda: peer.playing)
        heard = beats(daemon, 9)
        counted = [(bar, beat) for _, bar, beat in heard]
        assert counted == [(bar, beat) for bar in (-1, 0) for beat in range(4)] + [(1, 0)]
        assert away(peer, [moment for moment, _, beat in heard if beat == 0], 4) < 0.1
        peer.playing = False
        eventually(lambda: transports(daemon)[-1] == "stop")
        stopped = time.monotonic()
        peer.playing = True
        assert beats(daemon, 1, stopped)[0][1:] == (0, 0)


def transports(daemon):
    return [v[0] for _, a, v in list(daemon.heard) if a == "/sideman/state/transport"]


def last_bars(daemon, beats_a_bar, count=3):
    """When the last bars began, once `count` in a row had so many beats."""

    def look():
        heard = [(t, v[1]) for t, a, v in list(daemon.heard) if a == "/sideman/beat"]
        begins = [place for place, (_, beat) in enumerate(heard) if beat == 0]
        bars = [(heard[a][0], b - a) for a, b in pairwise(begins)][-count:]
        return [t for t, length in bars if length == beats_a_bar] if len(bars) == count else None

    return eventually(lambda: (bars := look()) and len(bars) == count and bars)


def test_a_change_of_metre_comes_back_onto_the_bar_of_the_session(peer, tmp_path):
    with linked(tmp_path, peer) as daemon:
        peer.tempo = 240.0
        daemon.expect("/state/tempo", lambda bpm: bpm == pytest.approx(240, rel=0.001))
        daemon.send("/chord", "C7")
        assert away(peer, last_bars(daemon, 4, 2), 4) < 0.15
        daemon.send("/metre", "3/4")
        in_three = last_bars(daemon, 3, 4)
        daemon.send("/metre", "4/4")
        assert away(peer, last_bars(daemon, 4), 4) < 0.15
        assert away(peer, in_three, 3) < 0.15


@pytest.mark.long
def test_a_daemon_that_stood_still_comes_back_onto_the_bar_of_the_session(peer, tmp_path):
    """The session's tempo changes meanwhile."""
    with linked(tmp_path, peer) as daemon:
        daemon.send("/chord", "C7")
        beats(daemon, 5)
        process = daemon.program.process
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.0)
        peer.tempo = 150.0
        time.sleep(1.7)
        process.send_signal(signal.SIGCONT)
        time.sleep(1.5)
        heard = beats(daemon, 8, time.monotonic())
        assert away(peer, [moment for moment, _, _ in heard], 1) < 0.1
        assert away(peer, [moment for moment, _, beat in heard if beat == 0], 4) < 0.15


def away(peer, moments, quantum):
    """The median distance of moments from the session's multiples of `quantum`, in beats."""
    peer.quantum = float(quantum)
    now, beat, bpm = time.monotonic(), peer.beat, peer.tempo
    places = [(beat + (moment - now) * bpm / 60) % quantum for moment in moments]
    return median(min(place, quantum - place) for place in places)
