"""The click, and the clock of a count-in: on time, never stuck, and not made up for."""

from itertools import pairwise

import pytest
from counted import START, STOP, CountedStage, on_stage

from perform.events import Beat, ClickChanged, ClockPulse, NoteMessage, TransportMessage


def test_the_click_is_switched_live():
    async def scenario():
        stage = CountedStage(0, when="always", metre="7/8")
        stage.conductor.handle_event(START)
        await stage.play(3.4)  # a bar is 1.75 s
        stage.conductor.handle_event(ClickChanged("off"))
        await stage.play(2)
        stage.conductor.handle_event(ClickChanged("count-in"))
        await stage.play(2)
        return stage

    stage = on_stage(scenario)
    assert [(it.tick, it.pitch) for it in stage.clicks] == [
        (0, 76), (480, 77), (960, 77), (1680, 76), (2160, 77), (2640, 77),
    ]  # fmt: skip


@pytest.mark.parametrize("seconds", [0.4, 1.9, 5.0])
def test_after_a_stall_nothing_of_the_count_in_is_made_up_for(seconds):
    async def scenario():
        stage = CountedStage(1)
        stage.conductor.handle_event(START)
        await stage.play(0.6)
        late = stage.stall(seconds)
        assert (
            max((it for it, event in late if isinstance(event, Beat | ClockPulse)), default=0)
            <= 0.1
        )
        assert not [
            it
            for _, it in late
            if isinstance(it, NoteMessage)
            and it.velocity
            and it.tick < stage.transport.tick_at(stage.clock.now()) - 96
        ]
        await stage.play(3)
        return stage

    stage = on_stage(scenario)
    assert [action for _, action in stage.messages()][-2:] == ["start", "stop"]
    assert stage.engine.counts.skipped_notes >= (seconds > 0.5)


@pytest.mark.parametrize("pause", [0.001, 0.013, 0.02, 0.5])
def test_a_continuous_clock_gives_the_tempo_before_in_and_after_the_count_in(pause):
    async def scenario():
        stage = CountedStage(1, idle=True)
        await stage.play(pause)
        stage.conductor.handle_event(START)
        await stage.play(2.5)
        stage.conductor.handle_event(STOP)
        await stage.play(0.3)
        stage.idle.close()
        return stage

    stage = on_stage(scenario)
    moments = [moment for moment, event in stage.moments if isinstance(event, ClockPulse)]
    apart = [b - a for a, b in pairwise(moments)]
    assert max(apart) < 1.6 / 48
    assert [it for it in apart if abs(it - 1 / 48) > 0.0005][2:] == []  # but for the two joins
    place = [
        event[1] if isinstance(event, TransportMessage) else event.tick
        for _, event in stage.moments
    ]
    start = place.index("start")
    assert place[start - 1 : start + 2] == [-20, "start", 0]
