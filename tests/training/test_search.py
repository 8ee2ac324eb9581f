"""The search for a recipe: one journal, joined by whoever comes."""

import json
import subprocess
import sys

import pytest

from training import cli, config, dataset
from training.features.spr import Spr
from training.search import BEST, JOURNAL, search

TINY = "steps = 2\nbatch = 4\nwidth = 4\nnoise_dim = 4\n"


@pytest.mark.filterwarnings("ignore")  # optuna's own, on what it calls experimental
def test_two_processes_work_on_one_study(tmp_path, root):
    recipe, folder = tmp_path / "tiny.toml", tmp_path / "study"
    recipe.write_text(TINY)
    bars = dataset.import_files([cli.OWN_BARS])
    best = search(folder, config.recipe(str(recipe)), bars, Spr(), 1, 41)
    assert best == config.recipe(str(folder / BEST))
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
    left = config.recipe(str(folder / BEST))
    assert left.width == 4
    assert 1e-4 <= left.learning_rate <= 2e-3
