"""Augmentation: what each strategy does to a melody, and how many bars a pipeline makes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.errors import DatasetError
from perform.music.note import Note
from perform.music.note_table import notes_of, rolls_of
from perform.music.pianoroll import decode, encode, unplayable
from training.augment.pipeline import (
    PAPER_PIPELINE,
    PipelineStep,
    augment,
    parse_pipeline,
    pipeline_warnings,
    source_indices,
)
from training.augment.registry import NAMES, STRATEGIES, describe_strategies
from training.commands.info import describe_path
from training.data import dataset

COLUMN = 30


def rng(seed=0):
    return np.random.default_rng(seed)


@st.composite
def melodies(draw):
    """One bar of one line: notes after each other, rests between some."""
    now, notes = 0, []
    while now < 60:
        length = draw(st.integers(1, 12))
        gap = draw(st.integers(1, 6))
        pitch = draw(st.integers(40, 80))
        notes.append(Note(now * COLUMN, min(length, 64 - now) * COLUMN, pitch))
        now += length + gap
    return encode(notes, bars=1).rolls


def notes_in(rolls):
    return [(n.start // COLUMN, n.duration // COLUMN, n.pitch) for n in decode(rolls[0])]


@given(
    st.integers(1, 20),
    st.lists(st.tuples(st.sampled_from(sorted(STRATEGIES)), st.integers(0, 3)), max_size=3),
)
@settings(max_examples=30, deadline=None)
def test_every_step_multiplies_by_its_factor_and_one(count, steps):
    bars = dataset.open_data().rolls[:count]
    pipeline = [PipelineStep(*step) for step in steps]
    expected = count
    for _, factor in steps:
        expected *= factor + 1
    made = augment(bars, pipeline, 0)
    assert len(made) == len(source_indices(count, pipeline)) == expected
    assert np.array_equal(made[:count], bars)


def test_the_papers_factors_give_the_papers_counts():
    bars = dataset.open_data().rolls
    assert len(augment(bars[:55], PAPER_PIPELINE, 0)) == 3080
    other = (
        PipelineStep("time-change", 6),
        PipelineStep("octave-change", 1),
        PipelineStep("fifth-addition", 3),
    )
    assert len(augment(bars[:10], other, 0)) == 560


def test_each_strategy_is_described_in_a_line_with_its_source():
    lines = dict(line.split(": ", 1) for line in describe_strategies())
    assert list(lines) == list(NAMES)
    assert all(line.endswith(".") and line.count("(") == line.count(")") for line in lines.values())
    sources = {"swing-change": "Yong", "harmonic-reduction": "Lopez", "inversion": "Papadopoulos"}
    assert all(source in lines[name] for name, source in sources.items())
    for name in ("join", "split", "displacement"):  # no paper has these
        assert "our own" in lines[name]


@pytest.mark.parametrize("name", sorted(STRATEGIES))
@given(bar=melodies(), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_a_strategy_depends_on_the_seed_alone_and_changes_no_input(name, bar, seed):
    before = bar.copy()
    one, two = (STRATEGIES[name](bar, rng(seed)) for _ in range(2))
    assert np.array_equal(bar, before)
    assert np.array_equal(one, two)
    assert one is not bar
    assert one.dtype == np.int8
    assert set(np.unique(one)) == {-1, 1}


@given(melodies(), st.integers(0, 99))
@settings(deadline=None)
def test_time_change_changes_one_duration_to_a_division(bar, seed):
    before, after = notes_in(bar), notes_in(STRATEGIES["time-change"](bar, rng(seed)))
    assert [(s, p) for s, _, p in before] == [(s, p) for s, _, p in after]
    changed = [new[1] for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) <= 1
    assert all(length in {2, 4, 6, 8, 12, 16, 24, 32} for length in changed)


@given(melodies(), st.integers(0, 99))
@settings(deadline=None)
def test_octave_change_moves_the_whole_melody(bar, seed):
    before, after = notes_in(bar), notes_in(STRATEGIES["octave-change"](bar, rng(seed)))
    moves = {new[2] - old[2] for old, new in zip(before, after, strict=True)}
    low, high = min(p for *_, p in before), max(p for *_, p in before)
    possible = {step for step in (-12, 12) if low + step >= 36 and high + step <= 83}
    assert moves <= (possible or {0})
    assert len(moves) == 1


def test_octave_and_fifth_go_both_ways():
    bar = encode([Note(0, 480, 60)], bars=1).rolls
    octaves = {notes_in(STRATEGIES["octave-change"](bar, rng(s)))[0][2] for s in range(20)}
    assert octaves == {48, 72}
    added = {
        tuple(p for *_, p in notes_in(STRATEGIES["fifth-addition"](bar, rng(s)))) for s in range(20)
    }
    assert added == {(55, 60), (60, 65)}


@given(melodies(), st.integers(0, 99))
@settings(deadline=None)
def test_fifth_addition_adds_one_note_beside_another(bar, seed):
    before, after = notes_in(bar), notes_in(STRATEGIES["fifth-addition"](bar, rng(seed)))
    new = set(after) - set(before)
    assert set(before) <= set(after)
    assert len(new) <= 1
    for start, length, pitch in new:
        assert {(start, length, pitch - 5), (start, length, pitch + 5)} & set(before)


def bar_of(*notes):
    return encode([Note(s * COLUMN, d * COLUMN, p) for s, d, p in notes], bars=1).rolls


def test_the_other_strategies_do_what_their_names_say():
    line = bar_of((0, 8, 60), (8, 4, 62), (16, 16, 64), (40, 8, 67))
    run = {name: notes_in(strategy(line, rng(1))) for name, strategy in STRATEGIES.items()}
    assert run["retrograde"] == [(16, 8, 67), (32, 16, 64), (52, 4, 62), (56, 8, 60)]
    assert run["double-time"][:4] == [(0, 4, 60), (4, 2, 62), (8, 8, 64), (20, 4, 67)]
    assert run["double-time"][4:] == [(s + 32, d, p) for s, d, p in run["double-time"][:4]]
    assert run["half-time"] in ([(0, 16, 60), (16, 8, 62), (32, 32, 64)], [(16, 16, 67)])
    assert {n[0] % 16 for n in run["swing-change"]} <= {0, 10, 11}
    assert run["harmonic-reduction"] == [(0, 8, 60), (16, 16, 64), (40, 8, 67)]
    assert len(run["join"]) == 3
    assert len(run["split"]) == 5
    assert [p for *_, p in run["inversion"]] == [67, 65, 64, 60]
    assert {n[0] for n in run["displacement"]} != {n[0] for n in notes_in(line)}
    scale = {0, 2, 4, 5, 7, 9, 10}
    assert all(p % 12 in scale for *_, p in run["transpose-in-scale"])
    other = [new[2] - old[2] for old, new in zip(notes_in(line), run["other-chord"], strict=True)]
    assert len(set(other)) == 1
    assert other[0] % 12


@given(melodies(), st.integers(0, 99))
@settings(deadline=None)
def test_a_bar_moves_in_its_scale_as_a_whole(bar, seed):
    before, after = notes_in(bar), notes_in(STRATEGIES["transpose-in-scale"](bar, rng(seed)))
    assert len(after) == len(before)
    assert len({np.sign(new[2] - old[2]) for old, new in zip(before, after, strict=True)}) == 1


def test_a_second_voice_keeps_to_the_chord():
    """Of a root and a fifth only a third above and a sixth below are chord tones."""
    line = bar_of((0, 8, 60), (16, 8, 67))
    voices = {
        tuple(p for *_, p in notes_in(STRATEGIES["second-voice"](line, rng(s)))) for s in range(20)
    }
    assert voices == {(64, 70), (52, 58)}


@given(st.integers(2, 40), st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_a_crossover_begins_as_one_bar_and_ends_as_another(count, seed):
    bars = dataset.open_data().rolls[:count]
    lines = [[(n.start, n.pitch) for n in decode(bar)] for bar in bars]
    for own, made in zip(lines, STRATEGIES["crossover"](bars, rng(seed)), strict=True):
        onsets = [(n.start, n.pitch) for n in decode(made)]
        assert any(
            onsets == [n for n in own if n[0] < cut] + [n for n in other if n[0] >= cut]
            for cut in (480, 960, 1440)
            for other in lines
            if other is not own
        )


def test_a_crossover_continues_near_the_last_note():
    """It takes a near line, not one an octave higher. A note across the cut ends there."""
    low, near, high = (
        bar_of(*((16 * beat, 16, pitch) for beat in range(4))) for pitch in (60, 62, 74)
    )
    crossed = STRATEGIES["crossover"](np.concatenate([low, near, high]), rng(3))
    assert [{p for *_, p in notes_in(bar[None])} for bar in crossed[:2]] == [{60, 62}, {60, 62}]
    held = np.concatenate([bar_of((0, 64, 60)), bar_of((0, 16, 60), (48, 16, 60))])
    for seed in range(9):
        first, *rest = notes_in(STRATEGIES["crossover"](held, rng(seed))[:1])
        assert (first[1] in (15, 16, 31, 32, 47, 48), rest) == (True, [(48, 16, 60)])


@given(melodies(), st.integers(0, 99))
@settings(deadline=None)
def test_a_second_voice_is_parallel_or_the_same(bar, seed):
    before, after = notes_in(bar), notes_in(STRATEGIES["second-voice"](bar, rng(seed)))
    moves = [new[2] - old[2] for old, new in zip(before, after, strict=True)]
    assert len({np.sign(move) for move in moves}) == 1
    assert moves == [0] * len(moves) or all(2 <= abs(move) <= 11 for move in moves)


def test_swing_is_added_and_removed():
    straight = bar_of((0, 8, 60), (8, 8, 62), (16, 8, 64), (24, 8, 65))
    swung = STRATEGIES["swing-change"](straight, rng(2))
    assert [n[0] for n in notes_in(swung)] in ([0, 10, 16, 26], [0, 11, 16, 27])
    again = notes_in(STRATEGIES["swing-change"](swung, rng(2)))
    assert again == notes_in(straight)


def test_the_papers_pipeline_makes_playable_bars():
    bars = dataset.open_data().rolls
    assert unplayable(augment(bars[:55], PAPER_PIPELINE, 0)).mean() < 0.01


def test_no_strategy_makes_notes_too_short(bars):
    """Funk has notes of a thirty-second. At double speed or swung they keep a playable length."""
    for name, strategy in STRATEGIES.items():
        made = strategy(bars.rolls, rng())
        notes = notes_of(made)
        assert not unplayable(made).any(), name
        assert (notes.end - notes.start == 1).mean() < 0.01, name


@given(melodies())
def test_a_table_of_notes_spells_the_rolls_again(bar):
    assert np.array_equal(rolls_of(notes_of(bar)), bar)


def test_the_papers_warnings():
    assert pipeline_warnings(PAPER_PIPELINE) == []
    lines = pipeline_warnings([PipelineStep("octave-change", 3), PipelineStep("fifth-addition", 5)])
    assert ["octave" in lines[0], "fifth" in lines[1]] == [True, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time-chnge:2", "did you mean 'time-change'"),
        ("zzz:1", "known are arpeggios, copy"),
        ("copy", "NAME:FACTOR"),
        ("copy:-1", "NAME:FACTOR"),
    ],
)
def test_an_error_in_a_pipeline_names_the_step(text, message):
    with pytest.raises(DatasetError, match=message):
        parse_pipeline(text)


def test_too_many_bars_are_refused_before_they_are_made():
    with pytest.raises(DatasetError, match="lower a factor"):
        augment(np.ones((100, 48, 64), np.int8), [PipelineStep("copy", 3000)], 0)


def test_the_command_writes_a_data_set_and_a_preview(command, tmp_path):
    made, picture = tmp_path / "more.npz", tmp_path / "look.png"
    words = ["augment", "--stages", "octave-change:3", "-o", made, "--preview", picture]
    code, out, err = command(*words)
    assert code == 0
    assert "96 bars -> 384 bars" in out
    assert "advises 2" in err
    again = dataset.load(made)
    assert describe_path(made).startswith(
        f"{made}: 384 bars, {len(notes_of(again.rolls).bar)} notes;"
    )
    assert again.counts.notes == 4 * dataset.open_data().counts.notes
    assert again.provenance[96 + 5] == again.provenance[5]
    assert Path(picture).read_bytes().startswith(b"\x89PNG")
