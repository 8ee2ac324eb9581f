"""Training and export, with networks small enough for a few seconds."""

import json
import os
import random
import signal
import subprocess
import sys
import warnings
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from lazy import LazyModule

from perform.bundles import bundle
from perform.errors import BundleError, DivergenceError, RunFolderError, SidemanError
from perform.generation.litert import LiteRTSource
from perform.music.note import Note
from perform.music.pianoroll import encode
from training.data import dataset
from training.metrics import copies, playability
from training.metrics.base import clean_samples
from training.options import DEFAULT_RECIPE, Options, read_options, read_recipe, with_flags

trainer = LazyModule("training.train.trainer")
networks = LazyModule("training.model.networks")
exporting = LazyModule("training.train.export")

TINY = Options(steps=12, batch=4, width=4, noise_dim=6, checkpoint_every=4, seed=3)
# trains, and kills its own process after the first checkpoint
KILLED = """
import os, signal, sys
from pathlib import Path
from training.train import trainer
run = trainer.open_run(Path(sys.argv[1]))
step_function = run._train_step
def step(*args):
    if run.step == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return step_function(*args)
run._train_step = step
run.train()
"""


@pytest.fixture(scope="module")
def trained(bars, tmp_path_factory):
    run = trainer.start_run(tmp_path_factory.mktemp("runs") / "whole", TINY, bars)
    run.train()
    return run


def weights(run):
    return [np.asarray(variable) for variable in run._variables()]


@pytest.mark.parametrize("architecture", ["compact", "melody", "paper"])
def test_networks_do_not_use_the_global_random_generator(architecture):
    """Other threads of a cluster's worker draw from it at any moment."""
    before = random.getstate()
    networks.build_networks(Options(architecture=architecture, width=4, noise_dim=6))
    assert random.getstate() == before


@pytest.mark.long
def test_a_killed_run_ends_with_the_same_weights_as_one_that_was_not_killed(
    bars, trained, tmp_path, root
):
    folder = tmp_path / "killed"
    trainer.start_run(folder, TINY, bars)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, folder],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-500:]
    resumed = trainer.open_run(folder)
    assert resumed.step == 4
    resumed.train()
    for one, other in zip(weights(trained), weights(resumed), strict=True):
        assert np.array_equal(one, other)
    steps = [
        json.loads(line)["step"] for line in (folder / trainer.METRICS).read_text().splitlines()
    ]
    assert steps == sorted(set(steps))


def test_a_run_folder_has_all_its_files(trained):
    names = {path.name for path in trained.folder.iterdir()}
    assert names == {
        "options.json",
        "data.npz",
        "metrics.jsonl",
        "checkpoint.npz",
        "samples",
        "losses.png",
    }
    assert read_options(trained.folder / "options.json") == TINY
    assert json.loads((trained.folder / "metrics.jsonl").read_text().splitlines()[-1])["step"] == 12
    sheets = sorted((trained.folder / "samples").iterdir())
    assert [sheet.name for sheet in sheets] == ["000012.png"]
    assert sheets[0].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("bars", "batch", "steps", "sheets"),
    [(3080, 50, 3720, 60), (55, 32, 4000, 77), (10_000, 32, 4000, 12), (32, 32, 200, 4)],
)
def test_sheets_are_drawn_each_epoch_but_not_too_often(bars, batch, steps, sheets):
    drawn = [step for step in range(1, steps + 1) if trainer.sheet_is_due(step, bars, batch)]
    assert len(drawn) == sheets
    assert all(b - a >= trainer.SHEET_STEPS for a, b in pairwise(drawn))


@pytest.mark.usefixtures("untraced")
def test_the_seed_decides_the_weights(bars, tmp_path):
    samples = []
    for seed in (3, 4, 4):
        options = msgspec.structs.replace(TINY, steps=1, seed=seed)
        run = trainer.start_run(tmp_path / f"run{len(samples)}", options, bars, sheets=False)
        run.train()
        samples.append(run.sample(2))
    assert not np.array_equal(samples[0], samples[1])
    assert np.array_equal(samples[1], samples[2])


def test_the_papers_networks_have_the_papers_shapes():
    generator, discriminator = networks.build_networks(read_recipe("paper"))
    assert generator.output_shape == (None, 48, 64)
    assert discriminator.output_shape == (None, 1)
    assert 5.5e6 < generator.count_params() < 6.5e6


def test_a_full_folder_is_not_overwritten(bars, tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RunFolderError, match="not empty; add --resume"):
        trainer.start_run(tmp_path, TINY, bars)


def test_a_folder_without_a_run_is_not_resumed(tmp_path):
    with pytest.raises(RunFolderError, match="no run that can be continued"):
        trainer.open_run(tmp_path)


def test_a_checkpoint_of_other_networks_is_refused(trained, bars, tmp_path):
    other = trainer.start_run(tmp_path / "run", msgspec.structs.replace(TINY, width=5), bars)
    (other.folder / trainer.CHECKPOINT).write_bytes(
        (trained.folder / trainer.CHECKPOINT).read_bytes()
    )
    with pytest.raises(RunFolderError, match=r"weights \(.*begin a new folder") as error:
        other.resume()
    assert "\n" not in str(error.value)
    assert len(str(error.value).split(str(other.folder))[1]) < 120


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter's own
        folder = tmp_path_factory.mktemp("bundles") / "tiny"
        return exporting.export(trained, folder, "for tests", discriminator=True)


def test_an_exported_bundle_is_read_back(trained, exported):
    again = bundle.load(exported.path)
    assert (again.manifest.name, again.manifest.batch, again.manifest.noise_dim) == ("tiny", 32, 6)
    assert again.manifest.data["files"] == dataset.bars_per_file(trained.bars)
    assert set(again.manifest.files) == {"generator.tflite", "discriminator.tflite", "card.md"}
    assert again.card.endswith("for tests\n")
    assert exported.manifest == again.manifest


def test_an_export_onto_a_run_is_refused_before_the_conversion(trained, monkeypatch):
    monkeypatch.delattr("training.train.export.convert")
    before = sorted(trained.folder.rglob("*"))
    with pytest.raises(BundleError, match="like models/NAME"):
        exporting.export(trained, trained.folder)
    assert sorted(trained.folder.rglob("*")) == before


def test_a_full_temporary_folder_is_an_error_of_the_export(trained, tmp_path, monkeypatch):
    def full(*_args, **_more):
        raise trainer.tf.errors.ResourceExhaustedError(None, None, "part-00000; No space left")

    monkeypatch.setattr(trained.generator, "export", full)
    with pytest.raises(BundleError, match="set TMPDIR"):
        exporting.export(trained, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_kept_discriminator_ranks_bars(trained, exported, bars, root):
    source = LiteRTSource(exported.path)
    opinion = source.opinion(bars.rolls[:40])
    assert sorted(opinion * 39) == pytest.approx(range(40))
    expected = trained.discriminator.predict(bars.rolls[:40].astype(np.float32), verbose=0)
    np.testing.assert_array_equal(opinion.argsort(), expected.ravel().argsort())
    assert not LiteRTSource(root / "models" / "blues-bars").opinion(bars.rolls[:3]).any()


def test_copies_and_empty_bars_are_counted(bars):
    empty = np.full((1, 48, 64), -1, np.int8)
    samples = clean_samples(np.concatenate([bars.rolls[:3], empty]), bars.rolls)
    assert copies.measure(samples) == {"copies": 0.75, "distinct": 1.0}
    figures = playability.measure(samples)
    assert figures["unplayable_raw"] == 0.25
    assert figures["onsets_in_style"] == 1.0
    assert figures["overlapping"] == 0.0


def test_leaps_are_moves_wider_than_an_octave():
    line = [(0, 480, 60), (480, 480, 72), (960, 480, 59), (1440, 480, 47)]
    rolls = encode([Note(*note) for note in line], bars=1).rolls
    assert playability.leaps(rolls) == pytest.approx(1 / 3)
    assert playability.leaps(rolls[:, ::-1]) == pytest.approx(1 / 3)
    assert playability.leaps(np.full((2, 48, 64), -1, np.int8)) == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"architecture": "huge"}, "--architecture huge.*there are compact, melody"),
        ({"loss": "wasserstein"}, "--loss wasserstein.*there are relativistic, hinge"),
        ({"conditions": ["height"]}, "there are quality, density, register"),
        ({"augment": [{"strategy": "copy", "factr": 1}]}, "factr.*a step has strategy and factor"),
        ({"steps": 0}, "--steps 0"),
        ({"learning_rate": -1.0}, "--learning-rate -1.0"),
        ({"learning_rate": float("inf")}, "--learning-rate inf"),
        ({"penalty": float("inf")}, "--penalty inf"),
        ({"seed": -1}, "--seed -1"),
    ],
)
def test_a_wrong_flag_is_named_in_the_error(given, message):
    with pytest.raises(SidemanError, match=message):
        with_flags(read_recipe(DEFAULT_RECIPE), given)


def test_flags_that_are_left_out_keep_the_recipe():
    given = {"steps": 7, "batch": None}
    options = with_flags(read_recipe("paper"), given)
    assert options == msgspec.structs.replace(read_recipe("paper"), steps=7)


@pytest.mark.long
@pytest.mark.usefixtures("untraced")
def test_the_commands_from_bars_to_a_resumed_run(command, tmp_path):
    npz, folder = tmp_path / "bars.npz", tmp_path / "run"
    run = ["run", npz, "--recipe", "scratch", "--batch", 24, "--epochs", 1]
    code, out, _ = command("import", "-o", npz)
    assert code == 0
    assert "0 bars empty, 0 not in 4/4; 0 notes folded, 0 lost" in out
    assert "steps = 4\n" in command(*run, "--dry-run")[1]
    code, out, _ = command(*run, "-o", folder, "--width", 4)
    assert (code, out.split(",")[0]) == (0, f"{folder}: 4 steps")
    assert command("run", "-o", folder, "--resume")[0] == 0
    assert command("run", npz, "-o", folder, "--width", 4, "--epochs", 1, "--resume")[0] == 0
    other = [
        "run",
        dataset.OWN_BARS / "blues_C.mid",
        "-o",
        folder,
        "--steps",
        60,
        "--seed",
        5,
        "--resume",
    ]
    code, _, err = command(*other)
    assert (code, err.count("\n")) == (2, 1)
    assert "began with other steps, seed, bars; give --resume and -o alone" in err
    assert (
        "leave one of them out" in command("run", npz, "--epochs", 1, "--steps", 9, "--dry-run")[2]
    )
    code, _, err = command("run", npz, "-o", folder)
    assert (code, err.count("\n")) == (2, 1)
    code, out, _ = command("info", folder)
    assert (code, "compact" in out) == (0, True)


@pytest.mark.long
@pytest.mark.usefixtures("untraced")
def test_a_run_warns_of_its_pipeline_and_counts_epochs_of_augmented_bars(bars, command, tmp_path):
    recipe = tmp_path / "often.toml"
    recipe.write_text(
        "steps = 5\nbatch = 60\nwidth = 4\nnoise_dim = 6\npenalty = 0.0\n"
        "[[augment]]\nstrategy = 'octave-change'\nfactor = 4\n"
    )
    dataset.save(dataset.select(bars, np.arange(12)), tmp_path / "few.npz")
    words = ["run", tmp_path / "few.npz", "-o", tmp_path / "run", "--recipe", recipe]
    _, out, err = command(*words, "--epochs", 5, "--dry-run")
    assert "steps = 5\n" in out  # five epochs of 60 bars
    assert "octave-change 4 times: melodies repeat" in err
    _, _, err = command(*words)
    assert "octave-change 4 times: melodies repeat" in err
    assert "epoch 5: generator" in err


def test_errors_are_one_line_and_exit_code_2(command, tmp_path):
    for words in (
        ["import", tmp_path / "gone.mid"],
        ["import", "--chord", "H"],
        ["augment", "--stages", "", "--preview", tmp_path / "p.png", "-o", tmp_path / "a.npz"],
        ["run", "-o", tmp_path / "r", "--architecture", "huge"],
        ["run", "-o", tmp_path / "r", "--resume"],
        ["export", tmp_path, "-o", tmp_path / "b"],
        ["info", tmp_path],
        ["info", tmp_path / "gone.npz"],
        ["import", "-o", "/proc/no/bars.npz"],
    ):
        code, out, err = command(*words)
        assert (code, out, err.count("\n")) == (2, "", 1), (words, err)


@pytest.mark.usefixtures("untraced")
def test_losses_that_are_not_finite_stop_the_run(bars, tmp_path):
    wild = msgspec.structs.replace(TINY, loss="hinge", learning_rate=1e30, steps=3)
    with pytest.raises(DivergenceError, match="lower learning_rate") as error:
        trainer.start_run(tmp_path / "run", wild, bars).train()
    assert "\n" not in str(error.value)


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, root):
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512));"
        "from training.cli import main; sys.argv = ['training', 'import', '-o', 'x.npz']; main()"
    )
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", limited],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "free it or name another place" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_sheets_of_a_run_are_animated(trained, tmp_path, command):
    code, *_ = command("info", trained.folder, "--animate", tmp_path / "a.gif")
    assert code == 0
    assert (tmp_path / "a.gif").read_bytes().startswith(b"GIF8")
