"""Whole performances on the virtual clock: thousands of bars, no sleeping."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.engine.engine import Engine
from perform.engine.harmony import chord_scale
from perform.engine.settings import EngineSettings
from perform.engine.voicing import VoiceSettings, fold_into, single_line, thin, tighten
from perform.events import (
    AllNotesOff,
    ChordChanged,
    ChordReleased,
    ModelChanged,
    NoteMessage,
    Panic,
    ParameterChanged,
    PhraseMissed,
    PhraseReady,
    PhraseRequested,
    TransportChanged,
    VoiceMuted,
)
from perform.generation.canned import CannedSource
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.music.condition import Conditions
from perform.music.note import Note
from perform.outputs.memory import MemoryOutput
from perform.runtime import offline
from perform.runtime.chart_events import BLUES, chord_events, unrolled

BAR = 1920


class Fixed:
    def __init__(self, *notes):
        self.notes = tuple(Note(*note) for note in notes)

    def phrase(self, _seed, *_):
        return self.notes


def perform(events, bars, source=None, settings=None, **voice):
    memory = MemoryOutput()
    engine = Engine([VoiceSettings(name="lead", **voice)], settings)
    offline.play(engine, lambda _: source or CannedSource(), events, bars * BAR, [memory])
    return memory


def chord(symbol, tick=0):
    return tick, ChordChanged(parse_chord(symbol))


def assert_paired(sounds):
    """Every note-on has its note-off, none sounds twice at once, time never goes back."""
    held = set()
    last = 0
    for sound in sounds:
        assert sound.tick >= last
        last = sound.tick
        key = (sound.voice, sound.pitch)
        if sound.velocity:
            assert key not in held
            held.add(key)
        else:
            held.remove(key)
    assert not held


def test_a_bar_over_c_is_the_phrase_itself():
    memory = perform([chord("C7")], 1, Fixed((0, 480, 60), (720, 240, 67)), fit="shift")
    assert [(s.tick, s.pitch, s.velocity > 0) for s in memory.sounds] == [
        (0, 60, True), (480, 60, False), (720, 67, True), (960, 67, False),
    ]  # fmt: skip


@pytest.mark.parametrize(("symbol", "pitch"), [("F7", 65), ("G7", 55), ("Bb", 58), ("F#", 66)])
def test_the_phrase_moves_to_the_root_the_shorter_way(symbol, pitch):
    memory = perform([chord(symbol)], 1, Fixed((0, 480, 60)), fit="shift")
    assert memory.sounds[0].pitch == pitch


def test_a_chord_change_reaches_the_very_next_note():
    memory = perform(
        [chord("C7"), chord("F7", 960)], 1, Fixed((720, 120, 60), (960, 120, 60)), fit="shift"
    )
    assert [s.pitch for s in memory.sounds if s.velocity] == [60, 65]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("hold", [(0, 64, 1), (1440, 64, 0)]),
        ("cut", [(0, 64, 1), (960, 64, 0)]),
        ("slide", [(0, 64, 1), (960, 64, 0), (960, 63, 1), (1440, 63, 0)]),
    ],
)
def test_what_sounding_notes_do_when_the_chord_changes(change, expected):
    memory = perform(
        [chord("C"), chord("Cm", 960)],
        1,
        Fixed((0, 1440, 64)),
        EngineSettings(change=change),
        fit="shift",
    )
    assert [(s.tick, s.pitch, min(s.velocity, 1)) for s in memory.sounds] == expected


def test_notes_fit_the_chord_of_their_moment_over_a_thousand_bars():
    chart = unrolled(parse_chart(BLUES), 90)
    memory = perform(chord_events(chart), len(chart.bars))
    assert_paired(memory.sounds)
    changes = list(chord_events(chart))
    now = changes[0][1].chord
    for sound in memory.sounds:
        while changes and changes[0][0] <= sound.tick:
            now = changes.pop(0)[1].chord
        if sound.velocity:
            assert sound.pitch % 12 in chord_scale(now)
    assert sum(s.velocity > 0 for s in memory.sounds) > 3000


@given(
    st.lists(
        st.tuples(
            st.integers(0, 8 * BAR),
            st.sampled_from(
                [
                    ChordChanged(parse_chord("C7")),
                    ChordChanged(parse_chord("Ebm7")),
                    ChordChanged(parse_chord("F#dim7")),
                    ChordChanged(None),
                    ChordReleased(),
                    Panic(),
                    TransportChanged("stop"),
                    TransportChanged("start"),
                    TransportChanged("continue"),
                    VoiceMuted("lead", muted=True),
                    VoiceMuted("lead", muted=False),
                    ModelChanged(None, "other"),
                    PhraseReady("nobody", 3, ()),
                ]
            ),
        ),
        max_size=25,
    ),
    st.sampled_from(["hold", "cut", "slide"]),
    st.sampled_from(["keep", "rest"]),
)
def test_whatever_happens_every_note_ends(events, change, release):
    """A restart begins at tick 0 again, so pairs are checked by order, not by tick."""
    memory = perform(
        sorted(events, key=lambda event: event[0]),
        8,
        settings=EngineSettings(change=change, release=release),
        low=55,
        high=64,
    )
    held = set()
    for sound in memory.sounds:
        assert 55 <= sound.pitch <= 64
        if sound.velocity:
            assert sound.pitch not in held
            held.add(sound.pitch)
        else:
            held.remove(sound.pitch)
    assert not held


def test_the_same_seed_gives_the_same_notes_and_another_does_not_matter_less():
    def notes(seed):
        asked = []

        class PhraseRequest(CannedSource):
            def phrase(self, seed, *_):
                asked.append(seed)
                return super().phrase(seed)

        perform([chord("C7")], 8, PhraseRequest(), EngineSettings(seed=seed))
        return asked

    assert notes(1) == notes(1)
    assert not set(notes(1)) & set(notes(2))


def test_the_form_brings_the_first_bar_back_in_the_third():
    engine = Engine([VoiceSettings(name="lead", form="ABAC")])
    memory = MemoryOutput()
    asked = {}

    class PhraseRequest(CannedSource):
        def phrase(self, seed, *_):
            asked.setdefault(seed, len(asked))
            return super().phrase(seed)

    source = PhraseRequest()
    offline.play(engine, lambda _: source, [chord("C7")], 8 * BAR, [memory])
    assert len(asked) >= 6
    bars = [
        [(s.tick % BAR, s.pitch) for s in memory.sounds if s.tick // BAR == bar and s.velocity]
        for bar in range(4)
    ]
    assert bars[0] == bars[2] != bars[1]


def test_a_late_phrase_is_replaced_and_counted_and_the_music_goes_on():
    engine = Engine([VoiceSettings(name="lead")], EngineSettings(fallback=(Note(0, 240, 60),)))
    engine.prepare()
    engine.handle(ChordChanged(parse_chord("C7")), 0)
    engine.handle(TransportChanged("start"), 0)
    outputs = engine.advance(BAR - 30)
    assert [o.substitute for o in outputs if isinstance(o, PhraseMissed)] == ["canned"]
    engine.handle(PhraseReady("lead", 1, (Note(0, 240, 67),)), BAR - 30)
    outputs = engine.advance(3 * BAR - 30)
    assert [o.substitute for o in outputs if isinstance(o, PhraseMissed)] == ["previous"]
    assert [o.pitch for o in outputs if isinstance(o, NoteMessage) and o.velocity] == [67, 67]
    assert engine.counts.substituted == 2


def test_what_was_late_what_was_missed_and_what_stood_in_are_told_apart():
    engine = Engine([VoiceSettings(name="lead")])
    engine.prepare()
    engine.handle(ChordChanged(parse_chord("C7")), 0)
    engine.handle(TransportChanged("start"), 0)
    engine.advance(BAR - 30)  # nothing came, and nothing can stand in
    counts = engine.counts
    assert (counts.late, counts.missed, counts.substituted) == (0, 1, 0)
    engine.handle(PhraseReady("lead", 0, (Note(0, 240, 72),)), BAR - 30)  # it is over nearly
    assert (counts.late, counts.missed, counts.substituted) == (1, 1, 0)
    engine.handle(PhraseReady("lead", 1, (Note(0, 240, 72),)), BAR - 30)
    engine.advance(2 * BAR - 30)
    assert (counts.late, counts.missed, counts.substituted) == (1, 1, 0)
    engine.advance(3 * BAR - 30)
    assert (counts.late, counts.missed, counts.substituted) == (1, 2, 1)


def test_panic_ends_everything_and_tells_the_sinks():
    memory = perform([chord("C"), (480, Panic())], 1, Fixed((0, 1800, 60)))
    assert [s.tick for s in memory.sounds] == [0, 480]
    assert AllNotesOff(480) in memory.outputs


def test_stop_and_continue_go_on_where_it_stopped():
    engine = Engine([VoiceSettings(name="lead")], EngineSettings(fallback=(Note(960, 240, 60),)))
    engine.handle(ChordChanged(parse_chord("C")), 0)
    engine.handle(TransportChanged("start"), 0)
    engine.advance(700)
    engine.handle(TransportChanged("stop"), 700)
    assert engine.next_deadline() is None
    assert engine.advance(5000) == []
    engine.handle(TransportChanged("continue"), 700)
    assert [o.tick for o in engine.advance(1000) if isinstance(o, NoteMessage)] == [960]


def test_another_model_is_asked_for_the_bars_that_have_not_begun():
    engine = Engine([VoiceSettings(name="lead", model="one")])
    first = [w for w in engine.prepare() if isinstance(w, PhraseRequested)]
    assert {w.model for w in first} == {"one"}
    again = [
        w for w in engine.handle(ModelChanged("lead", "two"), 0) if isinstance(w, PhraseRequested)
    ]
    assert [(w.bar, w.model) for w in again] == [(w.bar, "two") for w in first]


def wishes(outputs):
    return [(o.bar, o.conditions) for o in outputs if isinstance(o, PhraseRequested)]


def test_what_moved_is_asked_for_soon_and_a_flood_costs_no_more_than_one_asking():
    engine = Engine([VoiceSettings(name="lead")], EngineSettings(fallback=(Note(0, 240, 60),)))
    assert wishes(engine.prepare()) == [(0, Conditions()), (1, Conditions())]
    engine.handle(ChordChanged(parse_chord("C7")), 0)
    engine.handle(TransportChanged("start"), 0)
    dominant = Conditions("dominant")
    assert sorted(wishes(engine.advance(0))) == [(1, dominant), (2, dominant)]
    for _ in range(1000):
        assert not wishes(engine.handle(ChordChanged(parse_chord("Dm7")), 100))
        assert not wishes(engine.handle(ChordChanged(parse_chord("G7")), 100))
    assert not wishes(engine.advance(480))  # in the end the class is the old one
    engine.handle(ParameterChanged("lead", "target/density", 0.9), 500)
    engine.handle(ParameterChanged(None, "target/register", 0.1), 500)
    engine.handle(ParameterChanged("bass", "target/register", 0.7), 500)
    conditions = Conditions("dominant", 0.9, 0.1)
    assert not wishes(engine.advance(559))
    assert wishes(engine.advance(560)) == [(1, conditions)]
    assert wishes(engine.advance(960)) == [(2, conditions)]
    assert not wishes(engine.advance(1440))


def test_no_bar_is_asked_for_once_it_is_laid_out():
    engine = Engine([VoiceSettings(name="lead")], EngineSettings(fallback=(Note(0, 240, 60),)))
    engine.handle(ChordChanged(parse_chord("C7")), 0)
    engine.prepare()
    engine.handle(TransportChanged("start"), 0)
    for tick in range(0, 40 * BAR, 10):
        asked = [o.bar for o in engine.advance(tick) if isinstance(o, PhraseRequested)]
        engine.handle(ParameterChanged(None, "weight/steps", tick % 970 / 970), tick)
        opened = (tick + 20) // BAR  # a bar is laid out 20 ticks ahead of its line
        assert all(opened < bar <= opened + 2 for bar in asked if tick)
    assert len(engine._voices.all[0].requested) <= 3


@given(st.integers(0, BAR - 120))
def test_a_weight_that_is_turned_is_asked_for_before_the_next_bar_opens(tick):
    engine = Engine([VoiceSettings(name="lead")], EngineSettings(fallback=(Note(0, 240, 60),)))
    engine.handle(ChordChanged(parse_chord("C7")), 0)
    engine.prepare()
    engine.handle(TransportChanged("start"), 0)
    engine.advance(tick)
    engine.handle(ParameterChanged(None, "weight/steps", 1.0), tick)
    asked = [o for o in engine.advance(BAR - 60) if isinstance(o, PhraseRequested)]
    assert 1 in [wanted.bar for wanted in asked if wanted.steering is not None]


def test_the_last_answer_for_a_bar_is_the_one_that_plays():
    engine = Engine([VoiceSettings(name="lead")], EngineSettings(fallback=(Note(0, 240, 60),)))
    engine.prepare()
    engine.handle(ChordChanged(parse_chord("C7")), 0)
    engine.handle(TransportChanged("start"), 0)
    engine.handle(PhraseReady("lead", 0, (Note(0, 240, 62),)), 0)  # as it was asked for at first
    engine.handle(PhraseReady("lead", 0, (Note(0, 240, 64),)), 0)  # as it is wished now
    assert [o.pitch for o in engine.advance(0) if isinstance(o, NoteMessage)] == [64]


@given(st.integers(0, 127), st.integers(0, 115))
def test_a_fold_lands_in_range_on_the_same_note(pitch, low):
    folded = fold_into(pitch, low, low + 12)
    assert low <= folded <= low + 12
    assert folded % 12 == pitch % 12


def test_one_line_keeps_the_longer_note_and_ends_it_at_the_next():
    cluster = (Note(0, 120, 61), Note(0, 960, 60), Note(480, 240, 64))
    assert single_line(cluster) == (Note(0, 480, 60), Note(480, 240, 64))
    assert single_line(()) == ()
    beside = (Note(450, 120, 77), Note(480, 60, 72), Note(960, 60, 70), Note(990, 120, 69))
    assert single_line(beside) == (Note(450, 120, 77), Note(990, 120, 69))  # and no click before it


def test_loose_onsets_go_to_the_groove_and_keep_their_ends():
    loose = (Note(30, 210, 60), Note(300, 90, 62), Note(1890, 30, 64))
    assert tighten(loose) == (Note(0, 240, 60), Note(300, 90, 62), Note(1800, 120, 64))


def test_bending_does_not_flatten_a_step():
    """B to Bb over C7 would both be Bb; the line still comes down."""
    memory = perform([chord("C7")], 1, Fixed((120, 120, 71), (360, 120, 70), (600, 120, 70)))
    assert [s.pitch for s in memory.sounds if s.velocity] == [70, 69, 70]


def test_density_keeps_what_carries_the_line():
    phrase = (Note(0, 120, 60), Note(120, 120, 62), Note(480, 480, 64), Note(600, 30, 65))
    assert thin(phrase, 2) == (Note(0, 120, 60), Note(480, 480, 64))
    assert thin(phrase, None) == phrase
