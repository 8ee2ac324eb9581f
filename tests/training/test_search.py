"""The search for a recipe: one journal, which several processes share."""

import json
import subprocess
import sys

import msgspec
import numpy as np
import pytest

from perform.errors import DatasetError, RunFolderError, SidemanError
from training.data import dataset
from training.experiment import search as finding
from training.experiment.search import BEST, JOURNAL, run_search
from training.features.spr import SprExtractor
from training.options import Options, read_recipe

TINY = "steps = 2\nbatch = 4\nwidth = 4\nnoise_dim = 4\n"

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # optuna's own, on what it calls experimental
    pytest.mark.usefixtures("untraced"),
]


def tiny(**changes):
    return msgspec.structs.replace(Options(steps=2, batch=4, width=4, noise_dim=4), **changes)


def test_a_search_that_cannot_begin_leaves_nothing(bars, tmp_path):
    with pytest.raises(SidemanError, match="Markov chain"):
        run_search(tmp_path / "x", read_recipe("markov"), bars, SprExtractor(), 1, 41)
    with pytest.raises(DatasetError, match="give more bars"):
        run_search(
            tmp_path / "x", tiny(), dataset.select(bars, np.arange(1)), SprExtractor(), 1, 41
        )
    assert not (tmp_path / "x").exists()


@pytest.mark.long
def test_only_the_same_search_continues_a_study(bars, tmp_path):
    run_search(tmp_path, tiny(), bars, SprExtractor(), 1, 41)
    fewer = dataset.select(bars, np.arange(80))
    for base, data, held_out, message in (
        (tiny(steps=3), bars, 41, "recipe"),
        (tiny(width=8), bars, 41, "recipe"),
        (tiny(), fewer, 41, "data"),
        (tiny(), bars, 30, "held_out"),
    ):
        with pytest.raises(RunFolderError, match=f"holds a study with other {message}"):
            run_search(tmp_path, base, data, SprExtractor(), 1, held_out)


def test_a_trial_that_diverges_fails_alone(bars, tmp_path, monkeypatch, capfd):
    suggest, reported = finding.suggest_options, []

    def wild(trial, base):
        options = suggest(trial, base)
        diverges = getattr(trial, "number", 1) == 0
        return msgspec.structs.replace(options, learning_rate=1e30) if diverges else options

    monkeypatch.setattr(finding, "suggest_options", wild)
    hinge = tiny(loss="hinge")
    with pytest.raises(RunFolderError, match="no trial finished"):
        run_search(
            tmp_path, hinge, bars, SprExtractor(), 1, 41, lambda *pair: reported.append(pair)
        )
    run_search(tmp_path, hinge, bars, SprExtractor(), 1, 41, lambda *pair: reported.append(pair))
    assert [number for number, _ in reported] == [0, 1]
    assert [np.isnan(value) for _, value in reported] == [True, False]
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.long
def test_a_study_continues_after_a_line_that_was_cut_short(bars, tmp_path):
    run_search(tmp_path, tiny(), bars, SprExtractor(), 1, 41)
    with (tmp_path / JOURNAL).open("ab") as file:
        file.write(b'{"op_code":4,"worker_id":"')
    run_search(tmp_path, tiny(), bars, SprExtractor(), 1, 41)
    assert sum('"state":1' in line for line in (tmp_path / JOURNAL).read_text().splitlines()) == 2


def test_a_search_that_is_stopped_keeps_the_best_so_far(tmp_path, monkeypatch, command):
    def stopped(_options, number, *_rest):
        if number == 1:
            raise KeyboardInterrupt
        return 3.0

    monkeypatch.setattr(finding, "_value", stopped)
    code, _, err = command("search", "-o", tmp_path)
    message = f"training: stopped; repeat the command to continue with {tmp_path}\n"
    assert (code, err) == (2, message)
    assert read_recipe(str(tmp_path / BEST)).pretrained == "reels"


@pytest.mark.long
def test_two_processes_work_on_one_study(tmp_path, root):
    recipe, folder = tmp_path / "tiny.toml", tmp_path / "study"
    recipe.write_text(TINY)
    bars = dataset.open_data()
    best = run_search(folder, read_recipe(str(recipe)), bars, SprExtractor(), 1, 41)
    assert best == read_recipe(str(folder / BEST))
    words = ["search", "-o", folder, "--recipe", recipe, "--trials", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "training", *map(str, words)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(folder / BEST) in done.stdout
    entries = [json.loads(line) for line in (folder / JOURNAL).read_text().splitlines()]
    finished = [entry for entry in entries if entry.get("state") == 1]
    assert len(finished) == 2
    assert len({entry["worker_id"] for entry in finished}) == 2
    left = read_recipe(str(folder / BEST))
    assert left.width == 4
    assert 1e-4 <= left.learning_rate <= 2e-3
