"""The figures on the page of our reports, against the runs that they come from."""

import json
import re

import numpy as np
import pytest
from scipy.stats import wilcoxon

ARMS = {
    "Original": "original",
    "Augmented": "augmented",
    "Replicated": "replicated",
    "Markov chain": "markov",
    "`sideman`": "sideman",
    "`melody`": "melody",
    "`scratch`, 1,500 steps": "scratch-1500",
    "`scratch`, 4,000 steps": "scratch",
    "`sideman` in batches of 32": "sideman-32",
}
# for each column the keys of its number in a line of results.jsonl
COLUMNS = {
    "FID, held-out bars": ("references", "held_out", "fid"),
    "FID, own data": ("references", "training", "fid"),
    "precision": ("references", "held_out", "precision"),
    "recall": ("references", "held_out", "recall"),
    "coverage": ("references", "held_out", "coverage"),
    "unplayable, raw": ("figures", "unplayable_raw"),
    "near-copies": ("figures", "copies"),
    "near-copies (mean)": ("figures", "copies"),
    "nearer to trained bars": ("figures", "remembered"),
    "two notes at once": ("figures", "overlapping"),
    "onsets in style": ("figures", "onsets_in_style"),
}


def table_of(page, heading):
    """The rows of the first table after a heading, each a dict by the names of its columns."""
    after = page.split(heading, 1)[1].splitlines()
    first = next(i for i, line in enumerate(after) if line.startswith("|"))
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in after[first:]]
    rows = lines[2 : lines.index([]) if [] in lines else None]
    return [dict(zip(lines[0], row, strict=True)) for row in rows]


def arm_of(row):
    """The arm of a row by the longest name that its first cell begins with; None for real bars."""
    text = row.get("arm", row.get("recipe"))
    return ARMS.get(max((name for name in ARMS if text.startswith(name)), key=len, default=""))


def measured(runs, arm, column):
    values = []
    for run in runs:
        value = run
        for key in COLUMNS[column]:
            value = value.get(key, np.nan)
        if run["arm"] == arm:
            values.append(value)
    return np.mean(values) if "(mean)" in column else np.median(values)


@pytest.mark.parametrize(
    ("heading", "runs_of"),
    [
        ("**The fair protocol**", "fair/results.jsonl"),
        ("**Once more**", "again.jsonl"),
        ("**The recipes before**", "before.jsonl"),
        ("**The paper's protocol**", "paper/results.jsonl"),
        ("**Reels**", "reels/results.jsonl"),
    ],
)
def test_the_tables_agree_with_the_runs(heading, runs_of, root):
    reports = root / "training" / "reports"
    lines = (reports / runs_of).read_text().splitlines()
    runs = [json.loads(line) for line in lines]
    checked = 0
    for row in table_of((reports / "README.md").read_text(), heading):
        arm = arm_of(row)
        for column in COLUMNS.keys() & row.keys():
            printed = re.fullmatch(r"(\d+(?:\.(\d+))?)( %)?", row[column])
            if arm is None or printed is None:
                continue
            value = measured(runs, arm, column) * (100 if printed[3] else 1)
            exact = 0.5 * 10.0 ** -len(printed[2] or "")
            assert abs(value - float(printed[1])) <= exact + 1e-9, (arm, column, value)
            checked += 1
    assert checked > 15


def test_the_sixty_further_splits_agree_with_the_page(root):
    lines = (root / "training" / "reports" / "again.jsonl").read_text().splitlines()
    runs = {(run["arm"], run["seed"]): run for run in map(json.loads, lines)}
    assert runs.keys() == {(arm, seed) for arm in ("sideman", "markov") for seed in range(40, 100)}
    nearer, wider = (
        np.array([
            runs["sideman", seed]["references"]["held_out"][name]
            - runs["markov", seed]["references"]["held_out"][name]
            for seed in range(40, 100)
        ])
        for name in ("fid", "coverage")
    )  # fmt: skip
    assert ((nearer < 0).sum(), (wider > 0).sum()) == (58, 40)
    assert wilcoxon(nearer).pvalue < wilcoxon(wider).pvalue < 0.001
