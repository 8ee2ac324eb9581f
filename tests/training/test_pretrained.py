"""Weights to begin with: kept, shipped, refused where they do not fit."""

import sys
import warnings
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import RunFolderError, SidemanError
from training import cli, pretrained
from training.experiment import plan as design
from training.experiment import runs
from training.features.spr import SprExtractor
from training.options import DEFAULT_RECIPE, Options, read_recipe, with_flags

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # tensorflow's own imports
    from training.train import trainer

TINY = Options(steps=2, batch=4, width=4, noise_dim=6, intervals=True, seed=3)


@pytest.fixture(scope="module")
def learned(bars, tmp_path_factory):
    """A run whose weights are none that another begins with by chance."""
    return trainer.begin(tmp_path_factory.mktemp("learned") / "run", TINY, bars, sheets=False)


@pytest.fixture(scope="module")
def kept(learned, tmp_path_factory):
    path = tmp_path_factory.mktemp("kept") / "licks.npz"
    pretrained.write(path, learned.weights, {})
    return str(path)


def flat(networks):
    return [np.asarray(each) for network in networks for each in network.variables]


@pytest.mark.usefixtures("untraced")
def test_a_run_begins_where_another_ended_and_a_second_sitting_changes_nothing(
    bars, learned, kept, tmp_path
):
    options = msgspec.structs.replace(TINY, pretrained=kept, seed=8, column_share=0.001)
    whole = trainer.begin(tmp_path / "whole", options, bars, sheets=False)
    for ours, theirs in zip(
        flat([whole.average, whole.discriminator]),
        flat([learned.average, learned.discriminator]),
        strict=True,
    ):
        assert np.allclose(ours, theirs, rtol=1e-3, atol=1e-6)
    whole.train()
    trainer.begin(tmp_path / "stopped", options, bars, sheets=False)
    again = trainer.reopen(tmp_path / "stopped")  # before its first checkpoint
    again.train()
    for ours, theirs in zip(flat([whole.average]), flat([again.average]), strict=True):
        assert np.array_equal(ours, theirs)
    chance = trainer.begin(
        tmp_path / "chance", msgspec.structs.replace(options, pretrained=""), bars, sheets=False
    )
    assert not np.allclose(flat([chance.average])[0], flat([learned.average])[0], atol=0.01)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"width": 8}, "of width 4 and this run has 8; take that, or begin from nothing"),
        ({"intervals": False}, "of intervals true and this run has false"),
        ({"conditions": ("quality",)}, "of conditions none and this run has quality"),
        ({"pretrained": "reel"}, "no weights 'reel'; there are reels"),
        ({"pretrained": "../pretrained/reels"}, "no weights '../pretrained/reels'"),
        ({"pretrained": "gone.npz"}, "gone.npz: No such file or directory; name weights that"),
    ],
)
def test_weights_that_do_not_fit_are_refused_before_anything_is_written(
    bars, kept, tmp_path, changed, said
):
    options = msgspec.structs.replace(TINY, **{"pretrained": kept, **changed})
    with pytest.raises(SidemanError, match=said) as fault:
        trainer.begin(tmp_path / "run", options, bars, sheets=False)
    assert "\n" not in str(fault.value)
    assert not (tmp_path / "run").exists()


@given(st.integers(0, 10**6), st.binary(max_size=40))
def test_damaged_weights_are_one_line(kept, tmp_path_factory, place, noise):
    content = Path(kept).read_bytes()
    place %= len(content)
    path = tmp_path_factory.mktemp("damaged") / "licks.npz"
    path.write_bytes(content[:place] + noise)
    with pytest.raises(
        SidemanError, match=r"licks.npz: no weights; make some with training weights"
    ):
        pretrained.read(str(path))


def test_weights_of_other_shapes_than_they_say_are_refused(bars, learned, tmp_path):
    path = tmp_path / "wrong.npz"
    there = learned.weights
    pretrained.write(path, there._replace(generator=there.generator[:-1]), {})
    options = msgspec.structs.replace(TINY, pretrained=str(path))
    with pytest.raises(SidemanError, match="not those of the options that they name"):
        trainer.begin(tmp_path / "run", options, bars, sheets=False)


@pytest.mark.parametrize("name", ["paper", "markov"])
def test_other_architectures_begin_from_nothing(name):
    with pytest.raises(SidemanError, match="no place for pretrained"):
        with_flags(read_recipe(name), {"pretrained": "reels"})


def test_the_shipped_recipe_begins_with_shipped_weights():
    options = read_recipe(DEFAULT_RECIPE)
    weights = pretrained.read(options.pretrained)
    assert [getattr(weights.options, name) for name in pretrained.SHAPING] == [
        getattr(options, name) for name in pretrained.SHAPING
    ]
    assert pretrained.path(options.pretrained).stat().st_size < 2_000_000
    card = (pretrained.SHIPPED / f"{options.pretrained}.md").read_text()
    assert pretrained.digest(options.pretrained) in card


@pytest.mark.usefixtures("untraced")
def test_weights_are_kept_by_a_command(bars, tmp_path, monkeypatch, capsys):
    run = trainer.begin(tmp_path / "run", TINY, bars, sheets=False)
    run.train()
    target = tmp_path / "mine.npz"
    words = ["training", "weights", str(run.folder), "-o", str(target)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 0
    assert f"--pretrained {target}" in capsys.readouterr().out
    assert pretrained.read(str(target)).options == TINY


def test_an_experiment_goes_on_with_the_weights_that_it_began_with(bars, kept, learned, tmp_path):
    mine = tmp_path / "mine.npz"
    mine.write_bytes(Path(kept).read_bytes())
    arms = {"mine": msgspec.structs.replace(TINY, pretrained=str(mine))}
    made = design.plan(bars, arms, 1, "fair", 41, SprExtractor())
    design.open_folder(tmp_path / "lab", made, bars)
    there = learned.weights
    pretrained.write(mine, there._replace(generator=[each + 1 for each in there.generator]), {})
    with pytest.raises(SidemanError, match=r"mine.npz' are .* here, the experiment has"):
        runs.run(runs.Task("mine", 0), made, bars, SprExtractor())
    again = design.plan(bars, arms, 1, "fair", 41, SprExtractor())
    with pytest.raises(RunFolderError, match="other weights"):
        design.open_folder(tmp_path / "lab", again, bars)
