"""What the README says of training, typed as it stands."""

import shlex
import shutil
import sys

import pytest

from training import cli


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # the converter's own
def test_the_readme_trains(root, tmp_path, monkeypatch, capsys):
    """Its cheap lines as they stand, in order; those that train for minutes are run with tiny recipes."""
    monkeypatch.chdir(tmp_path)

    def typed(line):
        words, _, target = line.partition(" > ")
        monkeypatch.setattr(sys, "argv", shlex.split(words))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        assert end.value.code == 0, (line, said.err)
        if target:
            (tmp_path / target).write_text(said.out)
        return said.out

    shutil.copytree(root / "training" / "bars", "my-bars")
    shutil.copytree(root / "models", "models")
    (tmp_path / "models" / "blues").rename("models/mine")
    cheap = ("training import my", "training augment", "training fid", "training run --recipe")
    readme = (root / "README.md").read_text()
    lines = [line for line in readme.splitlines() if line.startswith(cheap)]
    assert len(lines) >= 5
    for line in lines:
        typed(line)
    assert (tmp_path / "look.png").exists()
    typed(
        "training run bars.npz --recipe mine.toml --steps 2 --width 4 --pretrained '' --batch 4 -o runs/other"
    )
    typed("training weights runs/other -o licks.npz")
    more = next(line for line in readme.splitlines() if "--pretrained licks.npz" in line)
    typed(f"{more} --steps 2 --width 4 --batch 4")
    typed("training export runs/other -o models/other")
    assert "unplayable_raw=" in typed("training info models/other")
