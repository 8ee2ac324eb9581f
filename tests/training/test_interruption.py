"""Runs that are stopped, read while they are trained, or written by another version."""

import json

import msgspec
import numpy as np
import pytest
from lazy import LazyModule

from perform.errors import DatasetError, DivergenceError, RunFolderError
from training import folders
from training.augment.pipeline import PipelineStep
from training.data import dataset
from training.evaluation.samples import load_samples
from training.options import Options, read_options, to_json

trainer = LazyModule("training.train.trainer")
TINY = Options(
    steps=50, batch=4, width=4, noise_dim=6, checkpoint_every=40, seed=3, loss="hinge", penalty=0.0
)


@pytest.fixture(scope="module")
def trained(bars, tmp_path_factory):
    run = trainer.start_run(tmp_path_factory.mktemp("runs") / "whole", TINY, bars, sheets=False)
    run.train()
    return run


def state(folder):
    return {
        path.name: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in [folder, *folder.iterdir()]
    }


@pytest.mark.long
def test_reading_a_run_writes_nothing(trained):
    with (trained.folder / trainer.METRICS).open("a") as file:
        file.write(
            '{"step": 75, "generator": 1.0, "discriminator": 1.0}\n{"st'
        )  # it is being trained
    before = state(trained.folder)
    with folders.lock_folder(trained.folder):
        assert load_samples(trained.folder, 3).shape == (3, 48, 64)
    assert state(trained.folder) == before


def test_a_run_is_trained_by_one_process_at_a_time(trained):
    with (
        folders.lock_folder(trained.folder),
        pytest.raises(RunFolderError, match="another process uses this folder"),
    ):
        trainer.open_run(trained.folder).train()


@pytest.mark.parametrize(
    "left",
    [
        [],
        [".data.npz.part"],
        ["data.npz"],
        ["data.npz", ".options.json.part"],
    ],
)
def test_a_run_that_was_killed_while_it_began_begins_again(bars, tmp_path, left):
    for name in left:
        (tmp_path / name).write_bytes(b"torn")
    with pytest.raises(RunFolderError, match="begin one without --resume"):
        trainer.open_run(tmp_path)
    trainer.start_run(tmp_path, TINY, bars)
    assert trainer.open_run(tmp_path).step == 0


@pytest.mark.parametrize("checkpoint", [pytest.param(False, marks=pytest.mark.long), True])
def test_losses_are_logged_once_wherever_a_run_was_killed(trained, bars, tmp_path, checkpoint):
    run = trainer.start_run(tmp_path / "run", TINY, bars, sheets=False)
    if checkpoint:
        content = (trained.folder / trainer.CHECKPOINT).read_bytes()
        (run.folder / trainer.CHECKPOINT).write_bytes(content)
    rows = [{"step": step, "generator": 0.5, "discriminator": 0.5} for step in (25, 50, 75)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (run.folder / trainer.METRICS).write_text(text + '{"step": 100, "gen')
    (run.folder / ".checkpoint.npz.part").write_bytes(b"torn")
    trainer.open_run(run.folder).train()
    lines = (run.folder / trainer.METRICS).read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [25, 50]


@pytest.mark.long
@pytest.mark.usefixtures("untraced")
def test_no_checkpoint_holds_weights_that_are_not_finite(bars, tmp_path):
    often = msgspec.structs.replace(TINY, checkpoint_every=4)
    run = trainer.start_run(tmp_path / "run", often, bars, sheets=False)
    step = run._train_step

    def poisoned(*arguments):
        losses = step(*arguments)
        if run.step == 5:  # the losses are of the weights before
            run.average.variables[0].assign(np.nan * run.average.variables[0])
        return losses

    run._train_step = poisoned
    with pytest.raises(DivergenceError, match="at step 8; lower learning_rate"):
        run.train()
    assert trainer.open_trained(run.folder).step == 4
    assert np.isfinite(trainer.open_trained(run.folder).sample(2)).all()


def test_a_run_without_a_checkpoint_cannot_be_measured_or_exported(bars, tmp_path, command):
    trainer.start_run(tmp_path / "run", TINY, bars)
    for words in (
        ["fid", tmp_path / "run", dataset.OWN_BARS],
        ["export", tmp_path / "run", "-o", "b"],
    ):
        code, _, err = command(*words)
        lines = [line for line in err.splitlines() if line.startswith("training:")]
        assert code == 2
        assert len(lines) == 1
        assert "nothing is trained yet; training run --resume" in lines[0]


def test_bars_that_cannot_be_trained_on_leave_no_folder(bars, tmp_path):
    vast = msgspec.structs.replace(TINY, augment=(PipelineStep("copy", 5000),))
    with pytest.raises(DatasetError, match="lower a factor"):
        trainer.start_run(tmp_path / "run", vast, bars)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 9}, "options of schema 9, this version reads 1"),
        ({"schema": None}, "options of schema None"),
        ({"octave_share": None}, "has no option octave_share"),
        ({"tempo": 3}, "has an unknown option tempo"),
        ({"steps": "many"}, "begin anew"),
    ],
)
def test_a_run_of_another_version_is_refused_in_one_line(tmp_path, change, message):
    (tmp_path / trainer.OPTIONS).write_bytes(to_json(TINY))
    assert read_options(tmp_path / trainer.OPTIONS) == TINY
    options = json.loads((tmp_path / trainer.OPTIONS).read_text()) | change
    changed = {name: value for name, value in options.items() if value is not None}
    (tmp_path / trainer.OPTIONS).write_text(json.dumps(changed))
    with pytest.raises(RunFolderError, match=message) as error:
        trainer.open_run(tmp_path)
    assert "\n" not in str(error.value)
