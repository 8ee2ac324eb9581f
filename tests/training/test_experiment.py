"""Experiments: paired, resumable, on cores and on a cluster; and their report."""

import contextlib
import json
import re
import shutil
import sys

import msgspec
import numpy as np
import pytest

from perform.errors import DatasetError, FeatureError, RunFolderError, SidemanError
from training import cli, config, dataset, experiment, markov, spread
from training.augment.pipeline import Stage
from training.features.spr import Spr
from training.metrics.playability import measure
from training.report import plots
from training.report.findings import compared, read, sentences, tables, values
from training.report.plots import _joined
from training.report.write import report

TINY = config.Options(steps=3, batch=4, width=4, noise_dim=6)
MARKOV = config.recipe("markov")


@pytest.fixture(scope="module")
def bars():
    return dataset.import_files([cli.OWN_BARS])


def planned(bars, arms, runs=2, protocol="fair"):
    made = experiment.plan(bars, arms, runs, protocol, 41, Spr())
    return msgspec.structs.replace(made, samples=128)


def alone(tasks, made, bars):
    for task in tasks:
        yield experiment.run(task, made, bars)


def test_every_shipped_recipe_can_be_read_and_spelt():
    for name in config.recipes():
        options = config.recipe(name)
        assert (
            msgspec.convert(msgspec.toml.decode(config.spell(options)), config.Options) == options
        )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stpes = 3", "did you mean steps"),
        ("loss = 'mse'", "loss mse"),
        ("= 3", "not TOML"),
        ("[[augment]]\nstrategy = 'copy'\nfactor = -1", "augment"),
        ("[[augment]]\nstrategy = 'time-chnge'\nfactor = 2", "mine.toml: .*mean time-change"),
    ],
)
def test_a_wrong_recipe_is_named(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(SidemanError, match=said) as fault:
        config.recipe(str(path))
    assert "\n" not in str(fault.value)


def test_an_unknown_recipe_is_told_its_nearest():
    with pytest.raises(SidemanError, match="did you mean markov"):
        config.recipe("markow")


def test_a_chain_walks_playable_bars_that_begin_as_bars_begin(bars):
    made = markov.sample(markov.fit(bars.rolls), 300, seed=1)
    figures = measure(made, bars.rolls)
    assert figures.onsets_in_style == 1
    assert figures.unplayable_cleaned < 0.05
    assert np.array_equal(made, markov.sample(markov.fit(bars.rolls), 300, seed=1))


def test_splits_are_paired_disjoint_and_fair_to_every_file(bars):
    taught, held = experiment.split(bars, 41, seed=3)
    assert not set(taught) & set(held)
    assert (len(taught), len(held)) == (55, 41)
    assert np.array_equal(held, experiment.split(bars, 41, seed=3)[1])
    assert not np.array_equal(held, experiment.split(bars, 41, seed=4)[1])
    names = [bars.origins[i].file for i in held]
    assert {names.count(name) for name in set(names)} <= {13, 14}


def test_the_papers_protocol_has_the_papers_steps(bars):
    arms = {name: config.recipe(name) for name in ("original", "augmented", "replicated")}
    made = planned(bars, arms, protocol="paper").arms
    assert (made["original"].batch, made["original"].steps) == (6, 600)
    assert (made["augmented"].batch, made["augmented"].steps) == (50, 3720)
    assert (made["replicated"].batch, made["replicated"].steps) == (50, 3720)


@pytest.mark.usefixtures("untraced")
def test_a_stopped_experiment_goes_on_and_gives_the_same(bars, tmp_path):
    wanted = planned(bars, {"tiny": TINY, "markov": MARKOV})
    folder = tmp_path / "x"
    made = experiment.open_folder(folder, wanted, bars)
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
    made = experiment.open_folder(tmp_path, planned(bars, {"markov": MARKOV}), bars)
    more = experiment.open_folder(tmp_path, planned(bars, {"tiny": TINY}), bars)
    assert more.arms == {"markov": MARKOV, "tiny": TINY}
    assert more.runs == made.runs
    longer = msgspec.structs.replace(TINY, steps=TINY.steps + 1)
    with pytest.raises(RunFolderError, match="other options of arm tiny"):
        experiment.open_folder(tmp_path, planned(bars, {"tiny": longer}), bars)
    with pytest.raises(RunFolderError, match="other split"):
        experiment.open_folder(
            tmp_path,
            experiment.plan(bars, {"markov": MARKOV}, 2, "fair", 20, Spr()),
            bars,
        )
    assert experiment.read_plan(tmp_path) == more


def test_one_process_at_a_time_works_on_an_experiment(bars, tmp_path):
    wanted = planned(bars, {"markov": MARKOV})

    def a_second_call(tasks, made, bars):
        with pytest.raises(RunFolderError, match="another process is at work there"):
            experiment.carry_out(tmp_path, wanted, bars, alone)
        return alone(tasks, made, bars)

    experiment.carry_out(tmp_path, wanted, bars, a_second_call)
    assert len(experiment.results(tmp_path)) == 2
    experiment.carry_out(tmp_path, wanted, bars, alone)  # nobody is there any more


def test_weights_of_an_extractor_are_named_by_digest_and_opened_where_a_run_is(
    bars, tmp_path, monkeypatch
):
    opened, spr = [], Spr()
    monkeypatch.setattr(experiment, "open_extractor", lambda *asked: opened.append(asked) or spr)
    weights = tmp_path / "inception.h5"
    made = experiment.plan(bars, {"markov": MARKOV}, 1, "fair", 41, spr, weights)
    made = msgspec.structs.replace(made, samples=64)
    spread.run_alone(experiment.Task("markov", 0), made, bars)
    assert opened == [("spr", weights)]
    elsewhere = msgspec.structs.replace(made, weights=str(tmp_path / "moved.h5"))
    experiment.open_folder(tmp_path / "x", made, bars)
    assert experiment.open_folder(tmp_path / "x", elsewhere, bars) == elsewhere
    other = msgspec.structs.replace(made, extractor={**made.extractor, "sha256": "0" * 64})
    with pytest.raises(RunFolderError, match="other extractor"):
        experiment.open_folder(tmp_path / "x", other, bars)
    with pytest.raises(FeatureError, match="name those with --weights"):
        spread.run_alone(experiment.Task("markov", 0), other, bars)


@pytest.mark.parametrize("held_out", [95, 85, 11, -1])
def test_an_experiment_needs_as_many_bars_on_both_sides_as_distances_do(bars, held_out):
    with pytest.raises(DatasetError, match=r"need 12 .*--held-out"):
        experiment.plan(bars, {"markov": MARKOV}, 2, "fair", held_out, Spr())


def test_an_arm_of_too_many_bars_is_refused_before_anything_is_begun(bars):
    vast = msgspec.structs.replace(TINY, augment=(Stage("copy", 5000),))
    with pytest.raises(DatasetError, match="lower a factor"):
        planned(bars, {"vast": vast})


def test_an_experiment_that_was_killed_before_its_plan_stood_begins(bars, tmp_path):
    dataset.save(dataset.some(bars, np.arange(3)), tmp_path / experiment.DATA)
    (tmp_path / ".experiment.json.part").write_text("{")
    wanted = planned(bars, {"markov": MARKOV})
    assert experiment.open_folder(tmp_path, wanted, bars) == wanted
    assert len(dataset.load(tmp_path / experiment.DATA).rolls) == len(bars.rolls)


def test_a_plan_of_another_version_has_no_defaults(bars, tmp_path):
    experiment.open_folder(tmp_path, planned(bars, {"tiny": TINY}), bars)
    path = tmp_path / experiment.PLAN
    plan = json.loads(path.read_text())
    del plan["arms"]["tiny"]["octave_share"]
    path.write_text(json.dumps(plan))
    with pytest.raises(RunFolderError, match="arm tiny has no option octave_share"):
        experiment.read_plan(tmp_path)


def command(monkeypatch, capsys, *words):
    """The command in this process, where the runs are too: (exit code, stderr)."""
    monkeypatch.setattr(spread, "on_cores", lambda *_: contextlib.nullcontext(one_by_one))
    monkeypatch.setattr(sys, "argv", ["training", "experiment", *map(str, words)])
    code = 0
    try:
        cli.main()
    except SystemExit as end:
        code = end.code
    return code, capsys.readouterr().err


def one_by_one(tasks, made, bars):
    return (spread.run_alone(task, made, bars) for task in tasks)


def test_a_call_that_names_nothing_goes_on_with_what_is_there(bars, tmp_path, monkeypatch, capsys):
    few = dataset.some(bars, np.arange(40))
    made = experiment.plan(few, {"chain": MARKOV}, 1, "paper", 15, Spr())
    made = msgspec.structs.replace(made, samples=64)
    experiment.open_folder(tmp_path, made, few)
    assert command(monkeypatch, capsys, "-o", tmp_path)[0] == 0
    assert experiment.read_plan(tmp_path) == made
    assert [line["arm"] for line in experiment.results(tmp_path)] == ["chain"]
    assert command(monkeypatch, capsys, "-o", tmp_path, "--runs", 2)[0] == 0
    assert experiment.read_plan(tmp_path) == msgspec.structs.replace(made, runs=2)
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


@pytest.fixture(scope="module")
def finished(bars, tmp_path_factory):
    """An experiment of three chains, one of them given the bars of another chord and one given few."""
    folder = tmp_path_factory.mktemp("experiments") / "three <arms>"
    arms = {
        "original": MARKOV,
        "augmented": MARKOV,
        "replicated": MARKOV,
    }
    made = experiment.open_folder(folder, planned(bars, arms, runs=4), bars)
    for task in experiment.pending(folder, made):
        outcome = experiment.run(task, made, bars)
        shift = {"original": 3.0, "augmented": 0.0, "replicated": 1.0}[task.arm]
        for measured in outcome.line["references"].values():
            measured["fid"] += shift
        experiment.keep(folder, outcome)
    with (folder / experiment.RESULTS).open("a") as file:
        file.write(json.dumps({**outcome.line, "seed": 77}) + '\n5\n{"arm": "original"}\n{torn')
    return folder


def test_the_report_says_what_the_runs_say(finished, tmp_path):
    page, text = report([finished], tmp_path / "report")
    found = read(finished)
    assert found.seeds == [0, 1, 2, 3]
    fid = values(found, "held_out", "fid")
    mean = f"{fid[:, 1].mean():.2f} ± {fid[:, 1].std(ddof=1):.2f}"
    html, markdown = page.read_text(), text.read_text()
    for written in (html, markdown):
        assert mean in written
        assert "21.7541 ± 12.26" in written
        assert found.plan.extractor["sha256"] in written
        assert "appears" in written
    for table in tables(found):
        for row in table.rows:
            assert all(cell in markdown for cell in row)
    assert "<arms>" not in html
    assert "<arms>" not in re.sub(r"```.*?```", "", markdown, flags=re.DOTALL)
    assert "3 lines of results.jsonl are no whole runs" in html
    command = re.search(r"training experiment '(.+?/data\.npz)' .*--arm original\.toml", markdown)
    assert command
    assert 'architecture = "markov"' in markdown  # our arms are not those that ship
    assert not re.findall(r'(?:src|href)="(?!data:)', html)
    assert (
        html.count("data:image/png") == len(re.findall(r'<div class="wide"[^>]*><img', html)) == 4
    )
    named = re.findall(r"\]\(([^)]+\.png)\)", markdown)
    assert len(named) == 4
    assert all((tmp_path / "report" / name).is_file() for name in named)


def test_a_report_of_what_is_unfinished_takes_what_is_complete(finished, tmp_path):
    folder = tmp_path / "x"
    shutil.copytree(finished, folder)
    made = read(folder).plan
    plan = msgspec.structs.replace(made, runs=9, arms={**made.arms, "later": MARKOV})
    (folder / experiment.PLAN).write_bytes(msgspec.json.encode(plan))
    results = (folder / experiment.RESULTS).read_text().splitlines()
    (folder / experiment.RESULTS).write_text("\n".join(results[1:]) + "\n")  # seed 0 of an arm
    experiment.keep(
        folder,
        experiment.Outcome({"arm": "original", "seed": 4, "failed": "lost"}, np.empty((0, 48, 64))),
    )
    found = read(folder)
    assert found.arms == ["original", "augmented", "replicated"]
    assert found.seeds == [1, 2, 3]
    text = report([folder], tmp_path / "report")[1].read_text()
    assert "original failed on seed 4 (lost)" in text
    assert "later has no finished run yet" in text


def test_two_protocols_are_compared_and_folders_of_one_name_keep_their_pictures(
    finished, bars, tmp_path
):
    other = tmp_path / finished.name
    plan = planned(bars, dict.fromkeys(read(finished).arms, MARKOV), runs=2)
    made = experiment.open_folder(other, msgspec.structs.replace(plan, protocol="paper"), bars)
    for task in experiment.pending(other, made):
        experiment.keep(other, experiment.run(task, made, bars))
    page, text = report([finished, other], tmp_path / "report")
    assert len(list((tmp_path / "report").glob("*-boxes.png"))) == 2
    assert "Both protocols" in page.read_text()
    assert "each arm's own data" in text.read_text()


def test_what_ships_can_be_read_and_gives_the_page_that_ships(root):
    folder = root / "training" / "reports"
    for page, names in (("report.md", ("fair", "paper")), ("reels/report.md", ("reels",))):
        found = [read(folder / name) for name in names]
        text = (folder / page).read_text()
        for each in found:
            assert all(f"- {sentence}\n" in text for sentence in sentences(each))
        assert all(f"- {sentence}\n" in text for sentence in compared(found))
    fair, paper = (read(folder / name) for name in ("fair", "paper"))
    told = compared([fair, paper])
    assert "original 16.93 = replicated 16.93 < augmented 20.79" in told[2]
    assert "steps, batch, width; which of these decides, nothing here can tell" in told[3]
    caption = tables(fair)[0].caption
    assert "the paper's of Inception's features: they do not compare" in caption


def test_two_arms_make_no_table_of_nemenyis_test(finished):
    found = read(finished)
    two = found._replace(arms=found.arms[:2])
    assert any(table.caption.startswith("Table 2") for table in tables(found))
    assert not any(table.caption.startswith("Table 2") for table in tables(two))
    assert all(table.rows for table in tables(two))


def test_boxes_are_labelled_by_the_extractor(finished, monkeypatch):
    found = read(finished)
    drawn = []
    monkeypatch.setattr(plots, "png", drawn.append)
    plan = msgspec.structs.replace(found.plan, extractor={"name": "inception"})
    plots._boxes(found._replace(plan=plan))
    assert {axes.get_ylabel() for axes in drawn[0].axes} == {"FID (inception), lower is nearer"}


def test_ranks_that_are_not_apart_are_joined():
    assert _joined([1.0, 1.5, 2.4, 4.0], 1.0) == [(0, 1), (1, 2)]
    assert _joined([1.0, 3.0], 1.0) == []
    assert _joined([1.0, 1.2, 1.4], 1.0) == [(0, 2)]


def test_what_is_no_experiment_makes_no_report(tmp_path, bars):
    with pytest.raises(RunFolderError, match="no experiment there"):
        report([tmp_path], tmp_path / "out")
    folder = tmp_path / "x"
    experiment.open_folder(folder, planned(bars, {"markov": MARKOV}), bars)
    with pytest.raises(RunFolderError, match="a report needs two of each"):
        report([folder], tmp_path / "out")
    for task in experiment.pending(folder, experiment.read_plan(folder)):
        experiment.keep(folder, experiment.run(task, experiment.read_plan(folder), bars))
    with pytest.raises(RunFolderError, match="1 arms have finished runs, 2 seeds"):
        report([folder], tmp_path / "out")
    plan = json.loads((folder / experiment.PLAN).read_text())
    (folder / experiment.PLAN).write_text(json.dumps({**plan, "schema": 9}))
    with pytest.raises(RunFolderError, match="schema 9"):
        report([folder], tmp_path / "out")
    assert not (tmp_path / "out").exists()
