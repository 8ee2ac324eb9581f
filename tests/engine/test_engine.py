"""Whole performances without real time, thousands of bars."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.engine.engine import Engine
from perform.engine.harmony import chord_scale
from perform.engine.phrase_requests import APART_TICKS
from perform.engine.settings import EngineSettings
from perform.engine.voicing import VoiceSettings, fold_into, single_line, thin, tighten
from perform.events import (
    AllNotesOff,
    Beat,
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
from perform.interfaces import GeneratedBar
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.music.condition import Conditions
from perform.music.note import Note
from perform.outputs.memory import MemoryOutput
from perform.runtime import offline
from perform.runtime.chart_events import BLUES, chord_events, unrolled

BAR = 1920


class Fixed:
    """A source that always gives the same bar."""

    def __init__(self, *notes):
        self.notes = tuple(Note(*note) for note in notes)

    def phrase(self, _seed, *_):
        return GeneratedBar(self.notes)


def perform(events, bars, source=None, settings=None, **voice):
    memory = MemoryOutput()
    engine = Engine([VoiceSettings(name="lead", **voice)], settings)
    offline.play(engine, lambda _: source or CannedSource(), events, bars * BAR, [memory])
    return memory


def chord(symbol, tick=0):
    return tick, ChordChanged(parse_chord(symbol))


def assert_paired(sounds):
    """Every note-on has its note-off, no note begins twice, time never goes back."""
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


def test_a_bar_over_c_is_the_phrase():
    memory = perform([chord("C7")], 1, Fixed((0, 480, 60), (720, 240, 67)), fit="shift")
    assert [(s.tick, s.pitch, s.velocity > 0) for s in memory.notes] == [
        (0, 60, True), (480, 60, False), (720, 67, True), (960, 67, False),
    ]  # fmt: skip


@pytest.mark.parametrize(("symbol", "pitch"), [("F7", 65), ("G7", 55), ("Bb", 58), ("F#", 66)])
def test_the_phrase_moves_to_the_root_by_the_shortest_way(symbol, pitch):
    memory = perform([chord(symbol)], 1, Fixed((0, 480, 60)), fit="shift")
    assert memory.notes[0].pitch == pitch


def test_a_chord_change_applies_to_the_next_note():
    memory = perform(
        [chord("C7"), chord("F7", 960)], 1, Fixed((720, 120, 60), (960, 120, 60)), fit="shift"
    )
    assert [s.pitch for s in memory.notes if s.velocity] == [60, 65]


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
    assert [(s.tick, s.pitch, min(s.velocity, 1)) for s in memory.notes] == expected


def test_notes_fit_the_chord_of_their_moment_over_a_thousand_bars():
    chart = unrolled(parse_chart(BLUES), 90)
    memory = perform(chord_events(chart), len(chart.bars))
    assert_paired(memory.notes)
    changes = list(chord_events(chart))
    now = changes[0][1].chord
    for sound in memory.notes:
        while changes and changes[0][0] <= sound.tick:
            now = changes.pop(0)[1].chord
        if sound.velocity:
            assert sound.pitch % 12 in chord_scale(now)
    assert sum(s.velocity > 0 for s in memory.notes) > 3000


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
                    PhraseReady("no such voice", 3, ()),
                ]
            ),
        ),
        max_size=25,
    ),
    st.sampled_from(["hold", "cut", "slide"]),
    st.sampled_from(["keep", "rest"]),
)
def test_after_any_events_every_note_ends(events, change, release):
    """A restart begins at tick 0 again, so pairs are checked by order."""
    memory = perform(
        sorted(events, key=lambda event: event[0]),
        8,
        settings=EngineSettings(change=change, release=release),
        low=55,
        high=64,
    )
    held = set()
    for sound in memory.notes:
        assert 55 <= sound.pitch <= 64
        if sound.velocity:
            assert sound.pitch not in held
            held.add(sound.pitch)
        else:
            held.remove(sound.pitch)
    assert not held


def test_the_same_seed_gives_the_same_requests_and_another_seed_others():
    def requested(seed):
        seeds = []

        class Recording(CannedSource):
            def phrase(self, seed, *_):
                seeds.append(seed)
                return super().phrase(seed)

        perform([chord("C7")], 8, Recording(), EngineSettings(seed=seed))
        return seeds

    assert requested(1) == requested(1)
    assert not set(requested(1)) & set(requested(2))


def test_the_third_bar_of_the_form_repeats_the_first():
    engine = Engine([VoiceSettings(name="lead", form="ABAC")])
    memory = MemoryOutput()
    seeds = set()

    class Recording(CannedSource):
        def phrase(self, seed, *_):
            seeds.add(seed)
            return super().phrase(seed)

    source = Recording()
    offline.play(engine, lambda _: source, [chord("C7")], 8 * BAR, [memory])
    assert len(seeds) >= 6
    bars = [
        [(s.tick % BAR, s.pitch) for s in memory.notes if s.tick // BAR == bar and s.velocity]
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


def test_late_missed_and_substituted_phrases_are_counted_apart():
    engine = Engine([VoiceSettings(name="lead")])
    engine.prepare()
    engine.handle(ChordChanged(parse_chord("C7")), 0)
    engine.handle(TransportChanged("start"), 0)
    engine.advance(BAR - 30)  # no phrase came, and there is no previous one
    counts = engine.counts
    assert (counts.late, counts.missed, counts.substituted) == (0, 1, 0)
    engine.handle(PhraseReady("lead", 0, (Note(0, 240, 72),)), BAR - 30)  # the bar is nearly over
    assert (counts.late, counts.missed, counts.substituted) == (1, 1, 0)
    engine.handle(PhraseReady("lead", 1, (Note(0, 240, 72),)), BAR - 30)
    engine.advance(2 * BAR - 30)
    assert (counts.late, counts.missed, counts.substituted) == (1, 1, 0)
    engine.advance(3 * BAR - 30)
    assert (counts.late, counts.missed, counts.substituted) == (1, 2, 1)


def test_panic_ends_all_notes_and_tells_the_outputs():
    memory = perform([chord("C"), (480, Panic())], 3, Fixed((0, 1800, 60)))
    assert [s.tick for s in memory.notes] == [0, 480]  # and it stops
    assert AllNotesOff(480) in memory.events


def test_continue_goes_on_from_the_stop():
    engine = Engine([VoiceSettings(name="lead")], EngineSettings(fallback=(Note(960, 240, 60),)))
    engine.handle(ChordChanged(parse_chord("C")), 0)
    engine.handle(TransportChanged("start"), 0)
    engine.advance(700)
    engine.handle(TransportChanged("stop"), 700)
    assert engine.next_deadline() is None
    assert engine.advance(5000) == []
    engine.handle(TransportChanged("continue"), 700)
    assert [o.tick for o in engine.advance(1000) if isinstance(o, NoteMessage)] == [960]


def test_a_new_model_gets_requests_for_the_bars_that_have_not_begun():
    engine = Engine([VoiceSettings(name="lead", model="one")])
    first = [w for w in engine.prepare() if isinstance(w, PhraseRequested)]
    assert {w.model for w in first} == {"one"}
    again = [
        w for w in engine.handle(ModelChanged("lead", "two"), 0) if isinstance(w, PhraseRequested)
    ]
    assert [(w.bar, w.model) for w in again] == [(w.bar, "two") for w in first]


def requests(outputs):
    return [(o.bar, o.conditions) for o in outputs if isinstance(o, PhraseRequested)]


def test_changes_are_requested_soon_and_many_of_them_cost_one_request():
    engine = Engine([VoiceSettings(name="lead")], EngineSettings(fallback=(Note(0, 240, 60),)))
    assert requests(engine.prepare()) == [(0, Conditions()), (1, Conditions())]
    engine.handle(ChordChanged(parse_chord("C7")), 0)
    engine.handle(TransportChanged("start"), 0)
    dominant = Conditions("dominant")
    assert sorted(requests(engine.advance(0))) == [(1, dominant), (2, dominant)]
    for _ in range(1000):
        assert not requests(engine.handle(ChordChanged(parse_chord("Dm7")), 100))
        assert not requests(engine.handle(ChordChanged(parse_chord("G7")), 100))
    assert not requests(engine.advance(480))  # the quality class is the same as before
    engine.handle(ParameterChanged("lead", "target/density", 0.9), 500)
    engine.handle(ParameterChanged(None, "target/register", 0.1), 500)
    engine.handle(ParameterChanged("bass", "target/register", 0.7), 500)
    conditions = Conditions("dominant", 0.9, 0.1)
    assert not requests(engine.advance(559))
    assert requests(engine.advance(560)) == [(1, conditions)]
    assert requests(engine.advance(960)) == [(2, conditions)]
    assert not requests(engine.advance(1440))


@pytest.mark.parametrize(("apart", "updates"), [(6, 2), (30, 1)])
def test_no_more_voices_are_updated_at_once_than_there_is_time_for_before_the_next_note(
    apart, updates
):
    notes = tuple(Note(at, apart, 60) for at in range(0, BAR, apart))
    engine = Engine([VoiceSettings(name=name) for name in "abcd"])
    engine.handle(ChordChanged(parse_chord("C7")), 0)
    for request in engine.prepare():
        engine.handle(PhraseReady(request.voice, request.bar, notes), 0)
    engine.handle(TransportChanged("start"), 0)
    engine.advance(481)
    engine.handle(ParameterChanged(None, "weight/steps", 1.0), 481)
    found = []
    while (due := engine.next_deadline()) <= 600:
        events = engine.advance(due)
        voices = {each.voice for each in events if isinstance(each, PhraseRequested)}
        if voices:
            found.append(voices)
            assert len(voices) == 1 or engine.next_deadline() >= due + len(voices) * APART_TICKS
    assert sorted(name for voices in found for name in voices) == [*"abcd"]
    assert len(found) == updates


def test_an_engine_without_voices_keeps_the_beat():
    engine = Engine(())
    engine.handle(TransportChanged("start"), 0)
    assert len([each for each in engine.advance(2 * BAR - 1) if isinstance(each, Beat)]) == 8


def test_no_bar_is_requested_after_it_is_laid_out():
    engine = Engine([VoiceSettings(name="lead")], EngineSettings(fallback=(Note(0, 240, 60),)))
    engine.handle(ChordChanged(parse_chord("C7")), 0)
    engine.prepare()
    engine.handle(TransportChanged("start"), 0)
    for tick in range(0, 40 * BAR, 10):
        bars = [o.bar for o in engine.advance(tick) if isinstance(o, PhraseRequested)]
        engine.handle(ParameterChanged(None, "weight/steps", tick % 970 / 970), tick)
        opened = (tick + 20) // BAR  # a bar is laid out 20 ticks ahead of its line
        assert all(opened < bar <= opened + 2 for bar in bars if tick)
    assert len(engine._voices.all[0].requested) <= 3


@given(st.integers(0, BAR - 120))
def test_a_changed_weight_is_requested_before_the_next_bar_opens(tick):
    engine = Engine([VoiceSettings(name="lead")], EngineSettings(fallback=(Note(0, 240, 60),)))
    engine.handle(ChordChanged(parse_chord("C7")), 0)
    engine.prepare()
    engine.handle(TransportChanged("start"), 0)
    engine.advance(tick)
    engine.handle(ParameterChanged(None, "weight/steps", 1.0), tick)
    outputs = engine.advance(BAR - 60)
    steered = [o.bar for o in outputs if isinstance(o, PhraseRequested) and o.steering is not None]
    assert 1 in steered


def test_the_last_phrase_for_a_bar_is_the_one_that_plays():
    engine = Engine([VoiceSettings(name="lead")], EngineSettings(fallback=(Note(0, 240, 60),)))
    engine.prepare()
    engine.handle(ChordChanged(parse_chord("C7")), 0)
    engine.handle(TransportChanged("start"), 0)
    engine.handle(PhraseReady("lead", 0, (Note(0, 240, 62),)), 0)  # of the first request
    engine.handle(PhraseReady("lead", 0, (Note(0, 240, 64),)), 0)  # of the second request
    assert [o.pitch for o in engine.advance(0) if isinstance(o, NoteMessage)] == [64]


@given(st.integers(0, 127), st.integers(0, 115))
def test_folding_keeps_the_pitch_class_and_the_range(pitch, low):
    folded = fold_into(pitch, low, low + 12)
    assert low <= folded <= low + 12
    assert folded % 12 == pitch % 12


def test_a_single_line_keeps_the_longer_note_and_ends_it_at_the_next():
    cluster = (Note(0, 120, 61), Note(0, 960, 60), Note(480, 240, 64))
    assert single_line(cluster) == (Note(0, 480, 60), Note(480, 240, 64))
    assert single_line(()) == ()
    beside = (Note(450, 120, 77), Note(480, 60, 72), Note(960, 60, 70), Note(990, 120, 69))
    assert single_line(beside) == (Note(450, 120, 77), Note(990, 120, 69))  # without a click


def test_tightened_onsets_go_to_the_groove_and_ends_stay():
    loose = (Note(30, 210, 60), Note(300, 90, 62), Note(1890, 30, 64))
    assert tighten(loose) == (Note(0, 240, 60), Note(300, 90, 62), Note(1800, 120, 64))


def test_a_step_of_the_phrase_stays_a_step():
    """Over C7, both B and Bb would be Bb; the line still descends."""
    memory = perform([chord("C7")], 1, Fixed((120, 120, 71), (360, 120, 70), (600, 120, 70)))
    assert [s.pitch for s in memory.notes if s.velocity] == [70, 69, 70]


def test_thinning_keeps_long_notes_and_notes_on_beats():
    phrase = (Note(0, 120, 60), Note(120, 120, 62), Note(480, 480, 64), Note(600, 30, 65))
    assert thin(phrase, 2) == (Note(0, 120, 60), Note(480, 480, 64))
    assert thin(phrase, None) == phrase
