"""The tempo lines and events that the messages of a MIDI clock cause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.events import SongPositionChanged, TransportChanged
from perform.inputs.midi_clock import ClockReader

PULSE, START, CONTINUE, STOP = [0xF8], [0xFA], [0xFB], [0xFC]


class Leader:
    """Another machine's MIDI clock, and what the reader makes of its messages."""

    def __init__(self, bpm=120.0):
        self.now, self.seconds = 50.0, 60 / bpm / 24
        self.lines, self.begun, self.events = [], [], []
        self.reader = ClockReader(
            self.lines.append,
            lambda line, action: self.begun.append((line, action)),
            self.events.append,
        )

    def send(self, *messages):
        for message in messages:
            if message == PULSE:
                self.now += self.seconds
            self.reader.handle(message, self.now)


def test_a_start_is_at_the_pulse_after_it():
    leader = Leader()
    leader.send(*[PULSE] * 30, START)
    assert not leader.begun
    leader.send(PULSE)
    line, action = leader.begun[0]
    assert (line.tick, action) == (0, "start")
    assert line.moment == pytest.approx(leader.now, abs=1e-6)
    leader.send(*[PULSE] * 24)
    assert leader.lines[-1].tick == 480


@pytest.mark.parametrize("bpm", [60, 174])
def test_a_clock_that_runs_only_while_playing_is_followed_from_its_first_pulse(bpm):
    leader = Leader(bpm)
    leader.send(START, PULSE)
    line, action = leader.begun[0]
    assert (line.tick, line.moment, action) == (0, leader.now, "start")
    leader.send(*[PULSE] * 12)
    assert [line.tick for line in leader.lines] == pytest.approx(list(range(0, 260, 20)))
    assert [line.bpm for line in leader.lines] == pytest.approx([120] + 12 * [bpm], rel=1e-3)


def test_continue_goes_on_at_the_pulse_where_the_music_stopped():
    leader = Leader()
    leader.send(*[PULSE] * 10, START, *[PULSE] * 48, STOP)
    assert leader.events == [TransportChanged("stop")]
    leader.send(*[PULSE] * 13, CONTINUE, PULSE)  # the clock runs on while the music is stopped
    line, action = leader.begun[-1]
    assert (line.tick, action) == (960, "continue")


def test_a_continue_begins_at_the_song_position():
    leader = Leader()
    leader.send(*[PULSE] * 10, [0xF2, 0x10, 0x01], CONTINUE, PULSE)
    assert leader.events == [SongPositionChanged((0x10 + 128) * 120)]
    assert leader.begun[-1][0].tick == (0x10 + 128) * 120


@pytest.mark.parametrize("more", [[], [CONTINUE]])
def test_a_song_position_while_the_clock_rolls_is_where_the_next_pulse_is(more):
    leader = Leader()
    leader.send(START, *[PULSE] * 96, [0xF2, 0x08, 0x00], *more, PULSE)
    assert [action for _, action in leader.begun] == ["start", "locate", *["continue"] * len(more)]
    for line, _ in leader.begun[1:]:
        assert (line.tick, line.moment) == pytest.approx((8 * 120, leader.now), abs=1e-3)
    leader.send(*[PULSE] * 24)
    assert leader.lines[-1].tick == 8 * 120 + 480
    assert leader.lines[-1].bpm == pytest.approx(120, rel=1e-3)


def test_a_continue_while_the_clock_rolls_leaves_its_position():
    leader = Leader()
    leader.send([0xF2, 0, 0], START, *[PULSE] * 97, CONTINUE, PULSE)
    assert leader.begun[-1][0].tick == 97 * 20


def test_a_lost_clock_is_reported_once_and_its_tempo_stays_until_it_is_back():
    leader = Leader(bpm=90)
    leader.send(*[PULSE] * 60)
    assert not leader.reader.is_lost(leader.now + 1.0)
    assert leader.reader.is_lost(leader.now + 1.4)
    assert not leader.reader.is_lost(leader.now + 9)
    leader.now += 4.0
    leader.send(PULSE)
    assert leader.lines[-1].bpm == pytest.approx(90, rel=1e-3)
    assert not leader.reader.lost


@pytest.mark.parametrize("pause", [0.1, 0.3, 0.5, 5.0, 30.0])
@pytest.mark.parametrize(("again", "tick"), [(START, 0), (CONTINUE, 960)])
def test_a_clock_that_pauses_with_the_music_goes_on_at_its_new_position(pause, again, tick):
    leader = Leader()
    leader.send(START, *[PULSE] * 48, STOP)
    assert not leader.reader.is_lost(leader.now + 9.0)  # the clock stopped, so no pulse is lost
    leader.now += pause
    leader.send(again, PULSE)
    line, _ = leader.begun[-1]
    assert (line.tick, line.moment) == pytest.approx((tick, leader.now), abs=1e-3)
    leader.send(*[PULSE] * 24)
    line = leader.lines[-1]
    assert (line.tick, line.moment) == pytest.approx((tick + 480, leader.now), abs=1e-3)
    assert line.bpm == pytest.approx(120, rel=1e-3)


@pytest.mark.parametrize("delay", [0.006, 0.012, 0.018, 0.05])
def test_a_delayed_first_pulse_does_not_begin_the_count_anew(delay):
    leader = Leader()
    leader.send(*[PULSE] * 96, START)
    until = leader.now + leader.seconds + delay
    for _ in range(25):  # delayed pulses arrive together
        leader.now += leader.seconds
        leader.reader.handle(PULSE, max(leader.now, until))
        assert leader.lines[-1].bpm == pytest.approx(120, rel=1e-3)
    line = leader.lines[-1]
    assert (line.tick, line.moment) == pytest.approx((480, leader.now), abs=1e-3)


def test_pulses_that_begin_anew_with_the_start_are_counted_from_there():
    leader = Leader()
    leader.send(*[PULSE] * 96, START)
    leader.now += 0.6 * leader.seconds
    leader.send(*[PULSE] * 25)
    line = leader.lines[-1]
    assert (line.tick, line.moment) == pytest.approx((480, leader.now), abs=1e-3)


@pytest.mark.parametrize("pulses", [2, 4, 6])
def test_a_start_with_few_pulses_does_not_change_the_tempo(pulses):
    leader = Leader(bpm=150)
    leader.send(START, *[PULSE] * pulses, STOP)
    leader.now += 3.0
    leader.send(START, *[PULSE] * 24)
    assert [line.bpm for line in leader.lines[-18:]] == pytest.approx([150] * 18, rel=1e-3)
    assert leader.lines[-1].tick == 460


@given(st.lists(st.lists(st.integers(0, 255), max_size=4), max_size=200))
def test_any_bytes_are_handled_or_ignored(messages):
    leader = Leader()
    leader.send(*messages)
