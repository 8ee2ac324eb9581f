"""Experiments: paired, resumable, on cores and on a cluster."""

import contextlib
import json
import sys

import msgspec
import numpy as np
import pytest
from planning import planned

from perform.errors import DatasetError, FeatureError, RunFolderError, SidemanError
from training import cli
from training.augment.pipeline import PipelineStep
from training.data import dataset
from training.experiment import executors
from training.experiment import plan as design
from training.experiment import runs as experiment
from training.features.spr import SprExtractor
from training.metrics.playability import measure
from training.model import markov
from training.options import Options, read_recipe, recipe_names, to_toml

TINY = Options(steps=3, batch=4, width=4, noise_dim=6)
MARKOV = read_recipe("markov")


def alone(tasks, made, bars):
    for task in tasks:
        yield experiment.run(task, made, bars)


def test_every_shipped_recipe_is_read_and_written():
    for name in recipe_names():
        options = read_recipe(name)
        assert msgspec.convert(msgspec.toml.decode(to_toml(options)), Options) == options


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stpes = 3", "did you mean 'steps'"),
        ("loss = 'mse'", "loss mse"),
        ("= 3", "not TOML"),
        ("[[augment]]\nstrategy = 'copy'\nfactor = -1", "augment"),
        (
            "architecture = 'markov'\n[[augment]]\nstrategy = 'copy'\nfactor = 1",
            "markov counts the bars as they are",
        ),
        ("[[augment]]\nstrategy = 'time-chnge'\nfactor = 2", "mine.toml: .*mean 'time-change'"),
    ],
)
def test_a_wrong_recipe_is_named(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(SidemanError, match=said) as fault:
        read_recipe(str(path))
    assert "\n" not in str(fault.value)


def test_an_unknown_recipe_gets_the_nearest_name():
    with pytest.raises(SidemanError, match="did you mean 'markov'"):
        read_recipe("markow")


def test_a_chain_walks_playable_bars_that_begin_as_bars_begin(bars):
    made = markov.sample(markov.fit(bars.rolls), 300, seed=1)
    figures = measure(made, bars.rolls)
    assert figures.onsets_in_style == 1
    assert figures.unplayable_cleaned < 0.05
    assert np.array_equal(made, markov.sample(markov.fit(bars.rolls), 300, seed=1))


def test_splits_are_paired_disjoint_and_fair_to_every_file(bars):
    taught, held = design.split(bars, 41, seed=3)
    assert not set(taught) & set(held)
    assert (len(taught), len(held)) == (55, 41)
    assert np.array_equal(held, design.split(bars, 41, seed=3)[1])
    assert not np.array_equal(held, design.split(bars, 41, seed=4)[1])
    names = [bars.provenance[i].file for i in held]
    assert {names.count(name) for name in set(names)} <= {13, 14}


def test_a_bar_that_returns_is_trained_on_or_held_out_and_not_both(bars):
    often = dataset.select(bars, np.resize(np.arange(40), 200))  # as a tune's bars do
    taught, held = design.split(often, 90, seed=1)
    known = {roll.tobytes() for roll in often.rolls[taught]}
    assert not any(roll.tobytes() in known for roll in often.rolls[held])
    assert (len(taught), len(held)) == (110, 90)
    with pytest.raises(DatasetError, match="leave 30 to train on and 0 that are none of these"):
        planned(
            dataset.select(bars, np.zeros(30, int)), {"markov": read_recipe("markov")}, held_out=15
        )


def test_the_papers_protocol_has_the_papers_steps(bars, tmp_path):
    arms = {name: read_recipe(name) for name in ("original", "augmented", "replicated")}
    made = planned(bars, arms, protocol="paper").arms
    assert (made["original"].batch, made["original"].steps) == (6, 600)
    assert (made["augmented"].batch, made["augmented"].steps) == (50, 3720)
    assert (made["replicated"].batch, made["replicated"].steps) == (50, 3720)
    with pytest.raises(SidemanError, match=r"--steps 9: .*60 epochs"):
        design.wanted(tmp_path, bars, {"protocol": "paper"}, steps=9)


@pytest.mark.usefixtures("untraced")
def test_a_stopped_experiment_goes_on_and_gives_the_same(bars, tmp_path):
    wanted = planned(bars, {"tiny": TINY, "markov": MARKOV})
    folder = tmp_path / "x"
    made = design.open_folder(folder, wanted, bars)
    tasks = experiment.pending(folder, made)
    assert [tuple(task) for task in tasks] == [
        ("tiny", 0),
        ("markov", 0),
        ("tiny", 1),
        ("markov", 1),
    ]
    for outcome in alone(tasks[:2], made, bars):
        experiment.keep(folder, outcome)
    with (folder / experiment.RESULTS).open("a") as file:
        file.write('{"arm": "tiny", "se')  # the machine went down in the middle of a line
    experiment.carry_out(folder, wanted, bars, alone)
    lines = experiment.results(folder)
    assert len(lines) == 4
    again = experiment.run(experiment.Task("tiny", 0), made, bars).line
    first = lines[0]
    assert {**first, "seconds": 0} == {**json.loads(json.dumps(again)), "seconds": 0}
    assert first["count"] == 41
    with (folder / experiment.RESULTS).open("a") as file:
        file.write(json.dumps(first) + "\n")  # another machine's file was put to it
    assert experiment.results(folder) == lines


def test_further_arms_and_runs_join_an_experiment_but_no_others(bars, tmp_path):
    made = design.open_folder(tmp_path, planned(bars, {"markov": MARKOV}), bars)
    more = design.open_folder(tmp_path, planned(bars, {"tiny": TINY}), bars)
    assert more.arms == {"markov": MARKOV, "tiny": TINY}
    assert more.runs == made.runs
    longer = msgspec.structs.replace(TINY, steps=TINY.steps + 1)
    with pytest.raises(RunFolderError, match="other options of arm tiny"):
        design.open_folder(tmp_path, planned(bars, {"tiny": longer}), bars)
    with pytest.raises(RunFolderError, match="other split"):
        design.open_folder(
            tmp_path,
            design.plan(bars, {"markov": MARKOV}, 2, "fair", 20, SprExtractor()),
            bars,
        )
    assert design.read_plan(tmp_path) == more


def test_one_process_at_a_time_works_on_an_experiment(bars, tmp_path):
    wanted = planned(bars, {"markov": MARKOV})

    def a_second_call(tasks, made, bars):
        with pytest.raises(RunFolderError, match="another process uses this folder"):
            experiment.carry_out(tmp_path, wanted, bars, alone)
        return alone(tasks, made, bars)

    experiment.carry_out(tmp_path, wanted, bars, a_second_call)
    assert len(experiment.results(tmp_path)) == 2
    experiment.carry_out(tmp_path, wanted, bars, alone)  # nobody is there any more


def test_weights_of_an_extractor_are_named_by_digest_and_opened_where_a_run_is(
    bars, tmp_path, monkeypatch
):
    opened, spr = [], SprExtractor()
    monkeypatch.setattr(experiment, "open_extractor", lambda *asked: opened.append(asked) or spr)
    weights = tmp_path / "inception.h5"
    made = design.plan(bars, {"markov": MARKOV}, 1, "fair", 41, spr, weights)
    made = msgspec.structs.replace(made, samples=64)
    executors.run_alone(experiment.Task("markov", 0), made, bars)
    assert opened == [("spr", weights)]
    elsewhere = msgspec.structs.replace(made, weights=str(tmp_path / "moved.h5"))
    design.open_folder(tmp_path / "x", made, bars)
    assert design.open_folder(tmp_path / "x", elsewhere, bars) == elsewhere
    other = msgspec.structs.replace(made, extractor={**made.extractor, "sha256": "0" * 64})
    with pytest.raises(RunFolderError, match="other extractor"):
        design.open_folder(tmp_path / "x", other, bars)
    with pytest.raises(FeatureError, match="name those with --weights"):
        executors.run_alone(experiment.Task("markov", 0), other, bars)


@pytest.mark.parametrize("held_out", [95, 85, 11, -1])
def test_an_experiment_needs_as_many_bars_on_both_sides_as_distances_do(bars, held_out):
    with pytest.raises(DatasetError, match=r"need 12 .*--held-out"):
        design.plan(bars, {"markov": MARKOV}, 2, "fair", held_out, SprExtractor())


def test_an_arm_of_too_many_bars_is_refused_before_anything_is_begun(bars):
    vast = msgspec.structs.replace(TINY, augment=(PipelineStep("copy", 5000),))
    with pytest.raises(DatasetError, match="lower a factor"):
        planned(bars, {"vast": vast})


def test_an_experiment_that_was_killed_before_its_plan_stood_begins(bars, tmp_path):
    dataset.save(dataset.select(bars, np.arange(3)), tmp_path / design.DATA)
    (tmp_path / ".experiment.json.part").write_text("{")
    wanted = planned(bars, {"markov": MARKOV})
    assert design.open_folder(tmp_path, wanted, bars) == wanted
    assert len(dataset.load(tmp_path / design.DATA).rolls) == len(bars.rolls)


def test_a_plan_of_another_version_has_no_defaults(bars, tmp_path):
    design.open_folder(tmp_path, planned(bars, {"tiny": TINY}), bars)
    path = tmp_path / design.PLAN
    plan = json.loads(path.read_text())
    del plan["arms"]["tiny"]["octave_share"]
    path.write_text(json.dumps(plan))
    with pytest.raises(RunFolderError, match="arm tiny has no option octave_share"):
        design.read_plan(tmp_path)


def command(monkeypatch, capsys, *words):
    """The command in this process, where the runs are too: (exit code, stderr)."""
    monkeypatch.setattr(executors, "on_cores", lambda *_: contextlib.nullcontext(one_by_one))
    monkeypatch.setattr(sys, "argv", ["training", "experiment", *map(str, words)])
    code = 0
    try:
        cli.main()
    except SystemExit as end:
        code = end.code
    return code, capsys.readouterr().err


def one_by_one(tasks, made, bars):
    return (executors.run_alone(task, made, bars) for task in tasks)


def test_a_call_that_names_nothing_goes_on_with_what_is_there(bars, tmp_path, monkeypatch, capsys):
    few = dataset.select(bars, np.arange(40))
    made = design.plan(few, {"chain": MARKOV}, 1, "paper", 15, SprExtractor())
    older = {**made.versions, "numpy": "1.0"}
    made = msgspec.structs.replace(made, samples=64, versions=older)
    design.open_folder(tmp_path, made, few)
    code, err = command(monkeypatch, capsys, "-o", tmp_path)
    assert code == 0
    assert f"{tmp_path}: begun with numpy 1.0 (here {np.__version__}); further runs" in err
    assert design.read_plan(tmp_path) == made
    assert [line["arm"] for line in experiment.results(tmp_path)] == ["chain"]
    # its bars have their chords, so that the command that began it goes on with it
    assert command(monkeypatch, capsys, "-o", tmp_path, "--runs", 2, "--chord", "C")[0] == 0
    assert design.read_plan(tmp_path) == msgspec.structs.replace(made, runs=2)
    assert [line["seed"] for line in experiment.results(tmp_path)] == [0, 1]
    code, err = command(monkeypatch, capsys, "-o", tmp_path, "--protocol", "fair")
    assert code == 2
    assert "other protocol" in err


@pytest.mark.usefixtures("untraced")
def test_arms_of_one_name_are_refused_and_failed_runs_and_cautions_said(
    tmp_path, monkeypatch, capsys
):
    wild = tmp_path / "wild.toml"
    wild.write_text(
        "steps = 2\nbatch = 4\nwidth = 4\nnoise_dim = 4\nloss = 'hinge'\nlearning_rate = 1e30\n"
        "[[augment]]\nstrategy = 'octave-change'\nfactor = 3\n"
    )
    (tmp_path / "more").mkdir()
    other = tmp_path / "more" / "wild.toml"
    other.write_text(wild.read_text())
    folder = tmp_path / "x"
    words = ["-o", folder, "--runs", 1, "--arm", wild]
    code, err = command(monkeypatch, capsys, *words, "--arm", other)
    assert (code, err.count("\n")) == (2, 1)
    assert "there is an arm wild already" in err
    assert not folder.exists()
    code, err = command(monkeypatch, capsys, *words)
    assert code == 0
    assert "wild: octave-change 3 times" in err
    assert "wild, seed 0: no numbers any more" in err
