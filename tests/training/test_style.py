"""What a generator is asked for and held to: conditions, and the columns of its style."""

import warnings

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.bundles.network import run_generator
from perform.errors import SidemanError
from perform.generation.litert import LiteRTSource
from perform.music.condition import Conditions, generator_inputs
from perform.music.note_table import notes_of
from training.data.labels import make_labels
from training.evaluation.samples import open_samples
from training.model.column_mask import beginnings, columns, sounding_with
from training.options import Options, read_recipe, with_flags

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # tensorflow's own imports
    from training.train import trainer
    from training.train.export import export

TINY = Options(steps=12, batch=4, width=4, noise_dim=6, checkpoint_every=4, seed=3)


def test_what_a_bar_is_becomes_the_columns_that_it_is_asked_with(bars):
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
    """A run that can be asked and keeps to the columns of its style, and its bundle."""
    folder = tmp_path_factory.mktemp("melody")
    options = msgspec.structs.replace(
        TINY,
        architecture="melody",
        conditions=("quality", "density", "register"),
        column_share=0.01,
        onset_share=0.02,
        penalty=0.0,
    )
    run = trainer.begin(folder / "run", options, bars, sheets=False)
    run.train()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter's own
        return run, export(run, folder / "asked")


@pytest.mark.long
def test_a_conditional_generator_is_exported_with_what_it_can_be_asked(melody):
    run, made = melody
    assert set(made.manifest.files) == {"generator.tflite", "card.md"}
    assert made.manifest.conditions == ["major", "minor", "dominant", "density", "register"]
    assert {"minor", "density 0.9", "register 0.1"} <= set(made.manifest.metrics["obeys"])
    assert "| density 0.9 |" in made.card
    assert LiteRTSource(made.path).raw(3, Conditions("minor", 0.9, 0.1)).shape == (32, 48, 64)
    assert len(open_samples(made.path, 40)) == 40
    assert ((run.sample(64) > 0).sum(axis=1) <= 1).all()  # a column chooses one row or none


def changing(rolls):
    """The columns that differ from the one before, and the first."""
    moved = (rolls[:, :, 1:] != rolls[:, :, :-1]).any(axis=(0, 1))
    return {0, *(1 + np.flatnonzero(moved)).tolist()}


def test_a_styles_rhythm_is_where_its_notes_begin_and_end(bars):
    all_of_it = columns(bars.rolls, 1e-9)
    assert set(np.flatnonzero(all_of_it)) == changing(bars.rolls)
    begun = beginnings(bars.rolls, 1e-9)
    assert set(np.flatnonzero(begun)) == {0, *struck(bars.rolls)}
    for those in (all_of_it, begun):  # a style's own bars stay as they are
        assert np.array_equal(held(bars.rolls, all_of_it, those), bars.rolls)
    assert 1 < columns(bars.rolls, 0.02).sum() < all_of_it.sum()
    assert 1 < beginnings(bars.rolls, 0.02).sum() < begun.sum() < all_of_it.sum()
    assert columns(bars.rolls, 0.0).all()
    assert beginnings(bars.rolls, 0.0).all()


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.9), st.floats(0.05, 0.9))
def test_notes_change_and_begin_only_where_they_may(seed, change, begin):
    rng = np.random.default_rng(seed)
    rolls = np.where(rng.random((5, 48, 64)) < 0.5, 1, -1)
    changes, begun = rng.random((2, 64)) < [[change], [begin]]
    changes[0] = True
    kept = held(rolls, changes, begun)
    assert changing(kept) <= set(np.flatnonzero(changes))
    assert set(struck(kept)) <= {0, *np.flatnonzero(changes & begun)}
    assert np.array_equal(held(kept, changes, begun), kept)
    assert not (kept > rolls[:, :, sounding_with(changes, changes)[:, 0]]).any()


def held(rolls, changes, begun):
    return rolls[:, :, sounding_with(changes, begun)].min(axis=3)


def struck(rolls):
    """The columns where notes begin."""
    on = rolls > 0
    return {c for c in range(64) if (on[:, :, c] & ~(on[:, :, c - 1] if c else False)).any()}


@pytest.mark.long
def test_a_bundle_keeps_to_the_columns_of_its_style(bars, melody):
    run, made = melody
    allowed = set(np.flatnonzero(columns(bars.rolls, 0.01)).tolist())
    begun = set(np.flatnonzero(beginnings(bars.rolls, 0.02)).tolist())
    assert begun < allowed
    asked = generator_inputs(32, run.options.noise_dim, run.labels.names, 5)
    for rolls in (run.sample(64), run_generator(made.generator, asked)):
        assert changing(rolls) <= allowed
        assert struck(np.where(rolls > rolls.mean(), 1, -1)) <= begun


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("conditions = ['density']", "architecture paper does not support conditions"),
        ("intervals = true", "architecture paper does not support intervals; take compact or"),
    ],
)
def test_conditions_and_intervals_need_networks_that_have_a_place_for_them(tmp_path, recipe, said):
    mine = tmp_path / "mine.toml"
    mine.write_text(recipe)
    with pytest.raises(SidemanError, match=f"^--{said}"):
        with_flags(read_recipe(str(mine)), {"architecture": "paper"})
    mine.write_text(f"architecture = 'paper'\n{recipe}")
    with pytest.raises(SidemanError, match=rf"^mine\.toml: {said}"):
        read_recipe(str(mine))
