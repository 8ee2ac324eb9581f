"""After a stall of the program, nothing is made up for, and the music goes on at its place."""

import asyncio
import json

import pytest
from stages import FAR, RIG, Stage

from perform.clock.transport import TempoLine
from perform.events import (
    Beat,
    ChartChanged,
    ChordChanged,
    ChordSounds,
    ClockPulse,
    NoteMessage,
    PhraseReady,
    TempoChanged,
    TransportChanged,
)
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.music.note import Note
from perform.outputs.memory import MemoryOutput
from perform.recording import session

CHART = "Dm7 | G7 | Cmaj7 | A7 | F | Fm | Em7 | A7b9"
LATEST = 0.1
TIMED = (Beat, ClockPulse)


def is_onset(event):
    return isinstance(event, TIMED) or (isinstance(event, NoteMessage) and event.velocity > 0)


async def playing(**options):
    stage = Stage(**options)
    stage.conductor.handle_event(ChartChanged(parse_chart(CHART), CHART))
    stage.conductor.handle_event(TransportChanged("start"))
    await stage.play(5.3)
    return stage


@pytest.mark.parametrize("seconds", [1, 5, 30])
@pytest.mark.parametrize("first", ["alarm", "event", "close"])
def test_nothing_is_sent_more_than_a_tenth_of_a_second_late(seconds, first):
    async def play():
        stage = await playing()
        sounding = {
            (voice.settings.name, pitch)
            for voice in stage.engine._voices.all
            for pitch in voice.sounding
        }
        stage.sent.clear()
        stage.clock.advance(seconds)
        if first == "event":
            stage.conductor.handle_event(TempoChanged(120))
        elif first == "close":
            stage.conductor.close()
        else:
            stage.conductor._on_alarm()
        offs = [event for event in stage.of(NoteMessage)[: len(sounding)] if not event.velocity]
        assert sounding
        assert {(event.voice, event.pitch) for event in offs} == sounding
        if first != "close":
            await stage.play(4.0)
            assert [beat.tick for beat in stage.of(Beat)][-8:] == [
                480 * beat for beat in range(int((5.3 + seconds) * 2), int((9.3 + seconds) * 2) + 1)
            ][-8:]
            assert [it for it in stage.of(NoteMessage) if it.velocity]
        counts = stage.engine.counts
        stage.conductor.close()
        assert not stage.conductor.failed.done()
        return stage, counts

    stage, counts = asyncio.run(play())
    assert max((late for late, event in stage.sent if is_onset(event)), default=0) <= LATEST
    assert counts.stalls == 1
    assert counts.skipped_notes > 0
    assert counts.skipped_beats == pytest.approx(2 * seconds, abs=1)
    assert counts.skipped_pulses == pytest.approx(48 * seconds, abs=2)


@pytest.mark.parametrize("seconds", [0.35, 1.7, 5, 15])
def test_the_music_goes_on_at_the_right_bar_chord_and_beat(seconds):
    async def play(stalls):
        stage = await playing()
        if stalls:
            stage.stall(seconds)
        else:
            await stage.play(seconds)
        await stage.play(1.0)
        stage.sent.clear()
        await stage.play(8.0)
        places = stage.of(Beat), stage.of(ChordSounds), stage.engine._harmony.cursor
        notes = {event.voice for event in stage.of(NoteMessage) if event.velocity}
        pulses = [event.tick for event in stage.of(ClockPulse)]
        stage.conductor.close()
        return places, notes, pulses

    assert asyncio.run(play(stalls=True)) == asyncio.run(play(stalls=False))


def test_a_short_delay_leaves_nothing_out():
    async def play():
        stage = await playing()
        stage.stall(0.09)
        stage.conductor.close()
        return stage.engine.counts

    counts = asyncio.run(play())
    assert (counts.stalls, counts.skipped_notes, counts.skipped_pulses) == (0, 0, 0)


def test_no_bar_is_silent_when_its_phrase_could_not_be_requested():
    async def play():
        stage = await playing()
        stage.requests = type("Deaf", (list,), {"append": lambda *_: None})()  # no source answers
        stage.stall(12.0)
        await stage.play(4.0)
        stage.conductor.close()
        return stage

    stage = asyncio.run(play())
    assert len([event for event in stage.of(NoteMessage) if event.velocity]) > 4


def test_a_recorded_stall_replays_what_sounded(tmp_path):
    async def play():
        stage = await playing()
        heard = list(stage.sent)
        for seconds in (0.4, 7.0):
            heard += stage.stall(seconds)
            stage.sent = []
            await stage.play(3.0)
            heard += stage.sent
        stage.sent = []
        stage.conductor.close()
        return stage.recorded, heard + stage.sent

    recorded, heard = asyncio.run(play())
    path = tmp_path / "session.jsonl"
    head = json.dumps({"sideman": 1, "rig": json.loads(session.msgspec.json.encode(RIG))})
    lines = [session.encode_event(tick, event) for tick, event in recorded]
    path.write_bytes(b"\n".join([head.encode(), *lines]))
    again = MemoryOutput()
    session.replay(session.read_session(path), [again])
    notes = [event[:] for _, event in heard if isinstance(event, NoteMessage)]
    assert [event[1:] for event in again.notes] == [event[1:] for event in notes]


def test_the_log_says_what_was_left_out(caplog):
    async def play():
        stage = await playing()
        stage.stall(2.0)
        await asyncio.sleep(0)
        stage.stall(2.0)
        await asyncio.sleep(0)
        stage.conductor.close()

    asyncio.run(play())
    lines = [record.message for record in caplog.records if "left out" in record.message]
    assert len(lines) == 1  # a machine that stalls again and again does not fill the log
    assert lines[0].startswith("nothing could be sent for 2.0 s; left out since: ")
    assert " 0 notes" not in lines[0]


@pytest.mark.parametrize("bpm", [100.0, 120.0, 133.0])
def test_a_stalled_follower_is_soon_on_the_bar_line_of_the_leader(bpm):
    """The session's tempo changed while the program stood still; the news come a little later."""

    async def play():
        stage = Stage(by_bar=True)
        line = TempoLine(0.0, FAR, 120.0)
        stage.conductor.follow_clock(line)
        stage.conductor.handle_event(ChordChanged(parse_chord("C7")))
        for _ in range(265):
            await stage.play(0.02)
            stage.conductor.follow_clock(line)
        changed = TempoLine(line.tick_at(FAR + 6), FAR + 6, bpm)
        stage.stall(5.0)
        for step in range(250):
            await stage.play(0.02)
            stage.conductor.follow_clock(changed if step > 10 else line)
        now = stage.clock.now()
        apart = (changed.tick_at(now) - stage.transport.position_at(now)) % 1920
        stage.conductor.close()
        return min(apart, 1920 - apart)

    assert asyncio.run(play()) < 5


def test_a_note_that_was_computed_before_the_stall_is_left_out():
    async def play():
        stage = await playing()
        late = NoteMessage(stage.transport.tick_at(stage.clock.now() - 0.2), "lead", 60, 80)
        stage.sent.clear()
        stage.conductor._send_all([late, late._replace(velocity=0)])
        stage.conductor.close()
        return stage.of(NoteMessage)[0]

    assert asyncio.run(play()).velocity == 0


def test_a_stall_while_the_first_bar_is_awaited_leaves_the_start_in_its_place():
    async def play():
        stage = Stage()
        stage.conductor.handle_event(PhraseReady("lead", 0, (Note(0, 240, 60),)))
        stage.conductor.handle_event(ChordChanged(parse_chord("C")))
        stage.stall(3.3)
        await stage.play(4.0)
        stage.conductor.close()
        return [beat[:] for beat in stage.of(Beat)][:2]

    assert asyncio.run(play()) == [(480 * 7, 1, 3), (480 * 8, 2, 0)]
