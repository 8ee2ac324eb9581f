"""Reports: what they say of an experiment's runs."""

import json
import re
import shutil

import msgspec
import numpy as np
import pytest
from planning import planned

from perform.errors import RunFolderError
from training.experiment import runs
from training.experiment.plan import PLAN, open_experiment, read_plan
from training.metrics import musical, registry
from training.metrics.base import Column, FigureMetric
from training.options import read_recipe
from training.report import plots
from training.report.findings import FIGURES, columns, read_findings, values
from training.report.plots import _groups
from training.report.sentences import compare_protocols, describe_experiment
from training.report.tables import make_tables
from training.report.write import write_report

MARKOV = read_recipe("markov")


@pytest.fixture(scope="module")
def finished(bars, tmp_path_factory):
    """An experiment of three Markov chains, two of which get larger distances than they have."""
    folder = tmp_path_factory.mktemp("experiments") / "three <arms>"
    arms = dict.fromkeys(("original", "augmented", "replicated"), MARKOV)
    plan = open_experiment(folder, planned(bars, arms, runs=4), bars)
    for task in runs.pending_tasks(folder, plan):
        outcome = runs.run_task(task, plan, bars)
        shift = {"original": 3.0, "augmented": 0.0, "replicated": 1.0}[task.arm]
        for measured in outcome.line["references"].values():
            measured["fid"] += shift
        runs.write_outcome(folder, outcome)
    with (folder / runs.RESULTS).open("a") as file:
        file.write(json.dumps({**outcome.line, "seed": 77}) + '\n5\n{"arm": "original"}\n{torn')
    return folder


@pytest.mark.long
def test_a_report_says_what_the_runs_say(finished, tmp_path):
    page, text = write_report([finished], tmp_path / "report")
    found = read_findings(finished)
    assert found.seeds == [0, 1, 2, 3]
    fid = values(found, "held_out", "fid")
    mean = f"{fid[:, 1].mean():.2f} ± {fid[:, 1].std(ddof=1):.2f}"
    html, markdown = page.read_text(), text.read_text()
    for written in (html, markdown):
        assert mean in written
        assert "21.7541 ± 12.26" in written
        assert found.plan.extractor["sha256"] in written
        assert "appears" in written
    for table in make_tables(found):
        for row in table.rows:
            assert all(cell in markdown for cell in row)
    assert "<arms>" not in html
    assert "<arms>" not in re.sub(r"```.*?```", "", markdown, flags=re.DOTALL)
    assert "3 lines of results.jsonl are incomplete" in html
    command = re.search(r"training experiment '(.+?/data\.npz)' .*--arm original\.toml", markdown)
    assert command
    assert 'architecture = "markov"' in markdown  # the arms are not shipped recipes
    assert not re.findall(r'(?:src|href)="(?!data:)', html)
    assert (
        html.count("data:image/png") == len(re.findall(r'<div class="wide"[^>]*><img', html)) == 4
    )
    images = re.findall(r"\]\(([^)]+\.png)\)", markdown)
    assert len(images) == 4
    assert all((tmp_path / "report" / name).is_file() for name in images)


def test_a_report_of_an_unfinished_experiment_takes_the_complete_seeds(finished, tmp_path):
    folder = tmp_path / "x"
    shutil.copytree(finished, folder)
    begun = read_findings(folder).plan
    plan = msgspec.structs.replace(begun, runs=9, arms={**begun.arms, "later": MARKOV})
    (folder / PLAN).write_bytes(msgspec.json.encode(plan))
    results = (folder / runs.RESULTS).read_text().splitlines()
    (folder / runs.RESULTS).write_text("\n".join(results[1:]) + "\n")  # seed 0 of an arm
    runs.write_outcome(
        folder,
        runs.Outcome({"arm": "original", "seed": 4, "failed": "lost"}, np.empty((0, 48, 64))),
    )
    found = read_findings(folder)
    assert found.arms == ["original", "augmented", "replicated"]
    assert found.seeds == [1, 2, 3]
    text = write_report([folder], tmp_path / "report")[1].read_text()
    assert "original failed on seed 4 (lost)" in text
    assert "later has finished 0 of 9 runs; too few to pair, so it is left out" in text


def test_an_arm_that_diverges_is_left_out_with_its_reason(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "x")
    path = folder / runs.RESULTS
    lines = runs.read_results(folder)
    for line in lines:
        if line["arm"] == "augmented" and line["seed"]:
            line.update(failed="not finite")
            del line["figures"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    warned = []
    _, text = write_report([folder], tmp_path / "report", warned.append)
    assert warned == [
        f"{folder}: left out: augmented has finished 1 of 4 runs, 3 failed (not finite)"
    ]
    assert "3 failed (not finite); too few to pair, so it is left out." in text.read_text()
    path.write_text("".join(json.dumps(line) + "\n" for line in lines if line["arm"] != "original"))
    with pytest.raises(RunFolderError, match=r"3 failed \(not finite\), replicated"):
        write_report([folder], tmp_path / "again")


def test_a_figure_that_one_run_lacks_is_not_shown(finished):
    found = read_findings(finished)
    del found.runs["augmented"][1]["figures"]["count_inter_kl"]
    figures = [row[0] for row in make_tables(found)[-1].rows]
    assert "count_inter_kl" not in figures
    assert {"copies", "pitches_inter_kl"} <= set(figures)


@pytest.mark.long
def test_two_protocols_are_compared_and_folders_of_one_name_keep_their_images(finished, tmp_path):
    other = shutil.copytree(finished, tmp_path / finished.name)
    plan = msgspec.structs.replace(read_plan(finished), protocol="paper")
    (other / PLAN).write_bytes(msgspec.json.encode(plan))
    page, text = write_report([finished, other], tmp_path / "report")
    assert len(list((tmp_path / "report").glob("*-boxes.png"))) == 2
    assert "Both protocols" in page.read_text()
    assert "each arm's own data" in text.read_text()


def test_the_shipped_experiments_give_the_shipped_pages(root):
    folder = root / "training" / "reports"
    for page, names in (("report.md", ("fair", "paper")), ("reels/report.md", ("reels",))):
        found = [read_findings(folder / name) for name in names]
        text = (folder / page).read_text()
        for each in found:
            assert all(f"- {sentence}\n" in text for sentence in describe_experiment(each))
        assert all(f"- {sentence}\n" in text for sentence in compare_protocols(found))
    fair, paper = (read_findings(folder / name) for name in ("fair", "paper"))
    lines = compare_protocols([fair, paper])
    assert "original 19.02 = replicated 19.02 < augmented 19.88" in lines[2]
    assert "steps, batch, width; these runs cannot tell which of them is the reason" in lines[3]
    caption = make_tables(fair)[0].caption
    assert "the paper's of Inception's features of other bars: only the order" in caption


def test_protocols_are_compared_only_on_the_same_bars(root):
    fair, paper = (
        read_findings(root / "training" / "reports" / name) for name in ("fair", "paper")
    )
    moved = msgspec.structs.replace(paper.plan, split={"training": 54, "held_out": 42})
    other = paper._replace(plan=moved)
    assert compare_protocols([fair, other]) == [
        "paper and fair are not compared: they have other split."
    ]
    assert compare_protocols([other, fair, paper]) == compare_protocols([fair, paper])


def test_the_same_training_under_two_names_is_ranked_once(finished, monkeypatch):
    monkeypatch.setattr(plots, "to_png", lambda _figure: b"")
    found = read_findings(finished)
    twice = found._replace(
        arms=[*found.arms, "again"], runs={**found.runs, "again": found.runs["original"]}
    )
    _, ranks, effects, *_ = make_tables(twice)
    assert ranks.rows == make_tables(found)[1].rows
    assert ranks.caption.endswith("Without again, which gave the same as original in every run")
    assert len(effects.rows) == 6
    assert "Without again" in plots.draw_plots(twice)["ranks"][0]


def test_p_values_of_effects_are_corrected_for_all_pairs(finished):
    effects = make_tables(read_findings(finished))[2]
    assert effects.rows[0][3] == "0.375"  # four pairs of one sign have 1/8, of three tests
    assert "corrected for all pairs of the table (Holm)" in effects.caption


def test_two_arms_get_no_table_of_nemenyis_test(finished):
    found = read_findings(finished)
    two = found._replace(arms=found.arms[:2])
    assert any(table.caption.startswith("Table 2") for table in make_tables(found))
    assert not any(table.caption.startswith("Table 2") for table in make_tables(two))
    assert all(table.rows for table in make_tables(two))


def test_boxes_are_labelled_by_the_extractor(finished, monkeypatch):
    found = read_findings(finished)
    drawn = []
    monkeypatch.setattr(plots, "to_png", drawn.append)
    plan = msgspec.structs.replace(found.plan, extractor={"name": "inception"})
    plots._boxes(found._replace(plan=plan))
    assert {axes.get_ylabel() for axes in drawn[0].axes} == {"FID (inception), lower is nearer"}


def test_ranks_that_do_not_differ_form_groups():
    assert _groups([1.0, 1.5, 2.4, 4.0], 1.0) == [(0, 1), (1, 2)]
    assert _groups([1.0, 3.0], 1.0) == []
    assert _groups([1.0, 1.2, 1.4], 1.0) == [(0, 2)]


def test_a_folder_without_a_finished_experiment_gives_no_report(tmp_path, bars):
    with pytest.raises(RunFolderError, match="no experiment there"):
        write_report([tmp_path], tmp_path / "out")
    folder = tmp_path / "x"
    open_experiment(folder, planned(bars, {"markov": MARKOV}), bars)
    with pytest.raises(RunFolderError, match=r"0 of 2 runs; continue with training experiment"):
        write_report([folder], tmp_path / "out")
    for task in runs.pending_tasks(folder, read_plan(folder)):
        runs.write_outcome(folder, runs.run_task(task, read_plan(folder), bars))
    with pytest.raises(
        RunFolderError, match=r"markov has finished 2 of 2 runs; give .* another --arm"
    ):
        write_report([folder], tmp_path / "out")
    plan = json.loads((folder / PLAN).read_text())
    (folder / PLAN).write_text(json.dumps({**plan, "schema": 9}))
    with pytest.raises(RunFolderError, match="schema 9"):
        write_report([folder], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_new_metric_needs_only_a_line_in_the_registry(bars, tmp_path, monkeypatch):
    """Its numbers are in results.jsonl, and its columns in the tables and sentences."""
    column = Column("octaves", "Octaves", "octaves", in_table_1=True, beside_tests=True)
    octaves = FigureMetric(
        columns=(column,),
        measure=lambda samples: {
            "octaves": float((musical.note_moves(samples.cleaned)[1] == 12).mean())
        },
    )
    monkeypatch.setattr(registry, "FIGURE_METRICS", [*registry.FIGURE_METRICS, octaves])
    plan = planned(bars, dict.fromkeys(("original", "augmented", "replicated"), MARKOV))
    plan = open_experiment(tmp_path, plan, bars)
    for task in runs.pending_tasks(tmp_path, plan):
        runs.write_outcome(tmp_path, runs.run_task(task, plan, bars))
    found = read_findings(tmp_path)
    assert 0 < values(found, FIGURES, "octaves").mean() < 0.2
    tables = make_tables(found)
    assert "Octaves" in tables[0].header
    assert "octaves" in [row[0] for row in tables[-1].rows]
    assert sum("Octaves" in table.header for table in tables) > 2
    assert any("octaves (median)" in line for line in describe_experiment(found))


def test_the_registry_knows_every_number_of_the_shipped_runs(root):
    for name in ("fair", "paper", "reels"):
        found = read_findings(root / "training" / "reports" / name)
        for reference in ("held_out", "training"):
            shown = {column.key for column in columns(found, reference)}
            assert all(
                run["references"][reference].keys() == shown for run in found.runs[found.arms[0]]
            )
        known = {column.key for column in registry.figure_columns()}
        assert all(run["figures"].keys() <= known for arm in found.arms for run in found.runs[arm])
