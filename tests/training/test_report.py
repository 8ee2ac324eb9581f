"""What an experiment's runs say, as a page."""

import json
import re
import shutil

import msgspec
import numpy as np
import pytest
from planning import planned

from perform.errors import RunFolderError
from training.experiment import plan as design
from training.experiment import runs as experiment
from training.options import read_recipe
from training.report import plots
from training.report.findings import compared, read, sentences, values
from training.report.plots import _joined
from training.report.tables import tables
from training.report.write import report

MARKOV = read_recipe("markov")


@pytest.fixture(scope="module")
def finished(bars, tmp_path_factory):
    """An experiment of three chains, one of them given the bars of another chord and one given few."""
    folder = tmp_path_factory.mktemp("experiments") / "three <arms>"
    arms = {
        "original": MARKOV,
        "augmented": MARKOV,
        "replicated": MARKOV,
    }
    made = design.open_folder(folder, planned(bars, arms, runs=4), bars)
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
    (folder / design.PLAN).write_bytes(msgspec.json.encode(plan))
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
    assert "later has finished 0 of 9 runs; too few to pair, so it is left out" in text


def test_an_arm_that_loses_itself_is_left_out_and_said(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "x")
    path = folder / experiment.RESULTS
    kept = experiment.results(folder)
    for line in kept:
        if line["arm"] == "augmented" and line["seed"]:
            line.update(failed="no numbers any more")
            del line["figures"]
    path.write_text("".join(json.dumps(line) + "\n" for line in kept))
    told = []
    _, text = report([folder], tmp_path / "report", told.append)
    assert told == [
        f"{folder}: left out: augmented has finished 1 of 4 runs, 3 failed (no numbers any more)"
    ]
    assert "3 failed (no numbers any more); too few to pair, so it is left out." in text.read_text()
    path.write_text("".join(json.dumps(line) + "\n" for line in kept if line["arm"] != "original"))
    with pytest.raises(RunFolderError, match=r"3 failed \(no numbers any more\), replicated"):
        report([folder], tmp_path / "again")


def test_a_figure_that_a_run_lacks_is_left_out(finished):
    found = read(finished)
    del found.runs["augmented"][1]["figures"]["count_inter_kl"]
    figures = [row[0] for row in tables(found)[-1].rows]
    assert "count_inter_kl" not in figures
    assert {"copies", "pitches_inter_kl"} <= set(figures)


def test_two_protocols_are_compared_and_folders_of_one_name_keep_their_pictures(
    finished, bars, tmp_path
):
    other = tmp_path / finished.name
    plan = planned(bars, dict.fromkeys(read(finished).arms, MARKOV), runs=2)
    made = design.open_folder(other, msgspec.structs.replace(plan, protocol="paper"), bars)
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
    assert "original 19.02 = replicated 19.02 < augmented 19.88" in told[2]
    assert "steps, batch, width; which of these decides, nothing here can tell" in told[3]
    caption = tables(fair)[0].caption
    assert "the paper's of Inception's features: they do not compare" in caption


def test_protocols_are_held_side_by_side_only_on_the_same_bars(root):
    fair, paper = (read(root / "training" / "reports" / name) for name in ("fair", "paper"))
    moved = msgspec.structs.replace(paper.plan, split={"training": 54, "held_out": 42})
    other = paper._replace(plan=moved)
    assert compared([fair, other]) == [
        "paper and fair are not held side by side: they have other split."
    ]
    assert compared([other, fair, paper]) == compared([fair, paper])


def test_one_training_under_two_names_is_ranked_once(finished, monkeypatch):
    monkeypatch.setattr(plots, "to_png", lambda _figure: b"")
    found = read(finished)
    runs = {**found.runs, "again": found.runs["original"]}
    twice = found._replace(arms=[*found.arms, "again"], runs=runs)
    _, ranks, effects, *_ = tables(twice)
    assert ranks.rows == tables(found)[1].rows
    assert ranks.caption.endswith("Without again, which came out as original in every run")
    assert len(effects.rows) == 6
    assert "Without again" in plots.pictures(twice)["ranks"][0]


def test_effects_have_p_values_corrected_for_all_of_their_pairs(finished):
    effects = tables(read(finished))[2]
    assert effects.rows[0][3] == "0.375"  # four pairs of one sign have 1/8, of three tests
    assert "corrected for all pairs of the table (Holm)" in effects.caption


def test_two_arms_make_no_table_of_nemenyis_test(finished):
    found = read(finished)
    two = found._replace(arms=found.arms[:2])
    assert any(table.caption.startswith("Table 2") for table in tables(found))
    assert not any(table.caption.startswith("Table 2") for table in tables(two))
    assert all(table.rows for table in tables(two))


def test_boxes_are_labelled_by_the_extractor(finished, monkeypatch):
    found = read(finished)
    drawn = []
    monkeypatch.setattr(plots, "to_png", drawn.append)
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
    design.open_folder(folder, planned(bars, {"markov": MARKOV}), bars)
    with pytest.raises(RunFolderError, match=r"0 of 2 runs; go on with training experiment"):
        report([folder], tmp_path / "out")
    for task in experiment.pending(folder, design.read_plan(folder)):
        experiment.keep(folder, experiment.run(task, design.read_plan(folder), bars))
    with pytest.raises(
        RunFolderError, match=r"markov has finished 2 of 2 runs; give .* another --arm"
    ):
        report([folder], tmp_path / "out")
    plan = json.loads((folder / design.PLAN).read_text())
    (folder / design.PLAN).write_text(json.dumps({**plan, "schema": 9}))
    with pytest.raises(RunFolderError, match="schema 9"):
        report([folder], tmp_path / "out")
    assert not (tmp_path / "out").exists()
