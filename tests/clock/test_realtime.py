"""The alarm that wakes the conductor shortly before a note."""

import asyncio

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
