"""The conductor, on a virtual clock and in real time, with outputs that fail."""

import asyncio
from itertools import pairwise

import pytest

from perform.clock.realtime import RealtimeClock
from perform.clock.transport import TempoLine, Transport
from perform.clock.virtual import VirtualClock
from perform.engine.engine import Engine
from perform.engine.song_position import OPEN_AHEAD_TICKS
from perform.engine.voicing import VoiceSettings
from perform.errors import OutputError
from perform.events import (
    ChordChanged,
    NoteMessage,
    PhraseReady,
    StateChanged,
    TempoTapped,
    TransportChanged,
)
from perform.music.chord import parse_chord
from perform.music.note import Note
from perform.outputs.delay import DelayedOutput
from perform.outputs.memory import MemoryOutput
from perform.runtime.conductor import Conductor


def conductor_of(clock, *outputs, **options):
    """A conductor with one voice, "one", and its transport. `outputs`: of the voice."""
    engine, transport = Engine([VoiceSettings(name="one")]), Transport(120.0)
    voices = {"one": outputs or [MemoryOutput()]}
    conductor = Conductor(engine, transport, clock, lambda *_: None, voices, **options)
    return conductor, transport


def play_chord(conductor, symbol):
    conductor.handle_event(ChordChanged(parse_chord(symbol)))


class UnpluggedOutput(MemoryOutput):
    """Plays one note, then its device is gone."""

    def send(self, output):
        if self.notes:
            raise OutputError("unplugged")
        super().send(output)


def test_an_output_that_is_gone_is_an_error_and_the_others_fall_silent():
    async def play():
        gone, stays, clock = UnpluggedOutput(), MemoryOutput(), VirtualClock()
        engine = Engine([VoiceSettings(name="one"), VoiceSettings(name="two")])
        voices = {"two": [stays], "one": [gone]}
        conductor = Conductor(engine, Transport(), clock, lambda *_: None, voices)
        conductor.prepare()
        for voice in ("one", "two"):
            conductor.handle_event(PhraseReady(voice, 0, (Note(0, 960, 60),)))
        play_chord(conductor, "C")
        clock.advance(0.01)
        play_chord(conductor, "F")
        assert isinstance(conductor.failed.exception(), OutputError)
        conductor.close()
        return stays.notes

    notes = asyncio.run(play())
    assert [min(note.velocity, 1) for note in notes] in ([], [1, 0])


def test_a_closed_conductor_has_published_the_stop_and_sends_nothing_more():
    async def play():
        listener = MemoryOutput()
        conductor, _ = conductor_of(VirtualClock())
        conductor.add_listener(listener)
        play_chord(conductor, "C")
        conductor.close()
        sent = list(listener.events)
        conductor.handle_event(TransportChanged("start"))
        conductor.close()
        assert listener.events == sent
        return sent

    assert StateChanged("/transport", "stop") in asyncio.run(play())


class StampedOutput(MemoryOutput):
    """Stamps each note with the moment of its tick when it is sent, as for a browser."""

    def __init__(self, clock):
        super().__init__()
        self._clock, self.transport, self.stamps = clock, None, []

    def send(self, output):
        super().send(output)
        if isinstance(output, NoteMessage):
            due = self.transport.time_of(output.tick)
            self.stamps.append((min(output.velocity, 1), due - self._clock.now()))


@pytest.mark.parametrize("by_clock", [False, True])
def test_a_start_while_playing_ends_the_notes_of_the_take_at_once(by_clock):
    """The new take counts ticks from 0, so a tick of the old one would be seconds ahead."""

    async def play():
        clock = VirtualClock()
        output = StampedOutput(clock)
        conductor, output.transport = conductor_of(clock, output)
        conductor.prepare()
        for bar in range(4):
            conductor.handle_event(PhraseReady("one", bar, (Note(0, 1900, 60),)))
        play_chord(conductor, "C")
        for _ in range(50):
            clock.advance(0.09)
            play_chord(conductor, "C")  # up to here all is done
        assert len(output.stamps) % 2 == 1  # a note sounds
        output.stamps.clear()
        if by_clock:
            conductor.start_with_clock(TempoLine(0.0, clock.now(), 120.0), "start")
        else:
            conductor.handle_event(TransportChanged("start"))
        conductor.close()
        return output.stamps

    stamps = asyncio.run(play())
    assert [velocity for velocity, _ in stamps] == ([0, 1, 0] if by_clock else [0])
    assert [ahead for _, ahead in stamps] == pytest.approx([0.0] * len(stamps), abs=0.02)


def test_abort_also_ends_delayed_notes():
    async def play():
        memory, clock = MemoryOutput(), VirtualClock()
        conductor, _ = conductor_of(clock, DelayedOutput(memory, 0.5))
        conductor.prepare()
        conductor.handle_event(PhraseReady("one", 0, (Note(0, 960, 60),)))
        play_chord(conductor, "C")
        clock.advance(0.1)
        conductor.abort()  # without another round of the loop
        return memory.notes

    assert [min(note.velocity, 1) for note in asyncio.run(play())] == [1, 0]


def test_a_requested_bar_is_due_when_it_is_laid_out():
    """At a slow tempo that is well before it sounds; so much earlier still as notes are sent."""

    async def play():
        clock, due = VirtualClock(), {}
        engine, transport = Engine([VoiceSettings(name="one")]), Transport(30.0)

        def request(requested, moment):
            due[requested.bar] = moment

        voices = {"one": [MemoryOutput()]}
        conductor = Conductor(engine, transport, clock, request, voices, ahead=0.05)
        play_chord(conductor, "C")
        await asyncio.sleep(0)
        due.clear()
        clock.advance(transport.time_of(1920 + 10) - clock.now())
        play_chord(conductor, "C")
        await asyncio.sleep(0)
        return due, transport

    due, transport = asyncio.run(play())
    assert due[2] == transport.time_of(2 * 1920 - OPEN_AHEAD_TICKS) - 0.05


def test_what_only_prepares_does_not_wait_for_its_moment():
    """A bar opens before its line, and plays nothing then."""

    async def play():
        clock = VirtualClock()
        conductor, transport = conductor_of(clock)
        conductor.prepare()
        for bar in (0, 1):
            conductor.handle_event(PhraseReady("one", bar, (Note(0, 240, 60),)))
        play_chord(conductor, "C")
        clock.advance(1.9)
        play_chord(conductor, "C")  # up to here all is done
        waited = []
        for tick in (1920 - OPEN_AHEAD_TICKS, 1920):
            moment = transport.time_of(tick)
            clock.advance(moment - 0.0004 - clock.now())
            conductor._on_alarm()  # as the timer calls it
            waited.append(clock.now() == pytest.approx(moment))
        conductor.close()
        return waited

    assert asyncio.run(play()) == [False, True]


def test_postponed_phrases_are_handled_in_order(monkeypatch):
    async def play():
        recorded = []
        conductor, _ = conductor_of(
            RealtimeClock(), record=lambda _tick, event: recorded.append(event)
        )
        play_chord(conductor, "C")
        busy = iter([True, False, False])
        monkeypatch.setattr(conductor, "is_busy", lambda: next(busy))
        for pitch in (60, 61):  # the second comes when the note has passed
            conductor.handle_event(PhraseReady("one", 1, (Note(0, 480, pitch),)))
        await asyncio.sleep(0.02)
        conductor.close()
        return [event.phrase[0].pitch for event in recorded if isinstance(event, PhraseReady)]

    assert asyncio.run(play()) == [60, 61]


@pytest.mark.parametrize("ahead", [0.0, 0.05])
def test_uneven_taps_give_their_tempo_and_the_tapped_beat(ahead):
    """`ahead`: notes are sent early for slow synthesizers, and a player taps to what sounds."""

    async def tap():
        clock = VirtualClock()
        conductor, transport = conductor_of(clock, ahead=ahead)
        play_chord(conductor, "C")
        clock.advance(3.1 + ahead)
        for late in (0.0, 0.02, -0.02, 0.015, -0.01, 0.02, -0.015, 0.0):
            clock.advance(0.6 + late)  # 100 a minute
            conductor.handle_event(TempoTapped())
        tapped = clock.now() - ahead
        bpm = transport.bpm
        beats = [transport.time_of(480 * beat) for beat in range(20, 200)]
        conductor.close()
        return bpm, tapped, beats

    bpm, tapped, beats = asyncio.run(tap())
    assert bpm == pytest.approx(100, rel=0.03)
    gaps = [b - a for a, b in pairwise(beats)]
    assert gaps[-100:] == pytest.approx([60 / bpm] * 100)
    assert min((beat - tapped) % (60 / bpm) for beat in beats[-5:]) == pytest.approx(0, abs=0.001)


def test_a_button_that_bounces_taps_no_tempo():
    async def bounce():
        clock = VirtualClock()
        conductor, transport = conductor_of(clock)
        play_chord(conductor, "C")
        for _ in range(10):
            conductor.handle_event(TempoTapped())  # at the same moment, as a coarse clock has it
        conductor.close()
        assert not conductor.failed.done()
        return transport.bpm

    assert asyncio.run(bounce()) == 120
