"""The alarm that wakes the conductor shortly before a note."""

import asyncio
import contextlib

import pytest

from perform.clock import realtime
from perform.clock.realtime import SPIN_SECONDS, Alarm, RealtimeClock


def test_the_alarm_calls_back_once_and_before_its_moment():
    async def wait():
        called = asyncio.Event()
        loop = asyncio.get_running_loop()
        alarm = Alarm(loop, called.set)
        moment = RealtimeClock().now() + 0.02
        alarm.set(moment + 5)
        alarm.set(moment)
        await asyncio.wait_for(called.wait(), 2)
        early = moment - RealtimeClock().now()
        alarm.close()
        alarm.close()
        return early

    assert asyncio.run(wait()) <= SPIN_SECONDS  # the callback spins for the rest


def test_an_alarm_that_is_set_for_the_same_moment_again_calls_back_again():
    async def calls_for(*moments):
        called = asyncio.Event()
        calls = []
        alarm = Alarm(asyncio.get_running_loop(), called.set)
        for moment in moments:
            called.clear()
            alarm.set(moment)
            alarm.set(moment)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(called.wait(), 0.05 if moment is None else 2)
            calls.append(called.is_set())
        alarm.close()
        return calls

    past = RealtimeClock().now() - 0.01  # so that the call comes at once
    assert asyncio.run(calls_for(past, past, None, past)) == [True, True, False, True]


@pytest.mark.parametrize("timerfd", [True, False])
def test_an_alarm_that_is_closed_calls_back_no_more(monkeypatch, timerfd):
    if not timerfd:
        monkeypatch.setattr(realtime, "_open_timerfd", lambda: (None, None))

    async def calls():
        made = []
        alarm = Alarm(asyncio.get_running_loop(), lambda: made.append(None))
        alarm.close()
        alarm.set(RealtimeClock().now() - 0.01)
        await asyncio.sleep(0.02)
        return made

    assert asyncio.run(calls()) == []
