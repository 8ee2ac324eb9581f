"""Pretrained weights: written, shipped, refused where they do not fit."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lazy import LazyModule

from perform.errors import RunFolderError, SidemanError
from training.experiment import runs
from training.experiment.plan import make_plan, open_experiment
from training.features.spr import SprExtractor
from training.options import DEFAULT_RECIPE, Options, read_recipe, with_flags
from training.pretrained.weights import (
    SHAPING,
    SHIPPED,
    read_weights,
    weights_digest,
    weights_path,
    write_weights,
)

trainer = LazyModule("training.train.trainer")
TINY = Options(steps=2, batch=4, width=4, noise_dim=6, intervals=True, seed=3)


@pytest.fixture(scope="module")
def learned(bars, tmp_path_factory):
    """A run whose seed is another than that of the runs that start from its weights."""
    return trainer.start_run(tmp_path_factory.mktemp("learned") / "run", TINY, bars, sheets=False)


@pytest.fixture(scope="module")
def licks(learned, tmp_path_factory):
    path = tmp_path_factory.mktemp("licks") / "licks.npz"
    write_weights(path, learned.weights, {})
    return str(path)


def flat(networks):
    return [np.asarray(each) for network in networks for each in network.variables]


@pytest.mark.long
@pytest.mark.usefixtures("untraced")
def test_a_run_starts_from_the_weights_of_another_and_a_stop_changes_nothing(
    bars, learned, licks, tmp_path
):
    options = msgspec.structs.replace(TINY, pretrained=licks, seed=8, column_share=0.001)
    whole = trainer.start_run(tmp_path / "whole", options, bars, sheets=False)
    for ours, theirs in zip(
        flat([whole.average, whole.discriminator]),
        flat([learned.average, learned.discriminator]),
        strict=True,
    ):
        assert np.allclose(ours, theirs, rtol=1e-3, atol=1e-6)
    whole.train()
    trainer.start_run(tmp_path / "stopped", options, bars, sheets=False)
    again = trainer.open_run(tmp_path / "stopped")  # before its first checkpoint
    again.train()
    for ours, theirs in zip(flat([whole.average]), flat([again.average]), strict=True):
        assert np.array_equal(ours, theirs)
    random = trainer.start_run(
        tmp_path / "random", msgspec.structs.replace(options, pretrained=""), bars, sheets=False
    )
    assert not np.allclose(flat([random.average])[0], flat([learned.average])[0], atol=0.01)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"width": 8}, "have width 4 and this run has 8; take that, or begin from random"),
        ({"intervals": False}, "have intervals true and this run has false"),
        ({"conditions": ("quality",)}, "have conditions none and this run has quality"),
        ({"pretrained": "reel"}, "no weights 'reel'; there are lines, reels"),
        ({"pretrained": "../pretrained/reels"}, "no weights '../pretrained/reels'"),
        (
            {"pretrained": "gone.npz"},
            "gone.npz: No such file or directory; name weights that exist",
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused_before_anything_is_written(
    bars, licks, tmp_path, changed, message
):
    options = msgspec.structs.replace(TINY, **{"pretrained": licks, **changed})
    with pytest.raises(SidemanError, match=message) as error:
        trainer.start_run(tmp_path / "run", options, bars, sheets=False)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


@given(st.integers(0, 10**6), st.binary(max_size=40))
def test_damaged_weights_are_one_line(licks, tmp_path_factory, place, noise):
    content = Path(licks).read_bytes()
    place %= len(content)
    path = tmp_path_factory.mktemp("damaged") / "licks.npz"
    path.write_bytes(content[:place] + noise)
    with pytest.raises(
        SidemanError, match=r"licks.npz: no weights; make some with training weights"
    ):
        read_weights(str(path))


def test_weights_of_other_shapes_than_their_options_are_refused(bars, learned, tmp_path):
    path = tmp_path / "wrong.npz"
    learned_weights = learned.weights
    shorter = learned_weights._replace(generator=learned_weights.generator[:-1])
    write_weights(path, shorter, {})
    options = msgspec.structs.replace(TINY, pretrained=str(path))
    with pytest.raises(SidemanError, match="do not have the shapes of their own options"):
        trainer.start_run(tmp_path / "run", options, bars, sheets=False)


@pytest.mark.parametrize("name", ["paper", "markov"])
def test_other_architectures_take_no_weights(name):
    with pytest.raises(SidemanError, match="does not support pretrained"):
        with_flags(read_recipe(name), {"pretrained": "reels"})


def test_the_shipped_recipe_starts_from_shipped_weights():
    options = read_recipe(DEFAULT_RECIPE)
    weights = read_weights(options.pretrained)
    assert [getattr(weights.options, name) for name in SHAPING] == [
        getattr(options, name) for name in SHAPING
    ]
    assert weights_path(options.pretrained).stat().st_size < 2_000_000
    card = (SHIPPED / f"{options.pretrained}.md").read_text()
    assert weights_digest(options.pretrained) in card


@pytest.mark.long
@pytest.mark.usefixtures("untraced")
def test_a_command_writes_the_weights_of_a_run(bars, tmp_path, command):
    run = trainer.start_run(tmp_path / "run", TINY, bars, sheets=False)
    run.train()
    target = tmp_path / "mine.npz"
    code, out, _ = command("weights", run.folder, "-o", target)
    assert code == 0
    assert f"--pretrained {target}" in out
    assert read_weights(str(target)).options == TINY


def test_an_experiment_continues_only_with_the_weights_that_it_began_with(
    bars, licks, learned, tmp_path
):
    mine = tmp_path / "mine.npz"
    mine.write_bytes(Path(licks).read_bytes())
    arms = {"mine": msgspec.structs.replace(TINY, pretrained=str(mine))}
    plan = make_plan(bars, arms, 1, "fair", 41, SprExtractor())
    open_experiment(tmp_path / "lab", plan, bars)
    changed = learned.weights._replace(generator=[each + 1 for each in learned.weights.generator])
    write_weights(mine, changed, {})
    with pytest.raises(SidemanError, match=r"mine.npz' are .* here, the experiment has"):
        runs.run_task(runs.Task("mine", 0), plan, bars, SprExtractor())
    again = make_plan(bars, arms, 1, "fair", 41, SprExtractor())
    with pytest.raises(RunFolderError, match="other weights"):
        open_experiment(tmp_path / "lab", again, bars)
