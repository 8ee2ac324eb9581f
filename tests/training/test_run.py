"""A run that is killed and resumed ends as one that was not; its bundle plays."""

import json
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

pytest.importorskip("tensorflow")

STEPS = "60"
SCRIPT = """
import sys
import msgspec
from pathlib import Path
from training import dataset, loop
from training.config import Options
options = Options(steps=60, batch=4, width=4, checkpoint_every=20, seed=5)
bars = dataset.import_files([Path(sys.argv[2])])
loop.begin(Path(sys.argv[1]), options, bars.rolls).train(
    lambda step, losses: print(step, flush=True))
"""


def command(*arguments, **kwargs):
    return subprocess.run(
        [sys.executable, "-m", "training", *arguments],
        capture_output=True, text=True, timeout=150, check=False, **kwargs,
    )  # fmt: skip


def begin(folder, root):
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(root / "training" / "bars")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=root,
    )  # fmt: skip


def weights(folder):
    with np.load(folder / "checkpoint.npz") as saved:
        return {name: saved[name] for name in saved.files}


def test_kill_resume_export(tmp_path, root):
    whole = begin(tmp_path / "whole", root)
    cut = begin(tmp_path / "cut", root)
    assert cut.stdout.readline().strip() == "25"
    cut.send_signal(signal.SIGKILL)
    for process in (cut, whole):
        process.stdout.read()
        process.wait(150)
        process.stdout.close()
    assert threading.active_count() < 20
    assert int(weights(tmp_path / "cut")["step"]) < 60
    done = command("run", "-o", str(tmp_path / "cut"), "--resume", cwd=root)
    assert done.returncode == 0, done.stderr
    one, other = weights(tmp_path / "whole"), weights(tmp_path / "cut")
    assert all((one[name] == other[name]).all() for name in one)
    lines = [
        [json.loads(x) for x in (tmp_path / n / "metrics.jsonl").read_text().splitlines()]
        for n in ("whole", "cut")
    ]
    assert lines[0] == lines[1]
    assert (tmp_path / "cut" / "samples" / "000060.png").stat().st_size > 1000
    done = command("export", str(tmp_path / "cut"), "-o", str(tmp_path / "tiny"), cwd=root)
    assert done.returncode == 0, done.stderr
    from perform.sources.litert import LiteRTSource

    assert LiteRTSource(tmp_path / "tiny").raw(0).shape == (32, 48, 64)
    again = command("run", "-o", str(tmp_path / "cut"), cwd=root)
    assert (again.returncode, "--resume" in again.stderr) == (2, True)


def test_both_architectures_have_the_shapes_of_the_paper():
    import tensorflow as tf

    from training.config import Options, paper
    from training.losses import cross_entropy, relativistic
    from training.networks import build

    for options in (Options(width=8), paper()):
        generator, discriminator = build(options)
        rolls = generator(tf.zeros([2, 100]))
        assert rolls.shape == (2, 48, 64)
        assert discriminator(rolls).shape == (2, 1)
    assert 5e6 < generator.count_params() < 7e6
    even = tf.zeros([3, 1])
    assert float(relativistic(even, even)[0]) == pytest.approx(np.log(2))
    assert float(cross_entropy(even, even)[1]) == pytest.approx(2 * np.log(2))
