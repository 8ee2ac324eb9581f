"""The count-in: bars that are counted, with a click, before the first bar of the music."""

import asyncio
import logging

import pytest
from counted import BAR, CLICKS, CONTINUE, G7, START, STOP, CountedStage, on_stage
from hypothesis import given, settings
from hypothesis import strategies as st
from stages import FAR

from perform.clock.transport import TempoLine
from perform.engine.metre import parse_metre
from perform.events import (
    Beat,
    ChordSounds,
    ClockPulse,
    CountInChanged,
    MetreBegins,
    MetreChanged,
    NoteMessage,
    Panic,
    PhraseMissed,
    SongPositionChanged,
    TempoChanged,
    TempoTapped,
    TransportChanged,
    TransportMessage,
)

SECOND = 960  # ticks, at 120 bpm


@settings(max_examples=25)
@given(
    metre=st.sampled_from(["2/4", "3/4", "4/4", "5/4", "3/8", "6/8", "7/8", "12/8", "15/4"]),
    tempo=st.floats(40, 320),
    bars=st.integers(1, 8),
)
def test_so_many_bars_are_counted_and_then_the_music_begins(metre, tempo, bars):
    bar, beat = parse_metre(metre)
    beats = bar // beat

    async def scenario():
        stage = CountedStage(bars, metre=metre)
        stage.conductor.handle_event(TempoChanged(tempo))
        stage.conductor.handle_event(START)
        await stage.play((bars + 2) * bar / (8 * tempo) + 0.01)
        return stage

    stage = on_stage(scenario)
    counted = [it for it in stage.of(Beat) if it.bar < 0]
    assert [(it.bar, it.beat) for it in counted] == [
        (number, place) for number in range(-bars, 0) for place in range(beats)
    ]
    assert [it.tick for it in stage.clicks] == [it.tick for it in counted]
    assert [it[2:] for it in stage.clicks] == [CLICKS.bar, *[CLICKS.beat] * (beats - 1)] * bars
    assert min(note.tick for note in stage.notes) >= 0
    assert [it.tick for it in stage.of(Beat) if (it.bar, it.beat) == (0, 0)] == [0]
    pulses = [it.tick for it in stage.of(ClockPulse)]
    assert pulses == list(range(-bars * bar, pulses[-1] + 1, 20))
    assert stage.messages()[:2] == [(-bars * bar, "count-in"), (-20, "start")]
    assert stage.of(MetreBegins) == [MetreBegins(-bars * bar, bar, beat)]
    assert not stage.of(PhraseMissed)
    assert max(late for late, event in stage.sent if isinstance(event, Beat | NoteMessage)) < 1e-6


def test_without_a_count_in_the_music_begins_at_once():
    async def scenario():
        stage = CountedStage(0, when="off")
        stage.conductor.handle_event(START)
        await stage.play(3)
        return stage

    stage = on_stage(scenario)
    assert stage.of(Beat)[0] == Beat(0, 0, 0)
    assert stage.messages()[0][1] == "start"
    assert not stage.clicks


@pytest.mark.parametrize("end", [STOP, Panic()])
@pytest.mark.parametrize("seconds", [0.3, 1.02, 3.98])
def test_a_stop_or_a_panic_ends_the_count_in_and_continue_begins_the_music(end, seconds):
    async def scenario():
        stage = CountedStage(2)
        stage.conductor.handle_event(START)
        await stage.play(seconds)
        stage.conductor.handle_event(end)
        await asyncio.sleep(0)
        begun = len(stage.sent)
        await stage.play(10)
        assert not [event for _, event in stage.sent[begun:] if isinstance(event, Beat)]
        stage.sent.clear()
        stage.conductor.handle_event(CONTINUE)
        assert stage.of(TransportMessage)[-1].action == "continue"
        await stage.play(4)
        return stage

    stage = on_stage(scenario)
    assert stage.of(Beat)[0] == Beat(0, 0, 0)
    assert stage.notes
    assert not stage.of(PhraseMissed)


def test_a_second_start_counts_anew():
    async def scenario():
        stage = CountedStage(1)
        stage.conductor.handle_event(START)
        await stage.play(1.2)
        stage.conductor.handle_event(START)
        await stage.play(3)
        return stage

    stage = on_stage(scenario)
    beats = [(it.bar, it.beat) for it in stage.of(Beat)]
    assert beats[:8] == [(-1, 0), (-1, 1), (-1, 2), (-1, 0), (-1, 1), (-1, 2), (-1, 3), (0, 0)]


def test_a_start_while_the_music_plays_stops_followers_until_its_end():
    async def scenario():
        stage = CountedStage(1)
        stage.conductor.handle_event(START)
        await stage.play(5.3)
        begun = stage.current = len(stage.sent)
        stage.conductor.handle_event(START)
        await stage.play(1.9)
        kinds = (Beat, TransportMessage)
        counted = [event for _, event in stage.sent[begun:] if isinstance(event, kinds)]
        assert [each[1:] for each in counted] == [
            ("count-in",), (-1, 0), (-1, 1), (-1, 2), (-1, 3),
        ]  # fmt: skip
        return stage

    on_stage(scenario)


def test_the_count_follows_the_tempo():
    async def scenario():
        stage = CountedStage(1)
        stage.conductor.handle_event(START)
        await stage.play(1.002)
        stage.conductor.handle_event(TempoChanged(60))
        await stage.play(1.99)
        assert stage.of(Beat)[-1] == Beat(-480, -1, 3)
        await stage.play(0.05)
        return stage

    stage = on_stage(scenario)
    assert stage.of(Beat)[-1] == Beat(0, 0, 0)


def test_the_count_follows_taps():
    async def scenario():
        stage = CountedStage(4)
        stage.conductor.handle_event(START)
        await stage.play(0.7)
        for _ in range(5):
            stage.conductor.handle_event(TempoTapped())
            await stage.play(0.6)
        assert abs(stage.transport.bpm - 100) < 1
        # on the beat that was tapped
        away = (stage.transport.position_at(stage.clock.now()) + 240) % 480 - 240
        assert abs(away) < 30
        return stage

    on_stage(scenario)


def test_another_metre_holds_from_the_first_bar_on():
    async def scenario():
        stage = CountedStage(1)
        stage.conductor.handle_event(START)
        await stage.play(0.7)
        stage.conductor.handle_event(MetreChanged(*parse_metre("3/4")))
        await stage.play(6)
        return stage

    stage = on_stage(scenario)
    beats = [(it.bar, it.beat) for it in stage.of(Beat)]
    assert beats[:8] == [(-1, 0), (-1, 1), (-1, 2), (-1, 3), (0, 0), (0, 1), (0, 2), (1, 0)]


def test_another_number_of_bars_is_for_the_next_start():
    async def scenario():
        stage = CountedStage(1)
        stage.conductor.handle_event(START)
        await stage.play(0.7)
        stage.conductor.handle_event(CountInChanged(2))
        await stage.play(2)
        assert stage.of(Beat)[4] == Beat(0, 0, 0)
        stage.sent.clear()
        stage.conductor.handle_event(START)
        await stage.play(0.1)
        return stage

    assert on_stage(scenario).of(Beat)[0] == Beat(-2 * BAR, -2, 0)


def test_a_chord_in_the_count_in_is_the_first_harmony_and_has_its_phrases():
    async def scenario():
        stage = CountedStage(1)
        stage.conductor.handle_event(START)
        await stage.play(1.8)
        stage.conductor.handle_event(G7)
        assert stage.of(ChordSounds)[-1].symbol == "G7"
        await stage.play(2)
        return stage

    stage = on_stage(scenario)
    assert not stage.of(PhraseMissed)
    assert stage.engine.chord == G7.chord
    assert stage.notes


def test_the_first_chord_counts_in():
    async def scenario():
        stage = CountedStage(2)
        stage.conductor.handle_event(G7)
        await stage.play(5)
        return stage

    stage = on_stage(scenario)
    assert stage.of(Beat)[0] == Beat(-2 * BAR, -2, 0)
    assert min(note.tick for note in stage.notes) >= 0


def test_a_start_with_others_counts_nothing():
    async def scenario():
        stage = CountedStage(2)
        stage.conductor.handle_event(TransportChanged("start", count_in=0))
        await stage.play(0.1)
        return stage

    assert on_stage(scenario).of(Beat) == [Beat(0, 0, 0)]


def test_a_machine_that_says_when_to_start_leaves_no_count_in(caplog):
    caplog.set_level(logging.INFO)

    async def scenario():
        stage = CountedStage(2)
        stage.conductor.follow_starts(lambda: True)
        stage.conductor.handle_event(START)
        await stage.play(0.1)
        return stage

    assert on_stage(scenario).of(Beat) == [Beat(0, 0, 0)]
    assert caplog.messages == [
        "no count-in: the music follows a MIDI clock, which counts in by itself"
    ]


def test_a_leader_that_moves_us_ends_the_count_in():
    async def scenario():
        stage = CountedStage(2)
        stage.conductor.handle_event(START)
        await stage.play(1.1)
        line = TempoLine(2 * BAR, stage.clock.now(), 120.0)
        stage.conductor.start_with_clock(line, "continue")
        await stage.play(3)
        return stage

    stage = on_stage(scenario)
    assert [it.bar for it in stage.of(Beat)][3:5] == [2, 2]
    assert stage.messages()[:2] == [(-2 * BAR, "count-in"), (2 * BAR, "continue")]
    assert len(stage.clicks) == 3


def test_in_a_session_count_in_and_music_begin_on_its_bar_lines():
    async def scenario():
        stage = CountedStage(1, by_bar=True)
        line = TempoLine(0, FAR, 120.0)
        stage.conductor.follow_clock(line)
        await stage.play(0.5)
        stage.conductor.handle_event(START)
        for _ in range(100):
            await stage.play(0.05)
            stage.conductor.follow_clock(line)
        return stage

    stage = on_stage(scenario)
    begins = {it.bar: it.tick for it in stage.of(Beat) if it.beat == 0}
    assert (begins[-1], begins[0]) == (-BAR, 0)
    leader = (stage.clock.now() - FAR) * SECOND - stage.transport.position_at(stage.clock.now())
    assert leader == pytest.approx(2 * BAR, abs=1)  # our tick 0 is after its next bar, and one more


def test_a_position_that_is_set_while_stopped_is_kept():
    async def scenario():
        stage = CountedStage(1)
        stage.conductor.handle_event(SongPositionChanged(2 * BAR))
        stage.conductor.handle_event(CONTINUE)
        await stage.play(1)
        return stage

    assert on_stage(scenario).of(Beat)[0] == Beat(2 * BAR, 2, 0)
