"""Conditions of a generator, and the columns of its style."""

import warnings

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lazy import LazyModule

from perform.bundles.network import run_generator
from perform.errors import SidemanError
from perform.generation.litert import LiteRTSource
from perform.music.condition import Conditions, generator_inputs
from perform.music.note_table import notes_of
from training.data.labels import make_labels
from training.evaluation.samples import load_samples
from training.model.column_mask import change_columns, onset_columns, required_columns
from training.options import Options, read_recipe, with_flags

trainer = LazyModule("training.train.trainer")
exporting = LazyModule("training.train.export")
TINY = Options(steps=12, batch=4, width=4, noise_dim=6, checkpoint_every=4, seed=3)


def test_bars_get_labels_of_quality_density_and_register(bars):
    chords = [each.chord for each in bars.provenance]
    labels = make_labels(bars.rolls, chords, ("quality", "density", "register"))
    assert labels.names == ("major", "minor", "dominant", "density", "register")
    busy = np.bincount(notes_of(bars.rolls).bar)
    most, fewest = labels.values[busy.argmax()], labels.values[busy.argmin()]
    assert most[3] > 0.9
    assert fewest[3] < 0.1
    assert labels.values[chords.index("Cm7")].tolist()[:3] == [0, 1, 0]
    flat = make_labels(bars.rolls[:1], ["C"], ("quality", "register"))
    assert flat.constant == ("quality", "register")
    assert flat.values.shape == (1, 0)


@pytest.fixture(scope="module")
def melody(bars, tmp_path_factory):
    """A run with conditions and with the columns of its style, and its bundle."""
    folder = tmp_path_factory.mktemp("melody")
    options = msgspec.structs.replace(
        TINY,
        architecture="melody",
        conditions=("quality", "density", "register"),
        column_share=0.01,
        onset_share=0.02,
        penalty=0.0,
    )
    run = trainer.start_run(folder / "run", options, bars, sheets=False)
    run.train()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter's own
        return run, exporting.export(run, folder / "conditional")


@pytest.mark.long
def test_a_conditional_generator_is_exported_with_its_conditions(melody):
    run, bundle = melody
    assert set(bundle.manifest.files) == {"generator.tflite", "card.md"}
    assert bundle.manifest.conditions == ["major", "minor", "dominant", "density", "register"]
    assert {"minor", "density 0.9", "register 0.1"} <= set(bundle.manifest.metrics["obeys"])
    assert "| density 0.9 |" in bundle.card
    assert LiteRTSource(bundle.path).raw(3, Conditions("minor", 0.9, 0.1)).shape == (32, 48, 64)
    assert len(load_samples(bundle.path, 40)) == 40
    assert ((run.sample(64) > 0).sum(axis=1) <= 1).all()  # a column chooses one row or none


def columns_with_changes(rolls):
    """The columns that differ from the one before, and the first."""
    changed = (rolls[:, :, 1:] != rolls[:, :, :-1]).any(axis=(0, 1))
    return {0, *(1 + np.flatnonzero(changed)).tolist()}


def test_the_columns_of_a_style_are_where_its_notes_begin_and_end(bars):
    every_change = change_columns(bars.rolls, 1e-9)
    assert set(np.flatnonzero(every_change)) == columns_with_changes(bars.rolls)
    every_onset = onset_columns(bars.rolls, 1e-9)
    assert set(np.flatnonzero(every_onset)) == {0, *columns_with_onsets(bars.rolls)}
    for onsets in (every_change, every_onset):  # the bars of the style stay as they are
        assert np.array_equal(masked(bars.rolls, every_change, onsets), bars.rolls)
    assert 1 < change_columns(bars.rolls, 0.02).sum() < every_change.sum()
    assert 1 < onset_columns(bars.rolls, 0.02).sum() < every_onset.sum() < every_change.sum()
    assert change_columns(bars.rolls, 0.0).all()
    assert onset_columns(bars.rolls, 0.0).all()


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.9), st.floats(0.05, 0.9))
def test_masked_notes_change_and_begin_only_in_the_given_columns(seed, change, begin):
    rng = np.random.default_rng(seed)
    rolls = np.where(rng.random((5, 48, 64)) < 0.5, 1, -1)
    changes, onsets = rng.random((2, 64)) < [[change], [begin]]
    changes[0] = True
    result = masked(rolls, changes, onsets)
    assert columns_with_changes(result) <= set(np.flatnonzero(changes))
    assert set(columns_with_onsets(result)) <= {0, *np.flatnonzero(changes & onsets)}
    assert np.array_equal(masked(result, changes, onsets), result)
    assert not (result > rolls[:, :, required_columns(changes, changes)[:, 0]]).any()


def masked(rolls, changes, onsets):
    return rolls[:, :, required_columns(changes, onsets)].min(axis=3)


def columns_with_onsets(rolls):
    """The columns where notes begin."""
    on = rolls > 0
    return {c for c in range(64) if (on[:, :, c] & ~(on[:, :, c - 1] if c else np.False_)).any()}


@pytest.mark.long
def test_a_bundle_uses_only_the_columns_of_its_style(bars, melody):
    run, bundle = melody
    allowed = set(np.flatnonzero(change_columns(bars.rolls, 0.01)).tolist())
    onsets = set(np.flatnonzero(onset_columns(bars.rolls, 0.02)).tolist())
    assert onsets < allowed
    inputs = generator_inputs(32, run.options.noise_dim, run.labels.names, 5)
    for rolls in (run.sample(64), run_generator(bundle.generator, inputs)):
        assert columns_with_changes(rolls) <= allowed
        assert columns_with_onsets(np.where(rolls > rolls.mean(), 1, -1)) <= onsets


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("conditions = ['density']", "architecture paper does not support conditions"),
        ("intervals = true", "architecture paper does not support intervals; take compact or"),
    ],
)
def test_conditions_and_intervals_need_networks_that_support_them(tmp_path, recipe, message):
    mine = tmp_path / "mine.toml"
    mine.write_text(recipe)
    with pytest.raises(SidemanError, match=f"^--{message}"):
        with_flags(read_recipe(str(mine)), {"architecture": "paper"})
    mine.write_text(f"architecture = 'paper'\n{recipe}")
    with pytest.raises(SidemanError, match=rf"^mine\.toml: {message}"):
        read_recipe(str(mine))
