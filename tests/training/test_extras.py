"""A base installation: an error names the missing package and how to install it."""

import os
import subprocess
import sys

import pytest

from training.extras import installation_error

WITHOUT = "import sys; sys.modules[{!r}] = None; from training.cli import main; main()"


@pytest.mark.parametrize(
    ("module", "extra", "words"),
    [
        ("tensorflow", "training", "run -o x"),
        ("tensorflow", "training", "experiment -o x"),
        ("tensorflow", "training", "search -o x"),
        ("matplotlib", "training", "run -o x"),
        ("scipy", "training", "experiment -o x"),
        ("joblib", "training", "experiment -o x"),
        ("distributed", "cluster", "experiment -o x --cluster tcp://127.0.0.1:1"),
        ("optuna", "search", "search -o x"),
    ],
)
def test_a_missing_package_is_an_error_before_anything_is_written(
    tmp_path, root, module, extra, words
):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(module), *words.split()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]  # tensorflow may print notes before it
    assert last == f"training: {module} is not installed; pip install '.[{extra}]'"
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_module_of_no_extra_is_a_fault_of_ours():
    with pytest.raises(ModuleNotFoundError, match="mistyped"):
        installation_error(ModuleNotFoundError("No module named 'mistyped'", name="mistyped"))
