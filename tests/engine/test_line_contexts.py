"""What requests say of the music around a bar, and when a bar is requested again."""

import pytest
from lines import BAR, BEAT, PlacedSource, Rehearsal
from scipy import stats

from perform.engine import phrase_requests
from perform.engine.arc import ChorusPlace, arc_of
from perform.engine.harmony import chart_number, chord_scale
from perform.engine.line_contexts import line_context
from perform.events import (
    ChartChanged,
    ChordChanged,
    FeelChanged,
    KeyChanged,
    ModelChanged,
    NoteMessage,
    ParameterChanged,
    PhraseMissed,
    SnapshotRecalled,
    SnapshotStored,
)
from perform.generation.canned import CannedSource
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.music.line_context import Motif, context_chord
from perform.music.note import Note

C7 = ChordChanged(parse_chord("C7"))
NO_KEY = KeyChanged(frozenset())


def chord_at(symbol, start=0):
    chord = parse_chord(symbol)
    return context_chord(chord, chord_scale(chord), start)


def test_a_context_has_the_chords_of_the_chart_the_next_one_and_the_place():
    rehearsal = Rehearsal(PlacedSource())
    rehearsal.start(NO_KEY, ChartChanged(parse_chart("Dm7 G7 | Cmaj7 | % A7 | N.C.")))
    rehearsal.advance(4 * BAR)
    contexts = rehearsal.contexts()
    assert [contexts[bar].chords for bar in range(5)] == [
        (chord_at("Dm7"), chord_at("G7", 960)),
        (chord_at("Cmaj7"),),
        (chord_at("Cmaj7"), chord_at("A7", 960)),
        (),
        (chord_at("Dm7"), chord_at("G7", 960)),
    ]
    following = [chord_at("Cmaj7"), chord_at("Cmaj7"), None, chord_at("Dm7"), chord_at("Cmaj7")]
    assert [contexts[bar].following for bar in range(5)] == following
    assert [(contexts[bar].place, contexts[bar].length) for bar in range(5)] == [
        (0, 4), (1, 4), (2, 4), (3, 4), (0, 4),
    ]  # fmt: skip


def test_a_live_context_has_the_chord_that_sounds_and_knows_no_other():
    rehearsal = Rehearsal(PlacedSource(), form="ABAC")
    rehearsal.start(NO_KEY, C7)
    rehearsal.handle(ChordChanged(parse_chord("F7")), tick=18 * BAR + 100)
    rehearsal.advance(19 * BAR + 900)
    contexts = rehearsal.contexts()
    assert contexts[1].chords == (chord_at("C7"),)
    assert contexts[20].chords == (chord_at("F7"),)
    assert contexts[20].following is None
    assert [(contexts[bar].place, contexts[bar].length) for bar in (1, 15, 20)] == [
        (1, 16), (15, 16), (4, 16),
    ]  # fmt: skip


@pytest.mark.parametrize(("metre", "bar"), [("4/4", BAR), ("3/4", 1440), ("12/8", BAR)])
def test_a_context_has_the_notes_of_the_two_bars_before(metre, bar):
    """Ticks are those of the material: a dotted beat counts as a quarter."""
    source = PlacedSource()
    rehearsal = Rehearsal(source, metre=metre)
    rehearsal.start(NO_KEY, ChartChanged(parse_chart("C | F | G7 | Am")))
    rehearsal.advance(6 * (BAR if metre == "4/4" else 2880))
    contexts = rehearsal.contexts()
    assert contexts[0].before == ()
    assert len(contexts[1].before) == bar // BEAT
    for number in range(2, 6):
        before = contexts[number].before
        assert [note.start for note in before] == list(range(-2 * bar, 0, BEAT))
        assert before[-1].end == 0
        for note in before:
            chord = contexts[number + note.start // bar].chords[0]
            assert note.pitch % 12 in chord.tones


def test_a_context_has_the_targets_the_range_and_the_bar_that_the_form_repeats():
    rehearsal = Rehearsal(PlacedSource(), form="ABAC", low=50, high=70)
    targets = [ParameterChanged(None, f"target/{it}", 0.75) for it in ("density", "register")]
    rehearsal.start(C7, *targets)
    rehearsal.advance(7 * BAR)
    contexts = rehearsal.contexts()
    assert {(it.density, it.register, it.low, it.high) for it in contexts.values()} == {
        (0.75, 0.75, 50, 70)
    }
    seeds = {request.bar: request.seed for request in rehearsal.requests}
    made = {
        bar: rehearsal.source.phrase(seeds[bar], None, None, contexts[bar]).phrase for bar in (0, 4)
    }
    motifs = {bar: contexts[bar].motif for bar in range(7)}
    assert motifs == {
        0: None,
        1: None,
        2: Motif(made[0], contexts[0].chords),
        3: None,
        4: Motif(made[0], contexts[0].chords, late=True),  # the first bar of a group before
        5: None,
        6: Motif(made[4], contexts[4].chords),
    }


def test_no_bar_takes_up_another_where_repeat_is_off():
    rehearsal = Rehearsal(PlacedSource(), form="ABAC", parameters={"repeat": 0.0})
    rehearsal.start(C7)
    rehearsal.advance(12 * BAR)
    assert not any(context.motif for context in rehearsal.contexts().values())


def test_without_targets_a_context_has_the_density_and_the_register_of_its_arc():
    rehearsal = Rehearsal(PlacedSource())
    chart = parse_chart("C7 | F7 | C7 | G7 |" * 3)
    rehearsal.start(C7, ChartChanged(chart))
    rehearsal.advance(30 * BAR)
    for bar, context in rehearsal.contexts().items():
        arc = arc_of(ChorusPlace(bar // 12, bar % 12, 12), 0.3, 0.0, chart_number(chart))
        assert (context.energy, context.density, context.register) == arc[:3]


def test_build_is_the_slope_of_energy_over_four_choruses():
    def climb(build):
        rehearsal = Rehearsal(PlacedSource(), parameters={"build": build})
        rehearsal.start(ChartChanged(parse_chart("C7 | F7 | C7 | G7 |" * 3)))
        rehearsal.advance(200 * BAR)
        energies = {bar % 48 + bar / 1000: it.energy for bar, it in rehearsal.contexts().items()}
        return stats.linregress([int(bar) for bar in energies], list(energies.values()))

    even, long_climb = climb(0.0), climb(1.0)
    assert even.pvalue > 0.01 > long_climb.pvalue
    assert long_climb.slope > 0.01


def test_a_change_of_build_or_of_feel_is_requested_at_once():
    rehearsal = Rehearsal(PlacedSource())
    rehearsal.start(C7)
    for bar, change in (
        (1, ParameterChanged(None, "build", 1.0)),
        (2, FeelChanged("lead", "funk")),
    ):
        rehearsal.advance(bar * BAR + 10)
        rehearsal.requests.clear()
        rehearsal.handle(change, tick=bar * BAR + 10)
        rehearsal.advance(bar * BAR + 100)
        assert [request.bar for request in rehearsal.requests] == [bar + 1]


def test_every_context_has_the_feel_of_its_voice():
    def feels(*events):
        rehearsal = Rehearsal(PlacedSource(), feel="gospel")
        rehearsal.start(C7, *events)
        rehearsal.advance(200 * BAR)
        return {context.feel for context in rehearsal.contexts().values()}

    assert feels() == {"gospel"}
    assert feels(FeelChanged("lead", "funk")) == {"funk"}
    assert feels(FeelChanged(None, "auto")) == {None}
    verse = (SnapshotStored("verse"), FeelChanged(None, "latin"), SnapshotRecalled("verse"))
    assert feels(*verse) == {"gospel"}


def test_placed_bars_rest_at_the_ends_of_sentences_and_the_next_bar_knows_it():
    rehearsal = Rehearsal(PlacedSource(), parameters={"space": 0.3, "land": 0.0})
    chart = parse_chart("C7 | F7 | C7 | G7 |" * 3)
    rehearsal.start(C7, ChartChanged(chart))
    rehearsal.advance(50 * BAR)
    contexts = rehearsal.contexts()
    played = {it.tick for it in rehearsal.outputs if isinstance(it, NoteMessage) and it.velocity}
    rests = 0
    for bar in range(1, 48):
        arc = arc_of(ChorusPlace(bar // 12, bar % 12, 12), 0.3, 0.3, chart_number(chart))
        end = BAR - round(arc.sentence.pickup * 8) * BEAT // 2
        begin = end - round(arc.breath * 8) * BEAT // 2
        # all of them are chord tones, so the last one begins half a beat before the rest or earlier
        last = begin - BEAT // 2 if begin < end else BAR
        beats = [tick for tick in range(0, BAR, BEAT) if tick <= max(last, 0) or tick >= end]
        rests += len(beats) < 4
        assert [tick for tick in range(0, BAR, BEAT) if bar * BAR + tick in played] == beats
        known = [note.start + BAR for note in contexts[bar + 1].before if note.start >= -BAR]
        assert known == beats
    assert rests >= 8


@pytest.mark.parametrize("delay", [1, 60, 500])
def test_each_bar_of_a_chart_is_requested_once_with_the_bar_before_it(delay):
    rehearsal = Rehearsal(PlacedSource(), delay=delay)
    rehearsal.start(NO_KEY, ChartChanged(parse_chart("C7 | F7 | C7 G7 | D7")))
    rehearsal.requests.clear()
    rehearsal.advance(40 * BAR - 1)
    assert [request.bar for request in rehearsal.requests] == list(range(2, 42))
    assert all(len(request.context.before) == 8 for request in rehearsal.requests)


def test_a_bar_is_requested_though_the_bar_before_it_is_late_and_again_when_that_comes():
    rehearsal = Rehearsal(PlacedSource(), delay=2500)
    rehearsal.start(NO_KEY, ChartChanged(parse_chart("C7 | F7")))
    rehearsal.requests.clear()
    rehearsal.advance(BAR - 50)
    assert [(it.bar, len(it.context.before)) for it in rehearsal.requests] == [(2, 8)]
    rehearsal.advance(12 * BAR - 1)
    assert {it.bar for it in rehearsal.requests} == set(range(2, 14))
    assert rehearsal.contexts()[9].before
    assert len(rehearsal.requests) <= 24


def test_models_that_do_not_place_their_bars_are_asked_without_contexts():
    rehearsal = Rehearsal(CannedSource())
    rehearsal.start(ChartChanged(parse_chart("C7 | F7")))
    rehearsal.advance(8 * BAR - 1)
    assert [it.bar for it in rehearsal.requests] == list(range(10))
    assert [it.context is None for it in rehearsal.requests] == 2 * [False] + 8 * [True]
    rehearsal.advance(8 * BAR + 100)
    rehearsal.requests.clear()
    rehearsal.source = PlacedSource()
    rehearsal.handle(ModelChanged(None, "lines"), tick=8 * BAR + 100)
    first = rehearsal.requests[0]
    # the notes of the other model are there as they sound over the chord
    assert (first.bar, first.model) == (9, "lines")
    assert len(first.context.before) > 4
    assert {note.pitch % 12 for note in first.context.before} <= chord_scale(parse_chord("F7"))


def test_each_bar_of_a_placed_model_has_its_own_seed_whatever_the_form_repeats():
    source = PlacedSource()
    rehearsal = Rehearsal(source, form="AAAB")
    rehearsal.start(C7)
    rehearsal.advance(8 * BAR - 1)
    assert len({seed for seed, _ in source.requests}) == 10


@pytest.mark.parametrize("source", [PlacedSource(), CannedSource()])
def test_faders_that_move_all_the_time_cost_one_request_an_eighth_of_a_beat(source):
    rehearsal = Rehearsal(source, delay=20)
    rehearsal.start(C7)
    rehearsal.requests.clear()
    for tick in range(0, 16 * BAR, 7):
        value = ParameterChanged(None, "target/density", tick % 97 / 97)
        rehearsal.handle(value, tick=tick)
    assert len(rehearsal.requests) / 16 <= 2 * 4 + BAR / 60
    assert not [output for output in rehearsal.outputs if isinstance(output, PhraseMissed)]


def test_where_nothing_changes_no_request_is_worked_out_again(monkeypatch):
    made = []
    monkeypatch.setattr(
        phrase_requests, "line_context", lambda *args: made.append(args[1]) or line_context(*args)
    )
    rehearsal = Rehearsal(PlacedSource())
    rehearsal.start(NO_KEY, C7)
    rehearsal.advance(8 * BAR - 1)
    made.clear()
    rehearsal.advance(8 * BAR + BEAT)  # both bars ahead, and what follows the answers
    assert made
    made.clear()
    rehearsal.advance(9 * BAR - 1)
    assert made == []
    rehearsal.handle(ParameterChanged("lead", "target/density", 0.9), tick=9 * BAR + 3 * BEAT + 1)
    made.clear()
    rehearsal.advance(10 * BAR - 1)
    assert set(made) == {10}


def test_the_first_chord_is_unknown_to_the_bars_that_are_prepared():
    rehearsal = Rehearsal(PlacedSource())
    rehearsal.start()
    assert [it.context.chords for it in rehearsal.requests] == 3 * [()]
    rehearsal.handle(C7)
    rehearsal.advance(100)
    assert rehearsal.contexts()[1].chords == (chord_at("C7"),)
    assert rehearsal.contexts()[1].before[0] == Note(-BAR, BEAT, 60)


def test_taste_is_in_every_context():
    rehearsal = Rehearsal(PlacedSource(), parameters={"taste": 0.25})
    rehearsal.start(C7, ChartChanged(parse_chart("C7 | F7 | C7 | G7 |")))
    rehearsal.advance(6 * BAR)
    assert {context.taste for context in rehearsal.contexts().values()} == {0.25}
