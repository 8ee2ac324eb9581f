"""The transposition of what goes out."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.engine.engine import Engine
from perform.engine.settings import EngineSettings
from perform.engine.voicing import VoiceSettings
from perform.events import (
    ChordChanged,
    ChordSounds,
    ParameterChanged,
    SnapshotRecalled,
    SnapshotStored,
    StateChanged,
)
from perform.generation.canned import CannedSource
from perform.music.chord import parse_chord
from perform.music.pitch import transposed
from perform.outputs.memory import MemoryOutput
from perform.runtime import offline

BAR = 1920


def play(*events, change="hold", bars=8, **voice):
    memory = MemoryOutput()
    engine = Engine([VoiceSettings(name="lead", **voice)], EngineSettings(change=change))
    begin = (0, ChordChanged(parse_chord("C7")))
    offline.play(engine, lambda _: CannedSource(), [begin, *events], bars * BAR, [memory])
    return memory


def moved(semitones, tick=0):
    return tick, ParameterChanged("lead", "transpose", semitones)


def pitches(memory):
    return [note.pitch for note in memory.notes if note.velocity]


@pytest.mark.parametrize("semitones", [-24, -3, 2, 9])
def test_every_note_goes_out_transposed_and_the_chords_stay_as_they_are_read(semitones):
    plain, other = play(), play(moved(semitones))
    assert pitches(other) == [pitch + semitones for pitch in pitches(plain)]
    assert pitches(play(parameters={"transpose": semitones})) == pitches(other)
    shown = [event.symbol for event in other.events if isinstance(event, ChordSounds)]
    assert shown == ["C7"]


@settings(max_examples=30)
@given(
    st.sampled_from(["hold", "slide", "cut"]),
    st.lists(st.tuples(st.integers(0, 3 * BAR), st.integers(-24, 24)), min_size=1, max_size=8),
)
def test_no_note_hangs_or_is_ended_twice_when_it_changes(change, changes):
    events = [moved(by, tick) for tick, by in changes]
    events += [(tick + 60, ChordChanged(parse_chord("Fm7"))) for tick, _ in changes[:2]]
    events.sort(key=lambda timed: timed[0])
    held = Counter()
    legato = {"articulation": 1.0}
    memory = play(*events, change=change, bars=4, single=False, parameters=legato)
    for note in memory.notes:
        held[note.pitch] += 1 if note.velocity else -1
        assert held[note.pitch] in (0, 1)
    assert not +held


def test_a_snapshot_stores_it():
    memory = play(
        moved(5),
        (BAR, SnapshotStored("song")),
        moved(0, 2 * BAR),
        (4 * BAR, SnapshotRecalled("song")),
    )
    assert StateChanged("/voice/lead/transpose", 5) in memory.events


@given(st.integers(0, 127), st.integers(-24, 24))
def test_a_note_that_midi_has_not_sounds_in_the_nearest_octave(note, semitones):
    moved_note = transposed(note, semitones)
    assert 0 <= moved_note <= 127
    assert (moved_note - note - semitones) % 12 == 0
    assert abs(moved_note - note - semitones) <= 24
    if 0 <= note + semitones <= 127:
        assert moved_note == note + semitones
