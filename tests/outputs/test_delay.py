"""An output that sounds sooner than another is delayed."""

import asyncio
import time

import pytest
import virtual_loop

from perform.clock import realtime
from perform.engine.settings import Counts
from perform.errors import OutputError
from perform.events import AllNotesOff, Beat, ChordSounds, ClockPulse, NoteMessage, StateChanged
from perform.outputs import delay
from perform.outputs.delay import DelayedOutput
from perform.outputs.memory import MemoryOutput

SECONDS = 0.02


class TimedOutput:
    """Keeps each event with its moment; `fourth` is set when the fourth one arrives."""

    def __init__(self):
        self.received, self.closed, self.fourth = [], False, asyncio.Event()

    def send(self, event):
        self.received.append((event, time.monotonic()))
        if len(self.received) == 4:
            self.fourth.set()

    def close(self):
        self.closed = True


def test_delayed_events_arrive_in_order_and_not_early_and_the_rest_on_close():
    async def play():
        output, sent = TimedOutput(), []
        delayed = DelayedOutput(output, SECONDS)
        for beat in range(3):
            sent.append(time.monotonic())
            delayed.send(Beat(beat, 0, beat))
            if not beat:
                delayed.send(StateChanged("/swing", 0.5))  # a value is not delayed
            await asyncio.sleep(SECONDS / 4)
        await asyncio.wait_for(output.fourth.wait(), 10)
        delayed.send(Beat(3, 0, 3))
        delayed.close()
        return output, sent

    output, sent = asyncio.run(play())
    assert isinstance(output.received.pop(0)[0], StateChanged)
    assert [event.beat for event, _ in output.received] == [0, 1, 2, 3]
    moments = [moment for _, moment in output.received[:3]]
    assert all(then - now >= SECONDS for then, now in zip(moments, sent, strict=True))
    assert output.closed


def test_the_sound_of_a_song_waits_for_the_notes_of_the_song_before():
    async def play():
        output = MemoryOutput()
        delayed = DelayedOutput(output, SECONDS)
        sent = [
            NoteMessage(0, "lead", 60, 0),
            StateChanged("/voice/lead/program", 5),
            StateChanged("/song", "Jam"),
            NoteMessage(1, "lead", 62, 90),
        ]
        for event in sent:
            delayed.send(event)
        assert output.events == []
        delayed.close()
        assert output.events == sent

    asyncio.run(play())


def test_an_output_that_goes_away_meanwhile_raises_its_error_at_the_next_event():
    class Gone(TimedOutput):
        def send(self, _):
            self.fourth.set()
            raise OutputError("it went away")

    async def play():
        output = Gone()
        delayed = DelayedOutput(output, SECONDS)
        delayed.send(Beat(0, 0, 0))
        delayed.send(Beat(1, 0, 1))
        await asyncio.wait_for(output.fourth.wait(), 10)
        with pytest.raises(OutputError, match="it went away"):
            delayed.send(Beat(2, 0, 2))
        delayed.close()
        return output

    assert asyncio.run(play()).closed


def test_what_waits_in_a_delay_is_left_out_after_a_stall_but_for_the_ends_of_notes(monkeypatch):
    monkeypatch.setattr(realtime, "_open_timerfd", lambda: (None, None))  # the loop's timers
    late = [
        NoteMessage(0, "lead", 60, 80),
        ClockPulse(0),
        Beat(0, 0, 0),
        NoteMessage(0, "lead", 60, 0),
        ChordSounds(0, "C7"),
    ]

    async def play():
        loop, memory, counts = asyncio.get_running_loop(), MemoryOutput(), Counts()
        delayed = DelayedOutput(memory, 0.05, 0.0, counts)
        for event in late:
            delayed.send(event)
        loop.now += 0.15
        delayed.send(ClockPulse(20))
        loop.now += 0.05  # the program stands still
        delayed.send(Beat(960, 0, 2))
        await asyncio.sleep(0.1)
        delayed.close()
        return memory.events, counts

    sent, counts = virtual_loop.run(play(), delay, realtime)
    assert sent == [*late[3:], Beat(960, 0, 2)]
    assert (counts.skipped_notes, counts.skipped_beats, counts.skipped_pulses) == (1, 1, 2)


def test_notes_that_wait_never_begin_after_a_panic(monkeypatch):
    monkeypatch.setattr(realtime, "_open_timerfd", lambda: (None, None))  # the loop's timers
    waiting = [NoteMessage(0, "lead", 60, 80), Beat(0, 0, 0), NoteMessage(0, "lead", 55, 0)]

    async def play():
        memory = MemoryOutput()
        delayed = DelayedOutput(memory, 0.05, 0.0)
        for event in (*waiting, AllNotesOff(0)):
            delayed.send(event)
        at_once = list(memory.events)
        await asyncio.sleep(0.1)
        delayed.close()
        return at_once, memory.events

    at_once, sent = virtual_loop.run(play(), delay, realtime)
    assert at_once == [NoteMessage(0, "lead", 55, 0), AllNotesOff(0)]
    assert sent == [*at_once, Beat(0, 0, 0)]
