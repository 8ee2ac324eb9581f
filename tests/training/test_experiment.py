"""Experiments: plans, splits, runs, and what continues them."""

import contextlib
import json

import msgspec
import numpy as np
import pytest
from planning import planned

from perform.errors import DatasetError, FeatureError, RunFolderError, SidemanError
from training.augment.pipeline import PipelineStep
from training.data import dataset
from training.experiment import executors, plan, runs
from training.features.spr import SprExtractor
from training.metrics import playability
from training.metrics.base import clean_samples
from training.model import markov
from training.options import Options, read_any_recipe, read_recipe, recipe_names, to_toml

TINY = Options(steps=3, batch=4, width=4, noise_dim=6)
WILD = Options(
    steps=25, batch=4, width=4, noise_dim=6, loss="hinge", learning_rate=1e30, checkpoint_every=10
)
MARKOV = read_recipe("markov")


def in_turn(tasks, plan, bars):
    for task in tasks:
        yield runs.run_task(task, plan, bars)


def test_every_shipped_recipe_is_read_and_written():
    for name in recipe_names():
        options = read_any_recipe(name)
        assert msgspec.convert(msgspec.toml.decode(to_toml(options)), type(options)) == options


@pytest.mark.parametrize(
    ("text", "message"),
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
def test_an_error_in_a_recipe_names_the_key(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(SidemanError, match=message) as error:
        read_recipe(str(path))
    assert "\n" not in str(error.value)


def test_an_unknown_recipe_gets_the_nearest_name():
    with pytest.raises(SidemanError, match="did you mean 'markov'"):
        read_recipe("markow")


def test_a_markov_chain_gives_playable_bars_with_onsets_of_the_style(bars):
    made = markov.sample(markov.fit(bars.rolls), 300, seed=1)
    figures = playability.measure(clean_samples(made, bars.rolls))
    assert figures["onsets_in_style"] == 1
    assert figures["unplayable_cleaned"] < 0.05
    assert np.array_equal(made, markov.sample(markov.fit(bars.rolls), 300, seed=1))


def test_splits_depend_on_the_seed_and_take_a_share_of_every_file(bars):
    training, held_out = plan.split_bars(bars, 41, seed=3)
    assert not set(training) & set(held_out)
    assert (len(training), len(held_out)) == (55, 41)
    assert np.array_equal(held_out, plan.split_bars(bars, 41, seed=3)[1])
    assert not np.array_equal(held_out, plan.split_bars(bars, 41, seed=4)[1])
    names = [bars.provenance[i].file for i in held_out]
    assert {names.count(name) for name in set(names)} <= {13, 14}


def test_equal_bars_are_all_trained_on_or_all_held_out(bars):
    often = dataset.select(bars, np.resize(np.arange(40), 200))  # as a tune's bars do
    training, held_out = plan.split_bars(often, 90, seed=1)
    known = {roll.tobytes() for roll in often.rolls[training]}
    assert not any(roll.tobytes() in known for roll in often.rolls[held_out])
    assert (len(training), len(held_out)) == (110, 90)
    with pytest.raises(DatasetError, match="leave 30 to train on and 0 others"):
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
        plan.requested_plan(tmp_path, bars, {"protocol": "paper"}, steps=9)


@pytest.mark.long
@pytest.mark.usefixtures("untraced")
def test_a_stopped_experiment_continues_and_gives_the_same(bars, tmp_path):
    requested = planned(bars, {"tiny": TINY, "markov": MARKOV})
    folder = tmp_path / "x"
    made = plan.open_experiment(folder, requested, bars)
    tasks = runs.pending_tasks(folder, made)
    assert [tuple(task) for task in tasks] == [
        ("tiny", 0),
        ("markov", 0),
        ("tiny", 1),
        ("markov", 1),
    ]
    for outcome in in_turn(tasks[:2], made, bars):
        runs.write_outcome(folder, outcome)
    with (folder / runs.RESULTS).open("a") as file:
        file.write('{"arm": "tiny", "se')  # the process was killed in the middle of a line
    runs.run_experiment(folder, requested, bars, in_turn)
    lines = runs.read_results(folder)
    assert len(lines) == 4
    again = runs.run_task(runs.Task("tiny", 0), made, bars).line
    first = lines[0]
    assert {**first, "seconds": 0} == {**json.loads(json.dumps(again)), "seconds": 0}
    assert first["count"] == 41
    with (folder / runs.RESULTS).open("a") as file:
        file.write(json.dumps(first) + "\n")  # the file of another machine was appended
    assert runs.read_results(folder) == lines


@pytest.mark.long
@pytest.mark.usefixtures("untraced")
def test_a_run_that_diverges_is_written_as_failed_and_the_others_continue(bars, tmp_path):
    requested = planned(bars, {"wild": WILD, "markov": MARKOV}, runs=1)
    runs.run_experiment(tmp_path, requested, bars, isolated)
    assert [line["arm"] for line in runs.read_results(tmp_path)] == ["markov"]
    (failed,) = runs.read_failures(tmp_path)
    assert (failed["arm"], failed["seed"]) == ("wild", 0)
    assert "lower learning_rate" in failed["failed"]
    assert "/" not in failed["failed"]  # the run's folder no longer exists
    assert runs.pending_tasks(tmp_path, requested) == []


def test_new_arms_and_runs_join_an_experiment_but_changed_ones_do_not(bars, tmp_path):
    made = plan.open_experiment(tmp_path, planned(bars, {"markov": MARKOV}), bars)
    more = plan.open_experiment(tmp_path, planned(bars, {"tiny": TINY}), bars)
    assert more.arms == {"markov": MARKOV, "tiny": TINY}
    assert more.runs == made.runs
    longer = msgspec.structs.replace(TINY, steps=TINY.steps + 1)
    with pytest.raises(RunFolderError, match="other options of arm tiny"):
        plan.open_experiment(tmp_path, planned(bars, {"tiny": longer}), bars)
    with pytest.raises(RunFolderError, match="other split"):
        plan.open_experiment(
            tmp_path,
            plan.make_plan(bars, {"markov": MARKOV}, 2, "fair", 20, SprExtractor()),
            bars,
        )
    assert plan.read_plan(tmp_path) == more


def test_one_process_at_a_time_works_on_an_experiment(bars, tmp_path):
    requested = planned(bars, {"markov": MARKOV})

    def a_second_process(tasks, made, bars):
        with pytest.raises(RunFolderError, match="another process uses this folder"):
            runs.run_experiment(tmp_path, requested, bars, in_turn)
        return in_turn(tasks, made, bars)

    runs.run_experiment(tmp_path, requested, bars, a_second_process)
    assert len(runs.read_results(tmp_path)) == 2
    runs.run_experiment(tmp_path, requested, bars, in_turn)  # the first one has finished


def test_an_extractor_is_known_by_its_digest_and_opened_where_a_run_runs(
    bars, tmp_path, monkeypatch
):
    opened, spr = [], SprExtractor()
    monkeypatch.setattr(runs, "open_extractor", lambda *given: opened.append(given) or spr)
    weights = tmp_path / "inception.h5"
    made = plan.make_plan(bars, {"markov": MARKOV}, 1, "fair", 41, spr, weights)
    made = msgspec.structs.replace(made, samples=64)
    executors.run_isolated(runs.Task("markov", 0), made, bars)
    assert opened == [("spr", weights)]
    elsewhere = msgspec.structs.replace(made, weights=str(tmp_path / "moved.h5"))
    plan.open_experiment(tmp_path / "x", made, bars)
    assert plan.open_experiment(tmp_path / "x", elsewhere, bars) == elsewhere
    other = msgspec.structs.replace(made, extractor={**made.extractor, "sha256": "0" * 64})
    with pytest.raises(RunFolderError, match="other extractor"):
        plan.open_experiment(tmp_path / "x", other, bars)
    with pytest.raises(FeatureError, match="name those with --weights"):
        executors.run_isolated(runs.Task("markov", 0), other, bars)


@pytest.mark.parametrize("held_out", [95, 85, 11, -1])
def test_both_sides_of_a_split_need_as_many_bars_as_a_distance(bars, held_out):
    with pytest.raises(DatasetError, match=r"need 12 .*--held-out"):
        plan.make_plan(bars, {"markov": MARKOV}, 2, "fair", held_out, SprExtractor())


def test_an_arm_of_too_many_bars_is_refused_before_an_experiment_begins(bars):
    vast = msgspec.structs.replace(TINY, augment=(PipelineStep("copy", 5000),))
    with pytest.raises(DatasetError, match="lower a factor"):
        planned(bars, {"vast": vast})


def test_an_experiment_that_was_killed_before_its_plan_begins_again(bars, tmp_path):
    dataset.save(dataset.select(bars, np.arange(3)), tmp_path / plan.DATA)
    (tmp_path / ".runs.json.part").write_text("{")
    requested = planned(bars, {"markov": MARKOV})
    assert plan.open_experiment(tmp_path, requested, bars) == requested
    assert len(dataset.load(tmp_path / plan.DATA).rolls) == len(bars.rolls)


def test_a_plan_of_another_version_has_no_defaults(bars, tmp_path):
    plan.open_experiment(tmp_path, planned(bars, {"tiny": TINY}), bars)
    path = tmp_path / plan.PLAN
    content = json.loads(path.read_text())
    del content["arms"]["tiny"]["octave_share"]
    path.write_text(json.dumps(content))
    with pytest.raises(RunFolderError, match="arm tiny has no option octave_share"):
        plan.read_plan(tmp_path)


@pytest.fixture
def experiment(monkeypatch, command):
    """A function that runs the command, and its runs, in this process: exit code and stderr."""
    monkeypatch.setattr(executors, "on_cores", lambda *_: contextlib.nullcontext(isolated))
    return lambda *words: command("experiment", *words)[::2]


def isolated(tasks, made, bars):
    return (executors.run_isolated(task, made, bars) for task in tasks)


def test_a_command_without_options_continues_the_experiment(bars, tmp_path, experiment):
    few = dataset.select(bars, np.arange(40))
    made = plan.make_plan(few, {"chain": MARKOV}, 1, "paper", 15, SprExtractor())
    older = {**made.versions, "numpy": "1.0"}
    made = msgspec.structs.replace(made, samples=64, versions=older)
    plan.open_experiment(tmp_path, made, few)
    code, err = experiment("-o", tmp_path)
    assert code == 0
    assert f"{tmp_path}: begun with numpy 1.0 (here {np.__version__}); this may change" in err
    assert plan.read_plan(tmp_path) == made
    assert [line["arm"] for line in runs.read_results(tmp_path)] == ["chain"]
    # its bars have their chords already, so --chord is ignored
    assert experiment("-o", tmp_path, "--runs", 2, "--chord", "C")[0] == 0
    assert plan.read_plan(tmp_path) == msgspec.structs.replace(made, runs=2)
    assert [line["seed"] for line in runs.read_results(tmp_path)] == [0, 1]
    code, err = experiment("-o", tmp_path, "--protocol", "fair")
    assert code == 2
    assert "other protocol" in err


@pytest.mark.long
@pytest.mark.usefixtures("untraced")
def test_arms_of_one_name_are_refused_and_failures_and_warnings_printed(tmp_path, experiment):
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
    code, err = experiment(*words, "--arm", other)
    assert (code, err.count("\n")) == (2, 1)
    assert "there is an arm wild already" in err
    assert not folder.exists()
    code, err = experiment(*words)
    assert code == 0
    assert "wild: octave-change 3 times" in err
    assert "wild, seed 0: losses or weights are not finite" in err
