"""The commands on training in the README, run as they are written."""

import contextlib
import shlex
import shutil

import pytest
from untraced import untraced


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # the converter's own
def test_the_commands_in_the_readme(root, tmp_path, monkeypatch, command):
    """Cheap commands as they are, in order; commands that train for minutes with tiny networks."""
    monkeypatch.chdir(tmp_path)

    def run(line):
        words, _, target = line.partition(" > ")
        code, out, err = command(*shlex.split(words)[1:])
        assert code == 0, (line, err)
        if target:
            (tmp_path / target).write_text(out)
        return out

    shutil.copytree(root / "training" / "bars", "my-bars")
    shutil.copytree(root / "models", "models")
    (tmp_path / "models" / "blues-bars").rename("models/mine")
    shutil.copytree(root / "training" / "books", "training/books")
    cheap = (
        "training import",
        "training augment bars",
        "training augment --list",
        "training fid",
        "training run --recipe",
    )
    readme = (root / "README.md").read_text()
    lines = [line for line in readme.splitlines() if line.startswith(cheap)]
    assert len(lines) >= 5
    for line in lines:
        run(line)
    assert (tmp_path / "look.png").exists()
    tiny = "--steps 2 --width 4 --batch 4"
    run(f"training run bars.npz --recipe mine.toml --pretrained '' {tiny} -o runs/other")
    run("training weights runs/other -o licks.npz")
    more = next(line for line in readme.splitlines() if "--pretrained licks.npz" in line)
    run(f"{more} {tiny}")
    run("training export runs/other -o models/other")
    assert "unplayable_raw=" in run("training info models/other")


TINY_LINES = """architecture = "phrase"
pretrained = ""
steps = 2
adversarial_steps = 2
width = 4
batch = 4
"""


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # the converter's own
def test_the_commands_for_lines_in_the_readme(root, tmp_path, monkeypatch, command):
    """As they are written, with a tiny network."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-songs").mkdir()
    shutil.copy(root / "training" / "books" / "blues.book", tmp_path / "my-songs")
    (tmp_path / "tiny.toml").write_text(TINY_LINES)
    readme = (root / "README.md").read_text().splitlines()
    of_lines = (
        "training run my-songs",
        "training export runs/lines",
        "training augment my-songs",
        "training run more.book",
    )
    lines = [line for line in readme if line.startswith(of_lines)]
    assert len(lines) == len(of_lines)
    for line in lines:
        words = line.replace("--recipe lines", "--recipe tiny.toml").split()
        again = line.startswith("training run") and line != lines[0]
        with untraced() if again else contextlib.nullcontext():
            code, _, err = command(*words[1:])
        assert code == 0, (line, err)
    code, out, _ = command("info", "models/lines")
    assert code == 0
    assert "lines, phrase" in out
    assert "near-copies" in out or "copies=" in out
    code, out, _ = command("weights", "runs/lines", "-o", "mine.npz")
    assert code == 0
    with untraced():
        code, _, err = command(
            *["run", "my-songs", "--recipe", "tiny.toml"],
            *["--pretrained", "mine.npz", "-o", "runs/more"],
        )
    assert code == 0, err
    code, _, err = command("run", "--resume", "-o", "runs/more")
    assert code == 0, err
