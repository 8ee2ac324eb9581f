"""A transport that follows a leader: starts, continues, jumps of the leader, metres."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.clock.follower import Follower
from perform.clock.transport import TempoLine, Transport


def test_a_leader_that_jumps_is_followed_without_a_jump():
    transport = Transport(120)
    follower = Follower(transport, 480)
    follower.start_at(TempoLine(0.0, 0.0, 120.0))
    before = 0
    for step in range(1, 4000):
        now = step / 480
        leader = 960 * now + (230 if now > 1 else 0)  # almost half a beat away
        if step % 10 == 0:
            follower.observe(TempoLine(leader, now, 120.0), now)
        tick = transport.tick_at(now)
        assert 0 <= tick - before <= 120
        before = tick
    assert abs(transport.tick_at(now) - leader) < 3


@given(st.floats(30, 300), st.floats(0, 7), st.sampled_from([480, 1920]))
def test_a_start_waits_for_the_leaders_bar_line(bpm, beats, quantum):
    transport = Transport()
    follower = Follower(transport, quantum)
    line = TempoLine(beats * 480, 10.0, bpm)
    follower.observe(line, 10.0)
    follower.start(10.0)
    leader = line.tick + (transport.time_of(0) - 10.0) * bpm * 8
    assert leader / quantum == pytest.approx(round(leader / quantum), abs=1e-6)
    assert -quantum / 32 - 1e-6 <= leader - line.tick < quantum


@given(st.floats(60, 200), st.floats(0, 2000), st.sampled_from([480, 1440, 1920]))
def test_a_leader_that_comes_after_the_start_is_met_at_its_nearest_beat_or_bar(
    bpm, first_tick, quantum
):
    transport = Transport(bpm)
    follower = Follower(transport, quantum)
    follower.start(0.0)
    for step in range(1500):  # the pulses come from 3 s on, with another count
        now = 3 + step / 50
        follower.observe(TempoLine(first_tick + now * bpm * 8, now, bpm), now)
    late = (first_tick + 60 * bpm * 8 - transport.tick_at(60.0)) / quantum
    assert late == pytest.approx(round(late), abs=2 / quantum)
    assert abs(transport.tick_at(60.0) - 60 * bpm * 8) < quantum


@given(st.floats(60, 200), st.floats(0.1, 30), st.sampled_from([480, 1920]))
def test_a_continue_waits_until_the_leader_is_at_the_same_place_of_its_bar(bpm, pause, quantum):
    transport = Transport(bpm)
    follower = Follower(transport, quantum)

    def observe(moment):
        follower.observe(TempoLine(moment * bpm * 8, moment, bpm), moment)

    observe(1.0)
    follower.start(1.0)
    transport.stop(7.3)
    here = transport.tick_at(7.3)
    observe(7.3 + pause)
    follower.resume(7.3 + pause)
    continues = transport.time_of(here)
    assert -quantum / 32 - 1 <= (continues - 7.3 - pause) * bpm * 8 < quantum
    for step in range(200):
        now = 7.3 + pause + step / 20
        before = transport.tick_at(now)
        observe(now)
        assert here <= before <= transport.tick_at(now) <= before + 1
        if now < continues:  # the leader does not move it while it waits
            assert transport.time_of(here) == pytest.approx(continues)
    apart = (now * bpm * 8 - transport.tick_at(now)) / quantum
    assert apart == pytest.approx(round(apart), abs=2 / quantum)


def test_a_new_metre_keeps_the_beat_and_finds_the_bar_line_at_the_next_start():
    transport = Transport(120)
    follower = Follower(transport, 1920)
    follower.observe(TempoLine(0.0, 0.0, 120.0), 0.0)
    follower.start(0.0)
    follower.observe(TempoLine(2400.0, 2.5, 120.0), 2.5)
    follower.set_quantum(1440)
    follower.observe(TempoLine(2400.0 + 5 * 480, 2.5, 120.0), 2.5)  # the leader's count has changed
    assert transport.time_of(9600) == pytest.approx(10.0)
    transport.stop(11.0)
    follower.observe(TempoLine(4900.0 + 8160, 11.0, 120.0), 11.0)
    follower.start(11.0)
    leader = 13060 + (transport.time_of(0) - 11.0) * 960
    assert leader % 1440 == pytest.approx(0, abs=1e-6) or leader % 1440 > 1439.99
