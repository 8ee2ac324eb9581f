"""MIDI clock pulses: jitter, changes of tempo, delayed and lost pulses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.clock.follower import Follower
from perform.clock.pulse_filter import PulseFilter
from perform.clock.transport import Transport

PULSE_TICKS = 20


def clock(bpm, beats, jitter=0.0, seed=1, begin=100.0):
    """Moments of pulses, true and as they arrive."""
    true = begin + np.arange(beats * 24) * 60 / (bpm * 24)
    late = np.random.default_rng(seed).normal(0, jitter, len(true)) if jitter else 0.0
    return true, np.sort(true + late)


@pytest.mark.parametrize("bpm", [62.5, 120.0, 187.0, 300.0])
def test_jitter_of_two_milliseconds_hardly_moves_the_tempo_and_the_beats(bpm):
    true, arrived = clock(bpm, 64, 0.002)
    pulses, transport = PulseFilter(), Transport()
    follower = Follower(transport, 480)
    tempo, offsets = [], []
    for number, moment in enumerate(arrived):
        line = pulses.add(moment)
        if line is None:
            continue
        if number == 23:
            follower.start_at(line)
        follower.observe(line, moment)
        if number >= 10 * 24:
            tempo.append(line.bpm)
            if number % 24 == 0:  # as a note on the next beat would be scheduled
                offsets.append(
                    transport.time_of((number + 24) * PULSE_TICKS) - true[number] - 60 / bpm
                )
    assert np.abs(np.array(tempo) / bpm - 1).max() < 0.001
    assert np.sqrt(np.mean(np.square(offsets))) < 0.001


def test_a_change_of_tempo_is_followed_within_two_beats():
    slow, fast = clock(100, 16, 0.001)[1], None
    fast = clock(140, 16, 0.001, begin=slow[-1] + 60 / (140 * 24))[1]
    pulses = PulseFilter()
    lines = [pulses.add(moment) for moment in (*slow, *fast)]
    assert lines[len(slow) - 1].bpm == pytest.approx(100, rel=0.002)
    assert lines[len(slow) + 48].bpm == pytest.approx(140, rel=0.01)
    assert lines[-1].bpm == pytest.approx(140, rel=0.002)


@pytest.mark.parametrize("limit", [20.0, 400.0])
def test_the_fastest_and_the_slowest_tempo_are_followed_all_the_time(limit):
    """Rounding and jitter put the measured tempo a little beyond."""
    pulses = PulseFilter()
    lines = [pulses.add(moment) for moment in clock(limit, 16, 0.0002)[1]][12:]
    assert None not in lines
    assert max(abs(line.bpm / limit - 1) for line in lines) < 0.01
    after = clock(120, 8, begin=lines[-1].moment + 60 / (120 * 24))[1]
    ticks = [(pulses.add(moment), pulses.tick)[1] for moment in after]
    assert ticks[-1] == (24 * 24 - 1) * PULSE_TICKS


def test_missing_pulses_are_counted_by_the_time_that_passed():
    _, arrived = clock(120, 32, 0.0005)
    pulses = PulseFilter()
    for number, moment in enumerate(arrived):
        if 200 <= number < 210 or 400 <= number < 500:  # a short gap, and four beats of silence
            continue
        line = pulses.add(moment)
        if line is not None:
            assert line.tick == number * PULSE_TICKS


@settings(max_examples=12)
@given(
    st.sampled_from([62.5, 126.0, 300.0]),
    st.lists(st.tuples(st.integers(200, 900), st.floats(0.002, 0.12)), min_size=1, max_size=12),
)
def test_delayed_pulses_that_arrive_in_a_bunch_count_once(bpm, stalls):
    """A busy machine delivers nothing for a while, and then all of it at once."""
    true, arrived = clock(bpm, 48, 0.0003)
    for number, delay in stalls:
        end = arrived[number] + delay
        arrived = np.where((arrived >= arrived[number]) & (arrived < end), end, arrived)
    pulses, offsets = PulseFilter(), []
    for number, moment in enumerate(arrived):
        line = pulses.add(moment)
        if line is not None and number > 400 and moment - true[number] < 0.001:
            rate = line.bpm * 8  # ticks a second
            offsets.append(line.tick + (true[number] - line.moment) * rate - number * PULSE_TICKS)
            assert line.bpm == pytest.approx(bpm, rel=0.05)
    assert np.abs(offsets).max() < PULSE_TICKS / 2
    assert np.abs(offsets[-48:]).max() < 1


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
def test_lost_pulses_are_counted_even_beside_late_ones(bpm, losses):
    """Some pulses come late, and some after them do not come."""
    true, arrived = clock(bpm, 48, 0.0003)
    lost, number = np.zeros(len(true), bool), 240
    for gap, late, gone, delay in losses:
        number += gap
        arrived[number : number + late] += delay
        lost[number + late : number + late + gone] = True
    arrived = np.maximum.accumulate(arrived)
    pulses = PulseFilter()
    for number in np.flatnonzero(~lost):
        line = pulses.add(arrived[number])
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
        line = pulses.add(arrived[number])
    here = line.tick + (true[-1] - line.moment) * line.bpm * 8
    assert here == pytest.approx((len(true) - 1) * PULSE_TICKS, abs=1)


@pytest.mark.parametrize("jitter", [0.0, 0.0005, 0.002])
@pytest.mark.parametrize("bpm", [95, 110, 120])
def test_a_sudden_slower_tempo_loses_no_pulse(bpm, jitter):
    fast = clock(126, 16, jitter)[1]
    slow = clock(bpm, 16, jitter, begin=fast[-1] + 60 / (bpm * 24))[1]
    pulses = PulseFilter()
    lines = [pulses.add(moment) for moment in (*fast, *slow)]
    assert lines[-1].bpm == pytest.approx(bpm, rel=0.005)
    assert lines[-1].tick == (len(lines) - 1) * PULSE_TICKS


def test_less_than_half_the_tempo_is_followed_and_no_pulse_counts_twice():
    fast = clock(150, 16, 0.0005)[1]
    slow = clock(60, 16, 0.0005, begin=fast[-1] + 60 / (60 * 24))[1]
    pulses = PulseFilter()
    lines = [pulses.add(moment) for moment in (*fast, *slow)]
    assert lines[len(fast) + 36].bpm == pytest.approx(60, rel=0.01)
    assert lines[-1].tick == (len(lines) - 1) * PULSE_TICKS


def test_a_song_position_moves_the_count_and_keeps_the_tempo():
    _, arrived = clock(120, 8)
    pulses = PulseFilter()
    for moment in arrived[:96]:
        pulses.add(moment)
    pulses.locate(1920)
    line = pulses.add(arrived[96])
    assert (line.tick, line.bpm) == (1920, pytest.approx(120))


@pytest.mark.parametrize("seconds", [0.7, 1.6, 20.0])
@pytest.mark.parametrize("held_back", [0, 3, 200, 10_000])
def test_pulses_that_were_held_back_by_a_stall_of_ours_do_not_count(seconds, held_back):
    """A driver keeps some pulses, and delivers them at once when the program goes on."""
    true, _ = clock(120, 52)
    pulses, stops = PulseFilter(), true[100] + 0.004
    goes_on = stops + seconds
    lost = [n for n, moment in enumerate(true) if stops < moment < goes_on][held_back:]
    moments = np.where(
        (true > stops) & (true < goes_on), goes_on + 1e-5 * np.arange(len(true)), true
    )
    for moment in np.delete(moments, lost):
        line = pulses.add(moment)
    assert line.bpm == pytest.approx(120, rel=0.001)
    assert line.tick_at(true[-1]) == pytest.approx((len(true) - 1) * PULSE_TICKS, abs=2)
