"""A recorded session replays note for note, whatever events in it."""

import asyncio
import json
from typing import NamedTuple

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.clock.transport import TempoLine, Transport
from perform.clock.virtual import VirtualClock
from perform.config.load import parse_rig
from perform.config.schema import Rig
from perform.config.voices import VoiceConfig
from perform.engine.engine import Engine
from perform.engine.settings import EngineSettings
from perform.errors import SessionError
from perform.events import (
    ChartChanged,
    ChordChanged,
    ChordSounds,
    CountInChanged,
    KeyChanged,
    MetreChanged,
    ParameterChanged,
    PhraseReady,
    PhraseRequested,
    PlayerNoteOff,
    PlayerNoteOn,
    SongPositionChanged,
    TempoChanged,
    TransportChanged,
)
from perform.generation.canned import STOCK, CannedSource
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.music.line_context import ContextChord
from perform.music.note import Note
from perform.outputs.memory import MemoryOutput
from perform.outputs.tape import Tape
from perform.recording import session
from perform.runtime.conductor import Conductor

RIG = Rig(voices=(VoiceConfig(name="lead", channel=3), VoiceConfig(name="bass", role="bass")))
NEVER = 2.0**24


class ClockStart(NamedTuple):
    """A MIDI clock starts or continues at a tick, which it reaches in so many seconds."""

    tick: int
    seconds: float
    action: str


EVENTS = st.lists(
    st.tuples(
        st.floats(0, 1.5),
        st.one_of(
            st.sampled_from(["C7", "F#m7b5/C", "N.C.", "Bb13"]).map(
                lambda symbol: ChordChanged(parse_chord(symbol))
            ),
            st.sampled_from(["start", "stop", "continue"]).map(TransportChanged),
            st.builds(CountInChanged, st.integers(0, 2)),
            st.sampled_from([MetreChanged(1440, 480), MetreChanged(1920, 480)]),
            st.builds(TempoChanged, st.sampled_from([60.0, 131.5, 240.0])),
            st.builds(
                ParameterChanged, st.sampled_from([None, "bass"]), st.just("swing"), st.floats(0, 1)
            ),
            st.builds(PlayerNoteOn, st.integers(0, 127), st.integers(1, 127)),
            st.builds(PlayerNoteOff, st.integers(0, 127)),
            st.builds(SongPositionChanged, st.sampled_from([0, 3840, 5000])),
            st.builds(
                ClockStart,
                st.sampled_from([0, 960, 3840]),
                st.sampled_from([0.0, 0.002, -0.002]),
                st.sampled_from(["start", "continue"]),
            ),
        ),
    ),
    max_size=25,
)


def record(events, folder, by_bar=False):
    """What was sent, and the session file, of a conductor on a virtual clock.

    `events`: (seconds to wait, event). Its phrases come a little late.
    """

    async def play():
        clock, memory, recorded = VirtualClock(), MemoryOutput(), []
        clock.advance(NEVER)  # no alarm comes: the music advances with each event
        engine = Engine([v.settings() for v in RIG.voices], RIG.engine_settings(fallback=STOCK[0]))
        requests = []
        conductor = Conductor(
            engine,
            Transport(120),
            clock,
            lambda request, _due: requests.append(request),
            {voice.name: [memory] for voice in RIG.voices},
            by_bar=by_bar,
            record=lambda tick, event: recorded.append((tick, event)),
        )
        if by_bar:
            conductor.follow_clock(TempoLine(700.0, NEVER, 120.0))
        conductor.prepare()
        for seconds, event in events:
            for _ in range(1 + int(seconds / 0.05)):
                clock.advance(min(seconds, 0.05))
                conductor.handle_event(
                    ParameterChanged("unknown", "swing", 0.0)
                )  # the clock advances
                await asyncio.sleep(0)
                for request in requests[:2]:
                    bar = CannedSource().phrase(request.seed)
                    conductor.handle_event(PhraseReady(request.voice, request.bar, *bar))
                del requests[:2]
            if isinstance(event, ClockStart):
                conductor.start_with_clock(
                    TempoLine(event.tick, clock.now() + event.seconds, 120.0), event.action
                )
            else:
                conductor.handle_event(event)
        conductor.close()
        assert not conductor.failed.done()
        return memory, recorded

    memory, recorded = asyncio.run(play())
    path = folder / "session.jsonl"
    head = json.dumps({"sideman": 1, "rig": json.loads(session.msgspec.json.encode(RIG))})
    lines = [session.encode_event(tick, event) for tick, event in recorded]
    path.write_bytes(b"\n".join([head.encode(), *lines]))
    return memory, path


@settings(max_examples=40)
@given(EVENTS, st.booleans())
def test_a_replay_has_the_same_notes_on_one_timeline(tmp_path_factory, events, by_bar):
    """Whether a start is at once, or waits up to a bar for the other programs."""
    memory, path = record(events, tmp_path_factory.mktemp("session"), by_bar)
    read, again = session.read_session(path), MemoryOutput()
    session.replay(read, [again])
    notes = [(s.voice, s.pitch, s.velocity) for s in memory.notes]
    assert [(s.voice, s.pitch, s.velocity) for s in again.notes if s.voice != "player"] == notes
    for ticks in ([tick for tick, _ in read.events], [s.tick for s in again.notes]):
        assert ticks == sorted(ticks)


def intervals(track):
    """(pitch, start, end) of each note of a track; each note has to end once."""
    found, open_, now = [], {}, 0
    for message in track:
        now += message.time
        if message.type == "note_on":
            assert message.note not in open_
            open_[message.note] = now
        elif message.type == "note_off":
            found.append((message.note, open_.pop(message.note), now))
    assert not open_
    return sorted(found, key=lambda note: note[1])


def at_ticks(track, kind):
    """(tick, message) of each message of a type."""
    now, found = 0, []
    for message in track:
        now += message.time
        if message.type == kind:
            found.append((now, message))
    return found


def test_bars_after_a_start_come_after_the_bars_before_it(tmp_path):
    """At tempo 120 a bar takes two seconds: two and a half bars are played, then one and a half."""
    events = [
        (0.0, ChordChanged(parse_chord("C7"))),
        (5.0, TransportChanged("start")),
        (3.0, TransportChanged("stop")),
        (4.0, TransportChanged("continue")),
        (0.5, PlayerNoteOn(72, 99)),
        (0.5, TransportChanged("stop")),
        (1.0, TransportChanged("start")),
        (2.0, ChordChanged(parse_chord("F7"))),
    ]
    _, path = record(events, tmp_path)
    session.write_midi_file(session.read_session(path), tmp_path / "session.mid")
    first, lead, _, player = mido.MidiFile(tmp_path / "session.mid").tracks
    starts = [tick for tick, _ in at_ticks(first, "time_signature")]
    assert starts == pytest.approx([0, 4800, 4800 + 2880 + 960], abs=250)
    assert starts[0] == 0
    chords = [(tick, mark.text) for tick, mark in at_ticks(first, "marker")]
    assert chords == [(0, "C7"), (pytest.approx(starts[2] + 1920, abs=250), "F7")]
    for _, start, end in intervals(lead):  # no note sounds on after a start
        assert not any(start < other < end for other in starts)
        assert end - start <= 1920
    ((pitch, pressed, released),) = intervals(player)
    assert (pitch, pressed) == (72, pytest.approx(4800 + 2880 + 480, abs=250))
    assert released >= chords[1][0]  # the key stays down: the note ends with the session


@pytest.mark.parametrize("there", [2880, 2860, 480, 20000])
def test_a_clock_that_continues_at_another_position_is_followed_there(tmp_path, there):
    """We stopped at 2880, one and a half bars in; the clock continues at `there`."""

    async def play():
        clock, memory, recorded = VirtualClock(NEVER), MemoryOutput(), []
        settings = EngineSettings(fallback=(Note(0, 240, 60), Note(960, 240, 64)))
        conductor = Conductor(
            Engine([RIG.voices[0].settings()], settings),
            Transport(120),
            clock,
            lambda *_: None,
            {"lead": [memory]},
            record=lambda tick, event: recorded.append((tick, event)),
        )
        conductor.handle_event(ChordChanged(parse_chord("C7")))
        clock.advance(3.0)
        conductor.handle_event(TransportChanged("stop"))
        before = len(memory.notes)
        conductor.start_with_clock(TempoLine(there, clock.now(), 120.0), "continue")
        for _ in range(80):
            clock.advance(0.025)
            conductor.handle_event(ParameterChanged("unknown", "swing", 0.0))
        conductor.close()
        return [s.tick for s in memory.notes[before:] if s.velocity], [tick for tick, _ in recorded]

    notes, ticks = asyncio.run(play())
    assert ticks == sorted(ticks)
    assert ticks[-1] == pytest.approx(2880 + 1920, abs=60)
    assert len(notes) in (2, 3)  # two seconds, two notes a bar
    assert all(there - 60 <= tick <= there + 1980 for tick in notes)


def test_the_file_has_each_metre_where_it_changed(tmp_path):
    events = [
        (0.0, MetreChanged(3 * 480, 480)),
        (0.0, ChordChanged(parse_chord("C7"))),
        (2.0, MetreChanged(7 * 240, 480)),
        (4.0, MetreChanged(1920, 480)),
        (0.1, TransportChanged("stop")),
    ]
    _, path = record(events, tmp_path)
    session.write_midi_file(session.read_session(path), tmp_path / "session.mid")
    track = mido.MidiFile(tmp_path / "session.mid").tracks[0]
    metres = [(t, m.numerator, m.denominator) for t, m in at_ticks(track, "time_signature")]
    assert metres == [(0, 3, 4), (2 * 1440, 7, 8)]


def test_a_midi_file_output_equals_the_recording(tmp_path):
    """With a second start, another tempo and metre, and notes of the player."""

    async def play():
        clock, recorded = VirtualClock(NEVER), []
        tape = Tape([session.midi_file_output(RIG, tmp_path / "output.mid")])
        settings = RIG.engine_settings(fallback=STOCK[0])

        def record_both(tick, event):
            tape.handle(tick, event)
            recorded.append((tick, event))

        conductor = Conductor(
            Engine([v.settings() for v in RIG.voices], settings),
            Transport(120),
            clock,
            lambda *_: None,
            {voice.name: [tape] for voice in RIG.voices},
            record=record_both,
        )
        conductor.prepare()
        for event in (
            ChordChanged(parse_chord("C7")),
            PlayerNoteOn(60),
            TempoChanged(90.0),
            MetreChanged(1440, 480),
            TransportChanged("start"),
            PlayerNoteOff(60),
        ):
            conductor.handle_event(event)
            clock.advance(1.7)
        conductor.close()
        tape.close()
        return session.Session(RIG, tuple(recorded))

    session.write_midi_file(asyncio.run(play()), tmp_path / "session.mid")
    assert (tmp_path / "output.mid").read_bytes() == (tmp_path / "session.mid").read_bytes()


def test_an_output_without_notes_does_not_overwrite_the_file(tmp_path):
    path = tmp_path / "output.mid"
    path.write_bytes(b"an earlier file")
    output = session.midi_file_output(RIG, path, skip_empty=True)
    output.send(ChordSounds(0, "C7"))
    output.close()
    assert path.read_bytes() == b"an earlier file"


def test_a_session_that_is_cut_short_ends_its_notes(tmp_path):
    _, path = record([(0.0, ChordChanged(parse_chord("C7"))), (3.0, PlayerNoteOn(60))], tmp_path)
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(lines[:-1]))  # without the stop at the end
    session.write_midi_file(session.read_session(path), tmp_path / "session.mid")
    assert intervals(mido.MidiFile(tmp_path / "session.mid").tracks[1])


def test_a_session_becomes_a_midi_file_with_tempo_chords_voices_and_player(tmp_path):
    events = [
        (0.1, ChordChanged(parse_chord("C7"))),
        (1.0, TempoChanged(90.0)),
        (0.2, PlayerNoteOn(72, 99)),
        (0.5, PlayerNoteOff(72)),
        (1.0, ChordChanged(parse_chord("F7"))),
        (1.0, TransportChanged("stop")),
    ]
    _, path = record(events, tmp_path)
    session.write_midi_file(session.read_session(path), tmp_path / "session.mid")
    song = mido.MidiFile(tmp_path / "session.mid")
    names = [track.name for track in song.tracks]
    assert names == ["Sideman", "lead", "bass", "player"]
    first = song.tracks[0]
    assert [m.text for m in first if m.type == "marker"] == ["C7", "F7"]
    assert [round(mido.tempo2bpm(m.tempo)) for m in first if m.type == "set_tempo"] == [120, 90]
    player = [(m.note, m.velocity) for m in song.tracks[3] if m.type in ("note_on", "note_off")]
    assert player == [(72, 99), (72, 0)]
    assert any(m.type == "note_on" for m in song.tracks[1])


@pytest.mark.parametrize(
    "event",
    [
        ChartChanged(parse_chart("C | |: Dm7 G7 :| N.C.")),
        KeyChanged(frozenset({0, 2, 4})),
        KeyChanged(None),
        PhraseReady("lead", 3, (Note(0, 240, 60),)),
        PhraseReady(
            "lead", 3, (Note(0, 240, 60),), True, True, (ContextChord(0, 0, (0,), (0, 2)),)
        ),
        ChordChanged(None),
        TransportChanged("start"),
        TransportChanged("start", 3840),
    ],
)
def test_every_field_of_an_event_is_recorded(tmp_path, event):
    path = tmp_path / "s.jsonl"
    head = session.msgspec.json.encode({"sideman": 1, "rig": RIG})
    path.write_bytes(head + b"\n" + session.encode_event(7, event) + b"\n")
    assert session.read_session(path).events == ((7, event),)


@given(st.binary(max_size=300))
@settings(max_examples=50)
def test_any_bytes_are_a_session_or_an_error_of_one_line(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "s.jsonl"
    head = session.msgspec.json.encode({"sideman": 1, "rig": RIG}) + b"\n"
    for content in (data, head + data):
        path.write_bytes(content)
        try:
            session.read_session(path)
        except SessionError as error:
            assert "\n" not in str(error) or b"\n" in data


def test_phrase_requests_are_not_recorded_and_phrases_are(tmp_path):
    memory, path = record(
        [(0.1, ChordChanged(parse_chord("C"))), (2.5, TempoChanged(100.0))], tmp_path
    )
    kinds = {type(event).__name__ for _, event in session.read_session(path).events}
    assert "PhraseReady" in kinds
    assert PhraseRequested.__name__ not in kinds
    assert memory.notes


def test_the_rig_names_the_folder(tmp_path):
    rig = parse_rig(f'[record]\nfolder = "{tmp_path}"')
    assert rig.record.folder == str(tmp_path)
    with pytest.raises(SessionError, match="cannot be read"):
        session.read_session(tmp_path / "none.jsonl")
