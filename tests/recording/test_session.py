"""A session on record plays again note for note, whatever happened in it."""

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
from perform.music.note import Note
from perform.outputs.memory import MemoryOutput
from perform.outputs.tape import Tape
from perform.recording import session
from perform.runtime.conductor import Conductor

RIG = Rig(voices=(VoiceConfig(name="lead", channel=3), VoiceConfig(name="bass", role="bass")))
NEVER = 2.0**24


class Begun(NamedTuple):
    """A MIDI clock says that it goes on: from a tick that comes in so many seconds."""

    tick: int
    seconds: float
    action: str


happenings = st.lists(
    st.tuples(
        st.floats(0, 1.5),
        st.one_of(
            st.sampled_from(["C7", "F#m7b5/C", "N.C.", "Bb13"]).map(
                lambda symbol: ChordChanged(parse_chord(symbol))
            ),
            st.sampled_from(["start", "stop", "continue"]).map(TransportChanged),
            st.builds(TempoChanged, st.sampled_from([60.0, 131.5, 240.0])),
            st.builds(
                ParameterChanged, st.sampled_from([None, "bass"]), st.just("swing"), st.floats(0, 1)
            ),
            st.builds(PlayerNoteOn, st.integers(0, 127), st.integers(1, 127)),
            st.builds(PlayerNoteOff, st.integers(0, 127)),
            st.builds(SongPositionChanged, st.sampled_from([0, 3840, 5000])),
            st.builds(
                Begun,
                st.sampled_from([0, 960, 3840]),
                st.sampled_from([0.0, 0.002, -0.002]),
                st.sampled_from(["start", "continue"]),
            ),
        ),
    ),
    max_size=25,
)


def perform(happened, folder, by_bar=False):
    """A live conductor on the virtual clock, its phrases a little late; what was heard, what was kept."""

    async def play():
        clock, memory, kept = VirtualClock(), MemoryOutput(), []
        clock.advance(NEVER)  # no alarm rings: music moves on only when it is told something
        engine = Engine([v.settings() for v in RIG.voices], RIG.engine_settings(fallback=STOCK[0]))
        wanted = []
        conductor = Conductor(
            engine,
            Transport(120),
            clock,
            lambda wish, _due: wanted.append(wish),
            {voice.name: [memory] for voice in RIG.voices},
            by_bar=by_bar,
            record=lambda tick, event: kept.append((tick, event)),
        )
        if by_bar:
            conductor.follow_clock(TempoLine(700.0, NEVER, 120.0))
        conductor.prepare()
        for seconds, event in happened:
            for _ in range(1 + int(seconds / 0.05)):
                clock.advance(min(seconds, 0.05))
                conductor.handle_event(
                    ParameterChanged("nobody", "swing", 0.0)
                )  # the clock ticks on
                await asyncio.sleep(0)
                for wish in wanted[:2]:
                    phrase = CannedSource().phrase(wish.seed)
                    conductor.handle_event(PhraseReady(wish.voice, wish.bar, phrase))
                del wanted[:2]
            if isinstance(event, Begun):
                conductor.start_with_clock(
                    TempoLine(event.tick, clock.now() + event.seconds, 120.0), event.action
                )
            else:
                conductor.handle_event(event)
        conductor.close()
        assert not conductor.failed.done()
        return memory, kept

    memory, kept = asyncio.run(play())
    path = folder / "session.jsonl"
    head = json.dumps({"sideman": 1, "rig": json.loads(session.msgspec.json.encode(RIG))})
    lines = [session.encode_event(tick, event) for tick, event in kept]
    path.write_bytes(b"\n".join([head.encode(), *lines]))
    return memory, path


@settings(max_examples=40)
@given(happenings, st.booleans())
def test_what_was_played_is_played_again_on_one_line_of_time(
    tmp_path_factory, happened, with_others
):
    """Whether starts are at once, or wait up to a bar for others."""
    memory, path = perform(happened, tmp_path_factory.mktemp("session"), with_others)
    kept, again = session.read_session(path), MemoryOutput()
    session.replay(kept, [again])
    heard = [(s.voice, s.pitch, s.velocity) for s in memory.notes]
    assert [(s.voice, s.pitch, s.velocity) for s in again.notes if s.voice != "player"] == heard
    for ticks in ([tick for tick, _ in kept.events], [s.tick for s in again.notes]):
        assert ticks == sorted(ticks)


def intervals(track):
    """Every note of a track as (pitch, begin, end); a note that is not ended, or ended twice, is a fault."""
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
    """(tick, message) of every message of a kind."""
    now, found = 0, []
    for message in track:
        now += message.time
        if message.type == kind:
            found.append((now, message))
    return found


def test_bars_after_a_new_beginning_lie_after_those_before_it(tmp_path):
    """At 120 a bar takes two seconds, so two bars and a half are left, then one and a half, then none."""
    happened = [
        (0.0, ChordChanged(parse_chord("C7"))),
        (5.0, TransportChanged("start")),
        (3.0, TransportChanged("stop")),
        (4.0, TransportChanged("continue")),
        (0.5, PlayerNoteOn(72, 99)),
        (0.5, TransportChanged("stop")),
        (1.0, TransportChanged("start")),
        (2.0, ChordChanged(parse_chord("F7"))),
    ]
    _, path = perform(happened, tmp_path)
    session.write_midi_file(session.read_session(path), tmp_path / "session.mid")
    first, lead, _, player = mido.MidiFile(tmp_path / "session.mid").tracks
    starts = [tick for tick, _ in at_ticks(first, "time_signature")]
    assert starts == pytest.approx([0, 4800, 4800 + 2880 + 960], abs=250)
    assert starts[0] == 0
    chords = [(tick, mark.text) for tick, mark in at_ticks(first, "marker")]
    assert chords == [(0, "C7"), (pytest.approx(starts[2] + 1920, abs=250), "F7")]
    for _, begin, end in intervals(lead):  # none reaches over a new beginning
        assert not any(begin < start < end for start in starts)
        assert end - begin <= 1920
    ((pitch, pressed, lifted),) = intervals(player)
    assert (pitch, pressed) == (72, pytest.approx(4800 + 2880 + 480, abs=250))
    assert lifted >= chords[1][0]  # nobody lifted it: it ends with the session


@pytest.mark.parametrize("there", [2880, 2860, 480, 20000])
def test_who_goes_on_elsewhere_is_followed_there_and_the_session_goes_on(tmp_path, there):
    """They pressed continue: we stand at 2880, a bar and a half in, and they where they say."""

    async def play():
        clock, memory, kept = VirtualClock(NEVER), MemoryOutput(), []
        settings = EngineSettings(fallback=(Note(0, 240, 60), Note(960, 240, 64)))
        conductor = Conductor(
            Engine([RIG.voices[0].settings()], settings),
            Transport(120),
            clock,
            lambda _wish, _due: None,
            {"lead": [memory]},
            record=lambda tick, event: kept.append((tick, event)),
        )
        conductor.handle_event(ChordChanged(parse_chord("C7")))
        clock.advance(3.0)
        conductor.handle_event(TransportChanged("stop"))
        before = len(memory.notes)
        conductor.start_with_clock(TempoLine(there, clock.now(), 120.0), "continue")
        for _ in range(80):
            clock.advance(0.025)
            conductor.handle_event(ParameterChanged("nobody", "swing", 0.0))
        conductor.close()
        return [s.tick for s in memory.notes[before:] if s.velocity], [tick for tick, _ in kept]

    struck, kept = asyncio.run(play())
    assert kept == sorted(kept)
    assert kept[-1] == pytest.approx(2880 + 1920, abs=60)
    assert len(struck) in (2, 3)  # two seconds, two notes a bar
    assert all(there - 60 <= tick <= there + 1980 for tick in struck)


def test_the_metre_changes_in_the_file_where_it_changed(tmp_path):
    happened = [
        (0.0, MetreChanged(3 * 480, 480)),
        (0.0, ChordChanged(parse_chord("C7"))),
        (2.0, MetreChanged(7 * 240, 480)),
        (4.0, MetreChanged(1920, 480)),
        (0.1, TransportChanged("stop")),
    ]
    _, path = perform(happened, tmp_path)
    session.write_midi_file(session.read_session(path), tmp_path / "session.mid")
    track = mido.MidiFile(tmp_path / "session.mid").tracks[0]
    metres = [(t, m.numerator, m.denominator) for t, m in at_ticks(track, "time_signature")]
    assert metres == [(0, 3, 4), (2 * 1440, 7, 8)]


def test_a_midifile_output_holds_what_the_recording_does(tmp_path):
    """Through a new beginning, another tempo and another metre, the player's notes among them."""

    async def play():
        clock, kept = VirtualClock(NEVER), []
        tape = Tape([session.midi_file_output(RIG, tmp_path / "output.mid")])
        settings = RIG.engine_settings(fallback=STOCK[0])

        def record(tick, event):
            tape.handle(tick, event)
            kept.append((tick, event))

        conductor = Conductor(
            Engine([v.settings() for v in RIG.voices], settings),
            Transport(120),
            clock,
            lambda _wish, _due: None,
            {voice.name: [tape] for voice in RIG.voices},
            record=record,
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
        return session.Session(RIG, tuple(kept))

    session.write_midi_file(asyncio.run(play()), tmp_path / "session.mid")
    assert (tmp_path / "output.mid").read_bytes() == (tmp_path / "session.mid").read_bytes()


def test_an_output_to_which_nothing_sounded_leaves_the_file_that_is_there(tmp_path):
    path = tmp_path / "output.mid"
    path.write_bytes(b"last evening")
    sink = session.midi_file_output(RIG, path, skip_empty=True)
    sink.send(ChordSounds(0, "C7"))
    sink.close()
    assert path.read_bytes() == b"last evening"


def test_a_session_cut_short_ends_its_notes(tmp_path):
    _, path = perform([(0.0, ChordChanged(parse_chord("C7"))), (3.0, PlayerNoteOn(60))], tmp_path)
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(lines[:-1]))  # without the stop at the end
    session.write_midi_file(session.read_session(path), tmp_path / "session.mid")
    assert intervals(mido.MidiFile(tmp_path / "session.mid").tracks[1])


def test_a_session_becomes_a_midi_file_with_tempo_chords_voices_and_player(tmp_path):
    happened = [
        (0.1, ChordChanged(parse_chord("C7"))),
        (1.0, TempoChanged(90.0)),
        (0.2, PlayerNoteOn(72, 99)),
        (0.5, PlayerNoteOff(72)),
        (1.0, ChordChanged(parse_chord("F7"))),
        (1.0, TransportChanged("stop")),
    ]
    _, path = perform(happened, tmp_path)
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
        ChordChanged(None),
    ],
)
def test_every_kind_of_event_is_kept_whole(tmp_path, event):
    path = tmp_path / "s.jsonl"
    head = session.msgspec.json.encode({"sideman": 1, "rig": RIG})
    path.write_bytes(head + b"\n" + session.encode_event(7, event) + b"\n")
    assert session.read_session(path).events == ((7, event),)


@given(st.binary(max_size=300))
@settings(max_examples=50)
def test_any_bytes_are_a_session_or_one_line(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "s.jsonl"
    head = session.msgspec.json.encode({"sideman": 1, "rig": RIG}) + b"\n"
    for content in (data, head + data):
        path.write_bytes(content)
        try:
            session.read_session(path)
        except SessionError as fault:
            assert "\n" not in str(fault) or b"\n" in data


def test_wishes_are_not_recorded_but_what_came_of_them_is(tmp_path):
    memory, path = perform(
        [(0.1, ChordChanged(parse_chord("C"))), (2.5, TempoChanged(100.0))], tmp_path
    )
    kinds = {type(event).__name__ for _, event in session.read_session(path).events}
    assert "PhraseReady" in kinds
    assert PhraseRequested.__name__ not in kinds
    assert memory.notes


def test_a_rig_that_records_says_where(tmp_path):
    rig = parse_rig(f'[record]\nfolder = "{tmp_path}"')
    assert rig.record.folder == str(tmp_path)
    with pytest.raises(SessionError, match="cannot be read"):
        session.read_session(tmp_path / "none.jsonl")
