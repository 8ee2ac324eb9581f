"""Keeping time with others: jitter, changes of tempo, lost pulses, taps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.clock.follower import Follower, PulseFilter, TapTempo, TempoLine
from perform.clock.transport import Transport

PULSE_TICKS = 20


def clock(bpm, beats, jitter=0.0, seed=1, begin=100.0):
    """Moments of pulses, true and as they arrive."""
    true = begin + np.arange(beats * 24) * 60 / (bpm * 24)
    late = np.random.default_rng(seed).normal(0, jitter, len(true)) if jitter else 0.0
    return true, np.sort(true + late)


@pytest.mark.parametrize("bpm", [62.5, 120.0, 187.0, 300.0])
def test_two_milliseconds_of_jitter_leave_the_tempo_and_the_beats(bpm):
    true, arrived = clock(bpm, 64, 0.002)
    pulses, transport = PulseFilter(), Transport()
    follower = Follower(transport, 480)
    tempo, away = [], []
    for number, moment in enumerate(arrived):
        line = pulses.pulse(moment)
        if line is None:
            continue
        if number == 23:
            follower.start_at(line)
        follower.observe(line, moment)
        if number >= 10 * 24:
            tempo.append(line.bpm)
            if number % 24 == 0:  # as a note on the next beat would be scheduled
                away.append(
                    transport.time_of((number + 24) * PULSE_TICKS) - true[number] - 60 / bpm
                )
    assert np.abs(np.array(tempo) / bpm - 1).max() < 0.001
    assert np.sqrt(np.mean(np.square(away))) < 0.001


def test_a_change_of_tempo_is_followed_within_two_beats():
    slow, fast = clock(100, 16, 0.001)[1], None
    fast = clock(140, 16, 0.001, begin=slow[-1] + 60 / (140 * 24))[1]
    pulses = PulseFilter()
    lines = [pulses.pulse(moment) for moment in (*slow, *fast)]
    assert lines[len(slow) - 1].bpm == pytest.approx(100, rel=0.002)
    assert lines[len(slow) + 48].bpm == pytest.approx(140, rel=0.01)
    assert lines[-1].bpm == pytest.approx(140, rel=0.002)


def test_missing_pulses_are_counted_by_the_time_that_passed():
    _, arrived = clock(120, 32, 0.0005)
    pulses = PulseFilter()
    for number, moment in enumerate(arrived):
        if 200 <= number < 210 or 400 <= number < 500:  # a hiccup, and four beats of silence
            continue
        line = pulses.pulse(moment)
        if line is not None:
            assert line.tick == number * PULSE_TICKS


@settings(max_examples=12)
@given(
    st.sampled_from([62.5, 126.0, 300.0]),
    st.lists(st.tuples(st.integers(200, 900), st.floats(0.002, 0.12)), min_size=1, max_size=12),
)
def test_pulses_that_are_held_up_come_in_a_bunch_and_count_once(bpm, stalls):
    """A busy machine delivers nothing for a while, and then all of it at once."""
    true, arrived = clock(bpm, 48, 0.0003)
    for number, held in stalls:
        end = arrived[number] + held
        arrived = np.where((arrived >= arrived[number]) & (arrived < end), end, arrived)
    pulses, away = PulseFilter(), []
    for number, moment in enumerate(arrived):
        line = pulses.pulse(moment)
        if line is not None and number > 400 and moment - true[number] < 0.001:
            rate = line.bpm * 8  # ticks a second
            away.append(line.tick + (true[number] - line.moment) * rate - number * PULSE_TICKS)
            assert line.bpm == pytest.approx(bpm, rel=0.05)
    assert np.abs(away).max() < PULSE_TICKS / 2
    assert np.abs(away[-48:]).max() < 1


@settings(max_examples=15)
@given(
    st.sampled_from([62.5, 126.0, 300.0]),
    st.lists(
        st.tuples(
            st.integers(60, 140), st.integers(0, 8), st.integers(1, 8), st.floats(0.012, 0.06)
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_pulses_that_are_lost_are_made_up_for_even_beside_late_ones(bpm, losses):
    """Some come late, some after them not at all."""
    true, arrived = clock(bpm, 48, 0.0003)
    lost, number = np.zeros(len(true), bool), 240
    for gap, late, gone, held in losses:
        number += gap
        arrived[number : number + late] += held
        lost[number + late : number + late + gone] = True
    arrived = np.maximum.accumulate(arrived)
    pulses = PulseFilter()
    for number in np.flatnonzero(~lost):
        line = pulses.pulse(arrived[number])
    here = line.tick + (true[-1] - line.moment) * line.bpm * 8
    assert here == pytest.approx((len(true) - 1) * PULSE_TICKS, abs=1)


@settings(max_examples=12)
@given(
    st.sampled_from([62.5, 126.0, 300.0]),
    st.lists(st.tuples(st.integers(3, 8), st.integers(1, 3)), min_size=4, max_size=40),
)
def test_losses_close_together_are_no_slower_tempo(bpm, losses):
    """A busy machine loses one or more of every few pulses for seconds on end."""
    true, arrived = clock(bpm, 48, 0.0003)
    lost, number = np.zeros(len(true), bool), 480
    for kept, gone in losses:
        number += kept
        lost[number : number + gone] = True
        number += gone
    pulses = PulseFilter()
    for number in np.flatnonzero(~lost):
        line = pulses.pulse(arrived[number])
    here = line.tick + (true[-1] - line.moment) * line.bpm * 8
    assert here == pytest.approx((len(true) - 1) * PULSE_TICKS, abs=1)


@pytest.mark.parametrize("jitter", [0.0, 0.0005, 0.002])
@pytest.mark.parametrize("bpm", [95, 110, 120])
def test_a_clock_that_slows_at_once_loses_no_pulse(bpm, jitter):
    fast = clock(126, 16, jitter)[1]
    slow = clock(bpm, 16, jitter, begin=fast[-1] + 60 / (bpm * 24))[1]
    pulses = PulseFilter()
    lines = [pulses.pulse(moment) for moment in (*fast, *slow)]
    assert lines[-1].bpm == pytest.approx(bpm, rel=0.005)
    assert lines[-1].tick == (len(lines) - 1) * PULSE_TICKS


def test_a_clock_that_slows_to_less_than_half_is_followed_and_none_is_counted_twice():
    fast = clock(150, 16, 0.0005)[1]
    slow = clock(60, 16, 0.0005, begin=fast[-1] + 60 / (60 * 24))[1]
    pulses = PulseFilter()
    lines = [pulses.pulse(moment) for moment in (*fast, *slow)]
    assert lines[len(fast) + 36].bpm == pytest.approx(60, rel=0.01)
    assert lines[-1].tick == (len(lines) - 1) * PULSE_TICKS


def test_a_source_that_comes_back_elsewhere_is_joined_without_a_jump():
    transport = Transport(120)
    follower = Follower(transport, 480)
    follower.start_at(TempoLine(0.0, 0.0, 120.0))
    before = 0
    for step in range(1, 4000):
        now = step / 480
        theirs = 960 * now + (230 if now > 1 else 0)  # almost half a beat away
        if step % 10 == 0:
            follower.observe(TempoLine(theirs, now, 120.0), now)
        tick = transport.tick_at(now)
        assert 0 <= tick - before <= 120
        before = tick
    assert abs(transport.tick_at(now) - theirs) < 3


@given(st.floats(30, 300), st.floats(0, 7), st.sampled_from([480, 1920]))
def test_a_start_waits_for_the_others_bar_line(bpm, beats, quantum):
    transport = Transport()
    follower = Follower(transport, quantum)
    line = TempoLine(beats * 480, 10.0, bpm)
    follower.observe(line, 10.0)
    follower.start(10.0)
    theirs = line.tick + (transport.time_of(0) - 10.0) * bpm * 8
    assert theirs / quantum == pytest.approx(round(theirs / quantum), abs=1e-6)
    assert -quantum / 32 - 1e-6 <= theirs - line.tick < quantum


@given(st.floats(60, 200), st.floats(0, 2000), st.sampled_from([480, 1440, 1920]))
def test_who_rolls_before_the_others_are_heard_joins_their_nearest_beat_or_bar(bpm, begun, quantum):
    transport = Transport(bpm)
    follower = Follower(transport, quantum)
    follower.start(0.0)
    for step in range(1500):  # their pulses are heard from 3 s on, counted from somewhere else
        now = 3 + step / 50
        follower.observe(TempoLine(begun + now * bpm * 8, now, bpm), now)
    late = (begun + 60 * bpm * 8 - transport.tick_at(60.0)) / quantum
    assert late == pytest.approx(round(late), abs=2 / quantum)
    assert abs(transport.tick_at(60.0) - 60 * bpm * 8) < quantum


@given(st.floats(60, 200), st.floats(0.1, 30), st.sampled_from([480, 1920]))
def test_who_goes_on_does_so_at_the_place_of_the_bar_where_the_others_are(bpm, pause, quantum):
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
    goes_on = transport.time_of(here)
    assert -quantum / 32 - 1 <= (goes_on - 7.3 - pause) * bpm * 8 < quantum
    for step in range(200):
        now = 7.3 + pause + step / 20
        before = transport.tick_at(now)
        observe(now)
        assert here <= before <= transport.tick_at(now) <= before + 1
        if now < goes_on:  # nobody pulls it away from there while it waits
            assert transport.time_of(here) == pytest.approx(goes_on)
    apart = (now * bpm * 8 - transport.tick_at(now)) / quantum
    assert apart == pytest.approx(round(apart), abs=2 / quantum)


def test_another_metre_keeps_the_beat_and_finds_the_bar_line_at_the_next_start():
    transport = Transport(120)
    follower = Follower(transport, 1920)
    follower.observe(TempoLine(0.0, 0.0, 120.0), 0.0)
    follower.start(0.0)
    follower.observe(TempoLine(2400.0, 2.5, 120.0), 2.5)
    follower.measure(1440)
    follower.observe(TempoLine(2400.0 + 5 * 480, 2.5, 120.0), 2.5)  # their count is another now
    assert transport.time_of(9600) == pytest.approx(10.0)
    transport.stop(11.0)
    follower.observe(TempoLine(4900.0 + 8160, 11.0, 120.0), 11.0)
    follower.start(11.0)
    theirs = 13060 + (transport.time_of(0) - 11.0) * 960
    assert theirs % 1440 == pytest.approx(0, abs=1e-6) or theirs % 1440 > 1439.99


def test_a_song_position_moves_the_count_and_keeps_the_tempo():
    _, arrived = clock(120, 8)
    pulses = PulseFilter()
    for moment in arrived[:96]:
        pulses.pulse(moment)
    pulses.locate(1920)
    line = pulses.pulse(arrived[96])
    assert (line.tick, line.bpm) == (1920, pytest.approx(120))


def test_taps_give_their_median_tempo_and_a_pause_begins_anew():
    taps = TapTempo()
    assert taps.tap(0.0) is None
    assert taps.tap(0.5) == pytest.approx(120)
    assert taps.tap(1.04) == pytest.approx(60 / 0.52)
    assert taps.tap(1.5) == pytest.approx(120)
    assert taps.tap(9.0) is None
    assert taps.tap(9.001) is None  # a bounce of the pad
